// The budget in shares: whichever process dies at whichever write, a limit is never exceeded and never short.
import { describe, expect, it } from 'vitest'
import type { Limits } from '../../../src/ledger/limits.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { age, auditOf, collect, fill, reservation, spendingOn } from './kit.ts'

const day = () => new Date().toISOString().slice(0, 10)
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A store for one process, which dies at its n-th write: before it, or right after. */
function mortal(store: PaymentStore, dieAt: number, when: 'before' | 'after' = 'before') {
  let writes = 0
  const state = { dead: false }
  const alive = () => {
    if (state.dead) throw new Error('dead')
  }
  const write = async <value>(work: () => Promise<value>) => {
    await turn()
    writes += 1
    if (writes >= dieAt && when === 'before') state.dead = true
    alive()
    const done = await work()
    if (writes >= dieAt) state.dead = true
    alive()
    return done
  }
  const own: PaymentStore = {
    keys: store.keys,
    async get(key) {
      await turn()
      alive()
      return store.get(key)
    },
    set: (...how) => write(() => store.set(...how)),
    delete: (...how) => write(() => store.delete(...how)),
  }
  return { store: own, state }
}

/** Nothing above the limit, and to the last unit of it. */
async function expectExact(store: PaymentStore, limits: Limits, limit: bigint): Promise<void> {
  await auditOf(store, limits)
  await fill(store, limits)
  const { spent, reserved } = await auditOf(store, limits)
  expect(spent + reserved).toBe(limit)
}

const kinds: [string, Limits][] = [
  ['perDay', { perDay: 60n }],
  ['total', { total: 60n }],
]

describe.each(kinds)('%s', (_name, limits) => {
  /** Spends until something fails, beside another process that holds idle rights. */
  async function spend(store: PaymentStore): Promise<void> {
    const spending = spendingOn(store, limits)
    for (let n = 0; n < 12; n += 1) {
      await spending.reserve(reservation(`a${n}`, BigInt(3 + (n % 4))))
      await (n % 3 === 0 ? spending.release(`a${n}`) : n % 3 === 1 ? spending.commit(`a${n}`) : undefined)
    }
  }

  it('is exact after a process that died at any of its writes', async () => {
    const whole = mortal(memoryStore(), Number.POSITIVE_INFINITY)
    await spend(whole.store)
    for (const when of ['before', 'after'] as const) {
      for (let dieAt = 1; dieAt <= 40; dieAt += 1) {
        const store = memoryStore()
        const idle = spendingOn(store, limits)
        if (dieAt % 2) await idle.reserve(reservation('idle', 20n))
        if (dieAt % 2) await idle.release('idle')
        await spend(mortal(store, dieAt, when).store).catch(() => {})
        await expectExact(store, limits, 60n)
      }
    }
  }, 60_000)

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'is exact with many processes that die at random: %i',
    async (seed) => {
      const random = seeded(seed)
      const store = memoryStore()
      let committed = 0n
      async function live(name: string, dieAt: number) {
        const spending = spendingOn(mortal(store, dieAt, random() < 0.5 ? 'before' : 'after').store, limits)
        for (let n = 0; n < 30; n += 1) {
          const [id, amount] = [`${name}-${n}`, BigInt(1 + Math.floor(random() * 5))]
          await spending.reserve(reservation(id, amount))
          if (random() < 0.7) await spending.release(id)
          else if (random() < 0.8) {
            await spending.commit(id)
            committed += amount
          }
        }
      }
      for (let wave = 0; wave < 4; wave += 1) {
        const lives = Array.from({ length: 6 }, (_, n) => {
          const dieAt = random() < 0.6 ? 1 + Math.floor(random() * 40) : Number.POSITIVE_INFINITY
          return live(`${wave}.${n}`, dieAt).catch(() => {})
        })
        await Promise.all(lives)
        await auditOf(store, limits)
      }
      const { spent } = await auditOf(store, limits)
      expect(spent).toBeGreaterThanOrEqual(committed)
      await expectExact(store, limits, 60n)
    },
    60_000,
  )

  it('is exact for each of the clients whose limits differ', async () => {
    const [name = 'total'] = Object.keys(limits)
    const store = memoryStore()
    const clients = [20n, 40n, 60n].map((limit) => ({
      limit,
      spending: spendingOn(store, { [name]: limit }),
    }))
    const random = seeded(5)
    for (let n = 0; n < 200; n += 1) {
      const client = clients[Math.floor(random() * 3)]
      if (!client) throw new Error('no client')
      const { limit, spending } = client
      const before = await auditOf(store)
      const amount = BigInt(1 + Math.floor(random() * 4))
      const fits = before.spent + before.reserved + amount <= limit
      const done = await spending.reserve(reservation(`a${n}`, amount)).then(
        () => true,
        () => false,
      )
      expect(done).toBe(fits)
      if (done && random() < 0.85) await spending.release(`a${n}`)
    }
    await expectExact(store, { [name]: 60n }, 60n)
  }, 60_000)
})

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

describe('shares', () => {
  it('write nothing but their own record once they have what they need', async () => {
    const written: string[] = []
    const base = memoryStore()
    const set: PaymentStore['set'] = (key, ...how) => {
      written.push(key)
      return base.set(key, ...how)
    }
    const spending = spendingOn({ ...base, set }, { total: 10n ** 9n })
    for (let n = 0; n < 100; n += 1) {
      await spending.reserve(reservation(`a${n}`, 1_000n))
      await spending.commit(`a${n}`)
    }
    expect(written.filter((key) => key === 'budget').length).toBeLessThan(12)
    expect(new Set(written).size).toBe(3)
  })

  it('write together what waits for a write', async () => {
    let writes = 0
    const base = memoryStore()
    const set: PaymentStore['set'] = (...how) => {
      writes += 1
      return base.set(...how)
    }
    const spending = spendingOn({ ...base, set }, { total: 10n ** 9n })
    await Promise.all(Array.from({ length: 50 }, (_, n) => spending.reserve(reservation(`a${n}`, 1_000n))))
    await Promise.all(Array.from({ length: 50 }, (_, n) => spending.commit(`a${n}`)))
    expect(writes).toBeLessThan(12)
    expect((await auditOf(base)).spent).toBe(50_000n)
  })

  it('stay small, however many reservations are open', async () => {
    const store = memoryStore()
    const spending = spendingOn(store, { total: 10n ** 9n })
    for (let n = 0; n < 500; n += 1) await spending.reserve(reservation(`a${n}`, 1_000n))
    const sizes = await Promise.all(
      (await collect(store.keys('share/'))).map(async (key) => JSON.stringify(await store.get(key)).length),
    )
    expect(Math.max(...sizes)).toBeLessThan(10_000)
    expect(await spending.open()).toHaveLength(500)
    await fill(store, { total: 500_100n })
    expect((await auditOf(store)).reserved).toBe(500_100n)
  })

  it('are folded when they are finished, so that there are as many as processes', async () => {
    const store = memoryStore()
    for (let n = 0; n < 60; n += 1) {
      const spending = spendingOn(store, { total: 10n ** 9n })
      await spending.reserve(reservation(`a${n}`, 1_000n))
      await spending.commit(`a${n}`)
      await age(store, 11 * 60_000)
    }
    const { shares, spent, days } = await auditOf(store)
    expect(shares.length).toBeLessThan(3)
    expect(spent).toBe(60_000n)
    expect(days[day()]).toBe(60_000n)
  })

  it('that a sleeping process finds folded are replaced', async () => {
    const store = memoryStore()
    const limits = { total: 10_000n }
    const sleeping = spendingOn(store, limits)
    await sleeping.reserve(reservation('a', 1_000n))
    await sleeping.commit('a')
    await age(store, 11 * 60_000)
    await spendingOn(store, limits).reserve(reservation('b', 1_000n))
    await sleeping.reserve(reservation('c', 1_000n))
    expect(await auditOf(store, limits)).toMatchObject({ spent: 1_000n, reserved: 2_000n })
  })
})
