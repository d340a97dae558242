// The ledger's store: a key-value interface with compare-and-set, and an in-memory implementation.
import type { Json } from '../types.ts'
import { telling } from './written.ts'

/**
 * A key-value store with compare-and-set. It can be a file, IndexedDB, Redis, a Durable Object or a Postgres table. All
 * accounting is built on that one primitive. Several processes may share a store.
 */
export type PaymentStore = {
  /** Whether it forgets when the process ends, so that limits over time do not hold. An event then says so. */
  readonly volatile?: boolean | undefined
  /**
   * Whether `keys` come sorted, at least those made of letters, digits, `/` and `_`. Listing payments then starts without
   * reading all keys first; if the store also heeds `from`, without reading those before its period.
   */
  readonly ordered?: boolean | undefined
  get(key: string): Promise<{ value: Json; version: string } | undefined>
  /** Writes only if the key's version is `expected` (`undefined`: the key must not exist); returns whether it did. */
  set(key: string, value: Json, expected: string | undefined): Promise<boolean>
  /** Deletes only if the key's version is `expected`; returns whether it did. */
  delete(key: string, expected: string): Promise<boolean>
  /**
   * All keys that start with `prefix`, in any order unless it is `ordered`.
   *
   * @param from keys that sort before this one are not needed. A store may list them all the same.
   */
  keys(prefix: string, from?: string): AsyncIterable<string>
}

/**
 * An in-memory store. It is lost when the process ends, and with it the means to recover payments in progress. Use
 * `sqliteStore`, `fileStore`, `indexedDbStore` or `redisStore` when real money is involved.
 */
export function memoryStore(): PaymentStore {
  const entries = new Map<string, { text: string; version: string }>()
  let version = 0
  const store: PaymentStore = {
    volatile: true,
    async get(key) {
      const entry = entries.get(key)
      return entry && { value: JSON.parse(entry.text), version: entry.version }
    },
    set(key, value, expected) {
      return telling(store, async (made) => {
        if (entries.get(key)?.version !== expected) return false
        version += 1
        made.version = String(version)
        entries.set(key, { text: JSON.stringify(value), version: made.version })
        return true
      })
    },
    async delete(key, expected) {
      return entries.get(key)?.version === expected && entries.delete(key)
    },
    async *keys(prefix, from = prefix) {
      for (const key of [...entries.keys()]) if (key >= from && key.startsWith(prefix)) yield key
    },
  }
  return store
}
