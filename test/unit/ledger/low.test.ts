// Who is told that little is left: exactly when it is, and without looks at the store before.
import { describe, expect, it } from 'vitest'
import { createSpending } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import type { LowLimit } from '../../../src/ledger/low.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { faultyStore, reservation, spendingOn } from './kit.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function watched(store: PaymentStore, limits = { total: 100n }) {
  const told: LowLimit[] = []
  return { told, spending: createSpending(createCells(store), limits, Date.now, (low) => told.push(low)) }
}

describe('a low limit', () => {
  it('is told with the first unit that leaves less than a fifth', async () => {
    const { told, spending } = watched(memoryStore())
    for (let used = 1; used <= 80; used += 1) await spending.reserve(reservation(`a${used}`, 1n))
    await turn()
    expect(told).toEqual([])
    await spending.reserve(reservation('a81', 1n))
    await turn()
    expect(told).toEqual([{ name: 'total', limit: 100n, spent: 0n, reserved: 81n, left: 19n }])
    await spending.reserve(reservation('a82', 1n))
    await turn()
    expect(told).toHaveLength(1)
  })

  it('is not told while others only hold rights that they do not use', async () => {
    const store = memoryStore()
    const other = spendingOn(store, { total: 100n })
    await other.reserve(reservation('idle', 85n))
    await other.release('idle')
    const { told, spending } = watched(store)
    for (let used = 1; used <= 80; used += 1) await spending.reserve(reservation(`a${used}`, 1n))
    await turn()
    expect(told).toEqual([])
    await spending.reserve(reservation('a81', 1n))
    await turn()
    expect(told).toMatchObject([{ left: 19n }])
  })

  it('costs no look at the store while enough is left', async () => {
    let reads = 0
    const before = (what: string) => {
      if (what === 'get') reads += 1
    }
    const { spending } = watched(faultyStore({ before }), { total: 1_000n })
    for (let n = 0; n < 40; n += 1) await spending.reserve(reservation(`a${n}`, 1n))
    const watching = reads
    reads = 0
    const unwatched = spendingOn(faultyStore({ before }), {})
    for (let n = 0; n < 40; n += 1) await unwatched.reserve(reservation(`a${n}`, 1n))
    expect(watching).toBeLessThanOrEqual(reads + 2)
  })

  it('fails no payment where the store cannot be read', async () => {
    let broken = false
    const store = faultyStore({
      before(what, key) {
        if (broken && what === 'get' && key === 'budget') throw new Error('down')
      },
      after(what, key) {
        if (what === 'set' && key.startsWith('share/')) broken = true
      },
    })
    const { told, spending } = watched(store)
    await spending.reserve(reservation('a', 90n))
    await turn()
    expect(told).toEqual([])
    broken = false
    await spending.reserve(reservation('b', 1n))
    await turn()
    expect(told).toEqual([])
    expect(await spending.open().catch(() => 'down')).toBe('down')
  })
})
