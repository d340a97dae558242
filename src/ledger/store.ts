// The ledger's store: a key-value interface with compare-and-set, and an in-memory implementation.
import type { Json } from '../types.ts'

/**
 * A key-value store with compare-and-set. It can be a file, IndexedDB, Redis, a Durable Object or a Postgres table. All
 * accounting is built on that one primitive. Several processes may share a store.
 */
export type PaymentStore = {
  get(key: string): Promise<{ value: Json; version: string } | undefined>
  /** Writes only if the key's version is `expected` (`undefined`: the key must not exist); returns whether it did. */
  set(key: string, value: Json, expected: string | undefined): Promise<boolean>
  /** Deletes only if the key's version is `expected`; returns whether it did. */
  delete(key: string, expected: string): Promise<boolean>
  /** All keys that start with `prefix`, in any order. */
  keys(prefix: string): AsyncIterable<string>
}

/**
 * An in-memory store. It is lost when the process ends, and with it the means to recover payments in progress. Use
 * `fileStore`, `indexedDbStore` or `redisStore` when real money is involved.
 */
export function memoryStore(): PaymentStore {
  const entries = new Map<string, { text: string; version: string }>()
  let version = 0
  return {
    async get(key) {
      const entry = entries.get(key)
      return entry && { value: JSON.parse(entry.text), version: entry.version }
    },
    async set(key, value, expected) {
      if (entries.get(key)?.version !== expected) return false
      version += 1
      entries.set(key, { text: JSON.stringify(value), version: String(version) })
      return true
    },
    async delete(key, expected) {
      return entries.get(key)?.version === expected && entries.delete(key)
    },
    async *keys(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) yield key
    },
  }
}
