import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LimitExceededError } from '../../../src/errors.ts'
import { createSpending, type Limits } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { overwrite, start } from './kit.ts'

const usd = (dollars: number) => BigInt(Math.round(dollars * 1_000_000))
const spendingOn = (store: PaymentStore, limits: Limits) =>
  createSpending(createCells(store), limits, Date.now)
const reservation = (attemptId: string, amount: bigint) => ({
  attemptId,
  amount,
  until: Date.now() + 360_000,
})

async function outcomes(work: Promise<void>[]) {
  const settled = await Promise.allSettled(work)
  for (const one of settled) {
    if (one.status === 'rejected' && !(one.reason instanceof LimitExceededError)) throw one.reason
  }
  return settled.filter(({ status }) => status === 'fulfilled').length
}

describe('limits', () => {
  it.each(['perDay', 'total'] as const)(
    '%s holds exactly under 200 concurrent reservations in one process',
    async (name) => {
      const store = memoryStore()
      const spending = spendingOn(store, { [name]: usd(5) })
      const work = Array.from({ length: 200 }, (_, n) => spending.reserve(reservation(`a${n}`, usd(0.17))))
      // 29 × 0.17 = 4.93; one more would be 5.10.
      expect(await outcomes(work)).toBe(29)
      expect(await spending.open()).toHaveLength(29)
    },
  )

  it('holds exactly under 200 concurrent reservations of 10 processes', async () => {
    const store = memoryStore()
    const processes = Array.from({ length: 10 }, () => spendingOn(store, { perDay: usd(5), total: usd(4) }))
    const work = processes.flatMap((one, p) =>
      Array.from({ length: 20 }, (_, n) => one.reserve(reservation(`p${p}a${n}`, usd(0.5)))),
    )
    expect(await outcomes(work)).toBe(8)
    expect(await processes[0]?.open()).toHaveLength(8)
  })

  it('count what is reserved, then what is committed, and no more what is released', async () => {
    const spending = spendingOn(memoryStore(), { total: usd(1) })
    await spending.reserve(reservation('a', usd(0.6)))
    await expect(spending.reserve(reservation('b', usd(0.6)))).rejects.toBeInstanceOf(LimitExceededError)
    await spending.commit('a')
    await expect(spending.reserve(reservation('b', usd(0.6)))).rejects.toMatchObject({
      code: 'limit_total',
      limit: '1.00',
      spent: '0.60',
      reserved: '0.00',
      asked: '0.60',
      payment: 'none',
    })
    await spending.reserve(reservation('c', usd(0.4)))
    await spending.release('c')
    await spending.reserve(reservation('d', usd(0.4)))
  })

  it('perCall looks at the one payment only, and allows exactly its limit', async () => {
    const spending = spendingOn(memoryStore(), { perCall: usd(0.5) })
    await spending.reserve(reservation('a', usd(0.5)))
    await spending.reserve(reservation('b', usd(0.5)))
    await expect(spending.reserve(reservation('c', usd(0.5) + 1n))).rejects.toMatchObject({
      code: 'limit_per_call',
      asked: '0.500001',
    })
  })

  it('of zero allow nothing', async () => {
    for (const limits of [{ perCall: 0n }, { perDay: 0n }, { total: 0n }]) {
      const spending = spendingOn(memoryStore(), limits)
      await expect(spending.reserve(reservation('a', 1n))).rejects.toBeInstanceOf(LimitExceededError)
    }
  })

  it('are exact for amounts beyond what a float can hold', async () => {
    const huge = 9_007_199_254_740_993n
    const spending = spendingOn(memoryStore(), { total: huge })
    await spending.reserve(reservation('a', huge - 1n))
    await spending.reserve(reservation('b', 1n))
    await expect(spending.reserve(reservation('c', 1n))).rejects.toBeInstanceOf(LimitExceededError)
  })

  it('leave the record as it was when they refuse', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, { perDay: usd(1) })
    await spending.reserve(reservation('a', usd(0.9)))
    const before = await store.get('spend')
    await expect(spending.reserve(reservation('b', usd(0.2)))).rejects.toThrow('per day')
    expect(await store.get('spend')).toEqual(before)
  })
})

describe('commit and release', () => {
  it('count once, however often and in whatever order they are called', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, {})
    await spending.reserve(reservation('a', usd(0.6)))
    await Promise.all([
      spending.commit('a'),
      spending.commit('a'),
      spending.release('a'),
      spending.commit('a'),
    ])
    const before = await store.get('spend')
    await spending.release('a')
    await spending.commit('never reserved')
    await spending.release('never reserved')
    expect(await store.get('spend')).toEqual(before)
    expect((await store.get('spend'))?.value).toMatchObject({ spent: '600000' })
    expect(await spending.open()).toEqual([])
  })

  it('of nothing write nothing', async () => {
    const store = memoryStore()
    await spendingOn(store, {}).commit('a')
    await spendingOn(store, {}).release('a')
    expect(await store.get('spend')).toBeUndefined()
  })

  it('do not mistake an id for a property of every object', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, {})
    await spending.reserve(reservation('a', 1n))
    const before = await store.get('spend')
    for (const id of ['constructor', 'toString', 'hasOwnProperty']) {
      await spending.release(id)
    }
    expect((await store.get('spend'))?.value).toEqual(before?.value)
  })
})

describe('a day', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-11-22T23:59:59.999Z'), toFake: ['Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends at midnight UTC', async () => {
    const spending = spendingOn(memoryStore(), { perDay: usd(1) })
    await spending.reserve(reservation('a', usd(1)))
    await spending.commit('a')
    await expect(spending.reserve(reservation('b', 1n))).rejects.toMatchObject({ code: 'limit_per_day' })
    vi.setSystemTime(Date.parse('2026-11-23T00:00:00.000Z'))
    await spending.reserve(reservation('b', usd(1)))
    await expect(spending.reserve(reservation('c', 1n))).rejects.toMatchObject({ code: 'limit_per_day' })
  })

  it('is the one of the reservation, also when the payment settles after midnight', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, { perDay: usd(1) })
    await spending.reserve(reservation('a', usd(1)))
    vi.setSystemTime(Date.parse('2026-11-23T00:00:05.000Z'))
    await spending.commit('a')
    expect((await store.get('spend'))?.value).toMatchObject({ days: { '2026-11-22': '1000000' } })
    await spending.reserve(reservation('b', usd(1)))
  })

  it('does not end for the total', async () => {
    const spending = spendingOn(memoryStore(), { total: usd(1) })
    await spending.reserve(reservation('a', usd(1)))
    await spending.commit('a')
    vi.setSystemTime(start + 400 * 24 * 3_600_000)
    await expect(spending.reserve(reservation('b', 1n))).rejects.toMatchObject({ code: 'limit_total' })
  })

  it('of long ago is forgotten, so that the record does not grow for ever', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, { perDay: usd(1) })
    for (let day = 0; day < 60; day += 1) {
      vi.setSystemTime(start + day * 24 * 3_600_000)
      await spending.reserve(reservation(`a${day}`, usd(1)))
      await spending.commit(`a${day}`)
      await expect(spending.reserve(reservation('x', 1n))).rejects.toMatchObject({ code: 'limit_per_day' })
    }
    const record = (await store.get('spend'))?.value as { days: object; spent: string }
    expect(Object.keys(record.days).length).toBeLessThan(10)
    expect(record.spent).toBe('60000000')
  })
})

describe('a corrupt spend record', () => {
  it.each([
    null,
    {},
    { v: 1 },
    { v: 1, spent: 'NaN', days: {}, open: {} },
    { v: 3, spent: '0', days: {}, open: {} },
  ])('lets nothing be spent: %j', async (value) => {
    const store = memoryStore()
    await overwrite(store, 'spend', value)
    const before = await store.get('spend')
    const spending = spendingOn(store, {})
    for (const work of [
      () => spending.reserve(reservation('a', 1n)),
      () => spending.commit('a'),
      () => spending.release('a'),
      () => spending.open(),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'store_corrupt' })
    }
    expect(await store.get('spend')).toEqual(before)
  })
})
