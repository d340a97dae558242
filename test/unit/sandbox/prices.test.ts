// What the sandbox asks by default is what an honest service would: never more than the client's guard lets pass.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operationIds } from '../../../src/catalogue/ids.ts'
import { listPriceOf } from '../../../src/catalogue/operations.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { formatUsd, parseUsd } from '../../../src/internal/usd.ts'
import { checkPrice } from '../../../src/payment/policy.ts'
import { priceOf } from '../../../src/sandbox/payment/prices.ts'
import { smallest, validInput } from '../catalogue/inputs.ts'

describe.each(operationIds())('%s', (operation) => {
  it('is quoted within the list price of any valid input', () => {
    fc.assert(
      fc.property(validInput(operation), (given) => {
        const input = validateInput(operation, given)
        const quoted = priceOf(operation, input, undefined) ?? 0n
        const { min = '', max = '' } = listPriceOf(operation, input) ?? {}
        expect(quoted).toBeGreaterThanOrEqual(parseUsd(min) ?? 1n)
        expect(quoted).toBeLessThanOrEqual(parseUsd(max) ?? 0n)
        expect(() => checkPrice(operation, input, quoted, undefined)).not.toThrow()
      }),
      { numRuns: 100, seed: 2 },
    )
  })
})

it.each<[string, Record<string, unknown>, usd: string]>([
  ['gpt-image-1/generate', { quality: 'low', size: '1536x1024' }, '0.016'],
  ['gpt-image-1/generate', { quality: 'medium', size: '1024x1024' }, '0.042'],
  ['gpt-image-2/generate', {}, '0.21'],
  ['gpt-image-2/generate', { size: '1536x1024' }, '0.17'],
  ['gpt-image-2.5-flare/generate', {}, '0.05'],
  ['gpt-image-2.5-flare/generate', { quality: 'medium' }, '0.01'],
  ['nano-banana/generate', {}, '0.07'],
  ['nano-banana-pro/generate', {}, '0.13'],
  ['nano-banana-pro/generate', { imageSize: '4K' }, '0.24'],
  ['flux-2-pro/generate', {}, '0.03'],
  ['flux-2-pro/edit', {}, '0.04'],
  ['flux-2-max/generate', { resolution: '0.5 MP' }, '0.04'],
  ['flux-2-max/generate', {}, '0.07'],
  ['grok-video/generate', { duration: '3' }, '0.15'],
  ['seedance/t2v', { duration: '15' }, '3.60'],
])('%s with %j costs $%s, as the live service asked', (operation, fields, usd) => {
  const input = validateInput(operation, { ...smallest(operation), ...fields })
  expect(formatUsd(priceOf(operation, input, undefined) ?? 0n)).toBe(usd)
})
