// The suite itself: a store that breaks one rule is told which.
import { describe, expect, it } from 'vitest'
import { checkStore, storeRules } from '../../../src/entries/store-conformance.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import type { Json } from '../../../src/types.ts'
import { failure } from '../../support/studio.ts'

type Break = (store: PaymentStore) => Partial<PaymentStore>

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Each breaks one promise, as a careless implementation would. */
const broken: Record<string, [Break, rule: RegExp]> = {
  'ignores the expected version': [
    (store) => ({
      set: async (key, value, expected) => store.set(key, value, expected && (await store.get(key))?.version),
    }),
    /writes only on the version that it has/,
  ],
  'overwrites where it should create': [
    (store) => ({ set: async (key, value) => store.set(key, value, (await store.get(key))?.version) }),
    /creates a key once/,
  ],
  'compares and then writes later': [
    (store) => ({
      async set(key, value, expected) {
        if ((await store.get(key))?.version !== expected) return false
        await turn()
        return store.set(key, value, (await store.get(key))?.version)
      },
    }),
    /lets one of 50 concurrent writers win/,
  ],
  'deletes whatever is there': [
    (store) => ({ delete: async (key) => store.delete(key, (await store.get(key))?.version ?? '') }),
    /deletes only on the version/,
  ],
  'takes the prefix for a pattern': [
    (store) => ({
      async *keys(prefix) {
        for await (const key of store.keys('')) if (new RegExp(`^${prefix}`).test(key)) yield key
      },
    }),
    /lists keys by prefix, taken literally/,
  ],
  'lists a key twice': [
    (store) => ({
      async *keys(prefix) {
        for await (const key of store.keys(prefix)) yield* [key, key]
      },
    }),
    /lists keys while/,
  ],
  'does not tell case apart': [
    (store) => ({
      get: (key) => store.get(key.toLowerCase()),
      set: (key, value, expected) => store.set(key.toLowerCase(), value, expected),
    }),
    /keeps every key apart/,
  ],
  'rounds what it keeps': [
    (store) => ({
      set: (key, value, expected) =>
        store.set(key, typeof value === 'string' ? Number(value) : value, expected),
    }),
    /keeps any JSON as it is/,
  ],
}

describe('checkStore', () => {
  it.each(Object.entries(broken))('finds a store that %s', async (_name, [change, rule]) => {
    const makeStore = async () => {
      const store = memoryStore()
      return { store: { ...store, ...change(store) } }
    }
    const error = await failure(checkStore(makeStore))
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_failed' })
    expect(String(error)).toMatch(rule)
  })

  it('finds a store that hands out what it keeps', async () => {
    const values = new Map<string, { value: Json; version: string }>()
    const store = memoryStore()
    const makeStore = async () => ({
      store: { ...store, get: async (key: string) => values.get(key), set: sharing(values) },
    })
    expect(String(await failure(checkStore(makeStore)))).toMatch(/keeps copies/)
  })

  it('finds a store whose versions come back', async () => {
    const makeStore = async () => ({ store: counting() })
    expect(String(await failure(checkStore(makeStore)))).toMatch(/version from before a deletion/)
  })

  it('names the rule of a store that throws, with the cause', async () => {
    const makeStore = async () => ({
      store: { ...memoryStore(), get: () => Promise.reject(new Error('no such table')) },
    })
    const [first] = storeRules
    const error = (await failure(first?.check(makeStore) ?? Promise.resolve())) as Error
    expect(error.message).toContain('knows nothing at first')
    expect(error.message).toContain('no such table')
    expect(error.cause).toMatchObject({ message: 'no such table' })
  })

  it('closes every store that it opens', async () => {
    let [opened, closed] = [0, 0]
    await checkStore(async () => {
      opened += 1
      return {
        store: memoryStore(),
        close: async () => {
          closed += 1
        },
      }
    })
    expect(closed).toBe(opened)
    expect(opened).toBe(storeRules.length)
  })
})

function sharing(values: Map<string, { value: Json; version: string }>): PaymentStore['set'] {
  return async (key, value, expected) => {
    if (values.get(key)?.version !== expected) return false
    values.set(key, { value, version: String(Number(expected ?? 0) + 1) })
    return true
  }
}

/** Versions that begin again at 1 after a deletion. */
function counting(): PaymentStore {
  const store = memoryStore()
  const versions = new Map<string, number>()
  return {
    ...store,
    async get(key) {
      const entry = await store.get(key)
      return entry && { ...entry, version: String(versions.get(key)) }
    },
    async set(key, value, expected) {
      const entry = await store.get(key)
      if ((entry ? String(versions.get(key)) : undefined) !== expected) return false
      versions.set(key, entry ? (versions.get(key) ?? 0) + 1 : 1)
      return store.set(key, value, entry?.version)
    },
    async delete(key, expected) {
      const entry = await store.get(key)
      return entry !== undefined && String(versions.get(key)) === expected && store.delete(key, entry.version)
    },
  }
}
