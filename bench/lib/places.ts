// Where the ledgers of the benchmark are, and stores on them that count what they are asked.
import { Redis } from 'ioredis'
import { memoryStore, type PaymentStore } from 'stablestudio'
import { fileStore } from 'stablestudio/node'
import { redisStore } from 'stablestudio/redis'
import { sqliteStore } from 'stablestudio/sqlite'

export const kinds = ['memory', 'sqlite', 'file', 'redis'] as const
export type Kind = (typeof kinds)[number]

/** `name`: a path, or the prefix on a Redis server. */
export type Place = { kind: Kind; name: string; port?: number }

export function openStore({ kind, name, port = 0 }: Place): { store: PaymentStore; close(): void } {
  if (kind === 'memory') return { store: memoryStore(), close() {} }
  if (kind === 'sqlite') return { store: sqliteStore(name), close() {} }
  if (kind === 'file') return { store: fileStore(name), close() {} }
  const client = new Redis(port, '127.0.0.1')
  return { store: redisStore(client, { prefix: name }), close: () => client.disconnect() }
}

/** To weigh every record would cost more than to store it. A prime, so that each call of a payment has its turn. */
const weighed = 17

export function counting(store: PaymentStore) {
  let [calls, bytes] = [0, 0]
  const weigh = (key: string, value: unknown) => {
    if (calls % weighed === 0) bytes += weighed * (key.length + (JSON.stringify(value)?.length ?? 0))
  }
  // In the store itself: to the client, one around it would be another.
  const { get, set } = store
  const remove = store.delete
  Object.assign(store, {
    async get(key) {
      const entry = await get(key)
      calls += 1
      weigh(key, entry?.value)
      return entry
    },
    set(key, value, expected) {
      calls += 1
      weigh(key, value)
      return set(key, value, expected)
    },
    delete(key, expected) {
      calls += 1
      weigh(key, undefined)
      return remove(key, expected)
    },
  } satisfies Partial<PaymentStore>)
  return { store, counts: () => ({ calls, bytes }) }
}
