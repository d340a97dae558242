// A process that pays: started by the kill and race tests, told by its environment what to do, told on by its output.
import { writeSync } from 'node:fs'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { redisStore } from '../../src/entries/redis.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import { isStableStudioError } from '../../src/errors.ts'
import type { PaymentStore } from '../../src/ledger/store.ts'
import { type StopAt, stopping } from './stopping-store.ts'

export type Order = {
  url: string
  privateKey: Hex
  store: { file: string } | { sqlite: string } | { redis: number; through: 'ioredis' | 'redis' }
  calls: { prompt: string; idempotencyKey?: string }[]
  total?: string
  /** Where to stop dead and wait to be killed: before or after the n-th write. */
  stopAt?: StopAt
}

const order = JSON.parse(process.env.ORDER ?? '') as Order

/** Written before anything else can happen. */
function say(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function openStore(): Promise<{ store: PaymentStore; close(): void }> {
  if ('file' in order.store) return { store: fileStore(order.store.file), close() {} }
  if ('sqlite' in order.store) return { store: sqliteStore(order.store.sqlite), close() {} }
  const { redis, through } = order.store
  if (through === 'ioredis') {
    const client = new Redis(redis, '127.0.0.1')
    return { store: redisStore(client), close: () => client.disconnect() }
  }
  const client = createClient({ url: `redis://127.0.0.1:${redis}` })
  await client.connect()
  return { store: redisStore(client), close: () => client.destroy() }
}

const { store, close } = await openStore()
const studio = new StableStudioClient({
  wallet: privateKeyToAccount(order.privateKey),
  store: stopping(store, order.stopAt, () => say({ stopped: true })),
  baseUrl: order.url,
  origin: order.url,
  limits: { total: order.total },
})
say({ ready: true })
await Promise.all(
  order.calls.map(async ({ prompt, idempotencyKey }) => {
    try {
      const job = await studio.submit('gpt-image-1/generate', { prompt, quality: 'high' }, { idempotencyKey })
      say({ job: job.id })
    } catch (error) {
      say({ error: isStableStudioError(error) ? error.name : String(error), details: String(error) })
    }
  }),
)
close()
