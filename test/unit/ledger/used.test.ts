// What is left of the limits: told exactly, whatever other processes do meanwhile.
import { describe, expect, it } from 'vitest'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { age, auditOf, collect, faultyStore, overwrite, reservation, spendingOn } from './kit.ts'

const limits = { perDay: 1_000n, total: 2_000n }

async function expectAudited(store: PaymentStore): Promise<void> {
  const { spent, reserved } = await auditOf(store)
  const { left } = await spendingOn(store, limits).left()
  const rest = { spent, reserved, limit: 2_000n, left: 2_000n - spent - reserved }
  expect(left).toEqual({ perDay: { ...rest, limit: 1_000n, left: 1_000n - spent - reserved }, total: rest })
}

describe('what is left', () => {
  it('is the limit on a new store, which stays empty', async () => {
    const store = memoryStore()
    await expectAudited(store)
    expect(await collect(store.keys(''))).toEqual([])
  })

  it('is what the shares say, and rights that are granted but not used are left', async () => {
    const store = memoryStore()
    const processes = [spendingOn(store, limits), spendingOn(store, limits), spendingOn(store, limits)]
    for (let n = 0; n < 30; n += 1) {
      const one = processes[n % 3]
      await one?.reserve(reservation(`a${n}`, BigInt(1 + (n % 7))))
      if (n % 5 === 0) await one?.release(`a${n}`)
      if (n % 5 === 1) await one?.commit(`a${n}`)
      await expectAudited(store)
    }
  })

  it('counts a share that is folded between the two looks', async () => {
    const store = memoryStore()
    const first = spendingOn(store, limits)
    await first.reserve(reservation('a', 100n))
    await first.commit('a')
    await age(store, 3_600_000)
    let folds = 0
    const fold = async () => {
      if (folds++ > 0) return
      await spendingOn(store, limits).reserve(reservation('b', 1n))
    }
    const slow: PaymentStore = {
      ...faultyStore({}, store),
      async get(key) {
        if (key.startsWith('share/')) await fold()
        return store.get(key)
      },
    }
    const { left } = await spendingOn(slow, limits).left()
    expect(folds).toBeGreaterThan(1)
    expect(left.total).toEqual({ limit: 2_000n, spent: 100n, reserved: 1n, left: 1_899n })
  })

  it('is not told where a share cannot be read', async () => {
    const store = memoryStore()
    await spendingOn(store, limits).reserve(reservation('a', 100n))
    const [key = ''] = await collect(store.keys('share/'))
    await overwrite(store, key, { v: 2, granted: '-1' })
    await expect(spendingOn(store, limits).left()).rejects.toMatchObject({ code: 'store_corrupt' })
  })
})
