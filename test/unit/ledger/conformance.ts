// The contract of a payment store as tests; each store's own test calls this with a way to make it.
import { describe, expect, it } from 'vitest'
import { checkStore, type StoreUnderTest, storeRules } from '../../../src/entries/store-conformance.ts'

/** Registers one test for each rule of the contract. */
export function storeConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a payment store`, () => {
    it.each(storeRules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) =>
      rule.check(makeStore),
    )

    it('passes the check that authors of stores run', async () => {
      await expect(checkStore(makeStore)).resolves.toBeUndefined()
    })
  })
}
