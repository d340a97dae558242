// A process that says goodbye leaves no rights that it does not use, whenever it dies on the way.
import { describe, expect, it } from 'vitest'
import type { Limits } from '../../../src/ledger/limits.ts'
import { budgetRecord } from '../../../src/ledger/records.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { auditOf, collect, faultyStore, fill, reservation, spendingOn } from './kit.ts'

const limits: Limits = { total: 60n }

async function granted(store: PaymentStore): Promise<bigint> {
  const { spent, grants } = budgetRecord.parse((await store.get('budget'))?.value)
  return Object.values(grants).reduce((sum, grant) => sum + BigInt(grant), BigInt(spent))
}

/** Spends 7, holds 5 open, and has 20 that it does not use. */
async function idleOn(store: PaymentStore) {
  const spending = spendingOn(store, limits)
  await spending.reserve(reservation('spent', 7n))
  await spending.reserve(reservation('open', 5n))
  await spending.reserve(reservation('idle', 20n))
  await spending.commit('spent')
  await spending.release('idle')
  return spending
}

describe('giving back', () => {
  it('leaves what is spent and what is open, and no more', async () => {
    const store = memoryStore()
    const spending = await idleOn(store)
    expect(await granted(store)).toBeGreaterThanOrEqual(32n)
    await spending.giveBack()
    expect(await granted(store)).toBe(12n)
    expect(await auditOf(store, limits)).toMatchObject({ spent: 7n, reserved: 5n })
    await spending.giveBack()
    expect(await granted(store)).toBe(12n)
  })

  it('asks nothing of the store where nothing was reserved', async () => {
    const store = memoryStore()
    await spendingOn(store, limits).giveBack()
    expect(await collect(store.keys(''))).toEqual([])
  })

  it('still settles what is open, and reserves again', async () => {
    const store = memoryStore()
    const spending = await idleOn(store)
    await spending.giveBack()
    await spending.reserve(reservation('again', 3n))
    await spending.commit('open')
    expect(await auditOf(store, limits)).toMatchObject({ spent: 12n, reserved: 3n })
    await fill(store, limits)
    const { spent, reserved } = await auditOf(store, limits)
    expect(spent + reserved).toBe(60n)
  })

  it('loses no reservation that is made meanwhile', async () => {
    const store = memoryStore()
    const spending = await idleOn(store)
    const many = Array.from({ length: 10 }, (_, n) => spending.reserve(reservation(`a${n}`, 1n)))
    await Promise.all([...many, spending.giveBack(), spending.giveBack()])
    expect(await auditOf(store, limits)).toMatchObject({ spent: 7n, reserved: 15n })
  })

  it.each([1, 2, 3])('is exact when the process dies at write %i of it', async (dieAt) => {
    for (const when of ['before', 'after'] as const) {
      let writes = Number.NEGATIVE_INFINITY
      const die = (what: string) => {
        if (what === 'set') writes += 1
        if (writes >= dieAt) throw new Error('dead')
      }
      const store = memoryStore()
      const spending = await idleOn(faultyStore({ [when]: die }, store))
      writes = 0
      await spending.giveBack().catch(() => {})
      await auditOf(store, limits)
      await fill(store, limits)
      const { spent, reserved } = await auditOf(store, limits)
      expect(spent + reserved).toBe(60n)
    }
  })
})
