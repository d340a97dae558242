import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LimitExceededError } from '../../../src/errors.ts'
import { createSpending } from '../../../src/ledger/budget.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import { auditOf, collect, overwrite, spendingOn, start } from './kit.ts'

const usd = (dollars: number) => BigInt(Math.round(dollars * 1_000_000))
const reservation = (attemptId: string, amount: bigint) => ({
  attemptId,
  amount,
  until: Date.now() + 360_000,
})

async function outcomes(work: Promise<unknown>[]) {
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

  it('leave every record as it was when they refuse', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, { perDay: usd(1) })
    const share = await spending.reserve(reservation('a', usd(0.9)))
    const records = () => Promise.all(['budget', `share/${share}`].map((key) => store.get(key)))
    const before = await records()
    await expect(spending.reserve(reservation('b', usd(0.2)))).rejects.toThrow('per day')
    expect(await records()).toEqual(before)
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
    const [share] = (await auditOf(store)).shares
    const before = await store.get(`share/${share}`)
    await spending.release('a')
    await spending.commit('never reserved')
    await spending.release('never reserved')
    expect(await store.get(`share/${share}`)).toEqual(before)
    expect(await auditOf(store)).toMatchObject({ spent: 600_000n, reserved: 0n })
    expect(await spending.open()).toEqual([])
  })

  it('of nothing write nothing', async () => {
    const store = memoryStore()
    await spendingOn(store, {}).commit('a')
    await spendingOn(store, {}).release('a')
    expect(await collect(store.keys(''))).toEqual([])
  })

  it('do not mistake an id for a property of every object', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, {})
    const share = await spending.reserve(reservation('a', 1n))
    for (const id of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
      await createSpending(createCells(store), {}, Date.now).release({ id, share })
    }
    expect(await auditOf(store)).toMatchObject({ reserved: 1n, open: ['a'] })
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
    expect((await auditOf(store)).days).toMatchObject({ '2026-11-22': usd(1) })
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
    const { days, spent, shares } = await auditOf(store)
    expect(Object.keys(days).length).toBeLessThan(10)
    expect(spent).toBe(usd(60))
    expect(shares.length).toBeLessThan(3)
    expect(await collect(store.keys('share/'))).toHaveLength(shares.length)
  })
})

describe('a corrupt record', () => {
  it.each([
    ['spend', null],
    ['spend', { v: 1, spent: 'NaN', days: {}, open: {} }],
    ['spend', { v: 3, spent: '0', days: {}, open: {} }],
    ['budget', {}],
    ['budget', { v: 2, spent: '0', days: {}, grants: { a: -1 } }],
    ['budget', { v: 3, spent: '0', days: {}, grants: {} }],
  ])('of %s lets nothing be spent: %j', async (key, value) => {
    const store = memoryStore()
    await overwrite(store, key, value)
    const before = await store.get(key)
    const spending = spendingOn(store, {})
    for (const work of [
      () => spending.reserve(reservation('a', 1n)),
      () => spending.commit('a'),
      () => spending.release('a'),
      () => spending.open(),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'store_corrupt' })
    }
    expect(await collect(store.keys(''))).toEqual([key])
    expect(await store.get(key)).toEqual(before)
  })
})
