// Processes that stop for long between two writes of the budget: what others took meanwhile is not theirs any more.
import { describe, expect, it } from 'vitest'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { age, auditOf, fill, reservation, spendingOn } from './kit.ts'

/** A process whose n-th write of such a key waits until it is let go. */
function stalled(store: PaymentStore, prefix: string, at: number) {
  let letGo: () => void = () => {}
  let stalls: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const arrived = new Promise<void>((resolve) => {
    stalls = resolve
  })
  let writes = 0
  const set: PaymentStore['set'] = async (key, ...how) => {
    if (key.startsWith(prefix)) writes += 1
    if (key.startsWith(prefix) && writes === at) {
      stalls()
      await gate
    }
    return store.set(key, ...how)
  }
  return { store: { ...store, set }, arrived, letGo: () => letGo() }
}

describe('a process that is slow between its writes', () => {
  const limits = { total: 60n }

  it.each([
    ['before its share is there', 'share/', 1],
    ['before it raises its share', 'share/', 2],
    ['before the budget says so', 'budget', 2],
  ])('gets nothing that another took meanwhile: %s', async (_name, prefix, at) => {
    const store = memoryStore()
    // So that the budget is there.
    await spendingOn(store, limits).reserve(reservation('first', 1n))
    const slow = stalled(store, prefix, prefix === 'budget' ? at - 1 : at)
    const spending = spendingOn(slow.store, limits)
    if (at === 2 && prefix === 'share/') await spending.reserve(reservation('before', 1n))
    const late = spending.reserve(reservation('late', 30n)).then(
      () => 30n,
      () => 0n,
    )
    await slow.arrived
    await fill(store, limits)
    slow.letGo()
    const won = await late
    const { spent, reserved, open } = await auditOf(store, limits)
    expect(spent + reserved).toBe(60n)
    expect(open.includes('late')).toBe(won > 0n)
    expect(won).toBe(0n)
  })

  it('does not spend from a share that was folded by one that died before it removed it', async () => {
    const store = memoryStore()
    const limits = { total: 80n }
    const sleeping = spendingOn(store, limits)
    await sleeping.reserve(reservation('a', 20n))
    await sleeping.release('a')
    await age(store, 11 * 60_000)
    const dying: PaymentStore = { ...store, delete: () => Promise.reject(new Error('dead')) }
    const other = spendingOn(dying, limits)
    await other.reserve(reservation('b', 60n))
    await other.reserve(reservation('d', 20n))
    await expect(sleeping.reserve(reservation('c', 10n))).rejects.toMatchObject({ code: 'limit_total' })
    await auditOf(store, limits)
  })
})
