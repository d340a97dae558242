// The store that the ledger lives in: a key-value store with compare-and-set, and the one in memory.
import type { Json } from '../types.ts'

/**
 * A key-value store with compare-and-set, so that anything can be one: a file, IndexedDB, Redis, a Durable Object, a
 * Postgres table. All accounting is built on that one primitive; several processes may share a store.
 */
export type PaymentStore = {
  get(key: string): Promise<{ value: Json; version: string } | undefined>
  /** Writes only while the key's version is still `expected` (`undefined`: the key must not exist); resolves to whether it wrote. */
  set(key: string, value: Json, expected: string | undefined): Promise<boolean>
  /** Deletes only while the key's version is still `expected`; resolves to whether it did. */
  delete(key: string, expected: string): Promise<boolean>
  /** All keys that begin with `prefix`, in no particular order. */
  keys(prefix: string): AsyncIterable<string>
}

/**
 * A store in memory: gone with the process, and with it the means to recover payments that were under way. Use
 * `fileStore`, `indexedDbStore` or `redisStore` where money matters.
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
