import { expect, it } from 'vitest'
import { memoryStore } from '../../../src/ledger/store.ts'
import { storeConformance } from './conformance.ts'

storeConformance('memoryStore', async () => ({ store: memoryStore() }))

it('shares nothing between two stores in memory', async () => {
  const [one, other] = [memoryStore(), memoryStore()]
  await one.set('k', 1, undefined)
  expect(await other.get('k')).toBeUndefined()
})
