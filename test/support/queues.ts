// Fresh queues on a real Redis, each with a sandbox, a wallet and a ledger of its own, and workers in this process.
import { Redis } from 'ioredis'
import { StableStudioClient } from 'stablestudio'
import { createGenerations, createWorkers, type WorkersOptions } from 'stablestudio/bullmq'
import { redisStore } from 'stablestudio/redis'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type RedisServer, startRedis } from './redis.ts'

export type Queues = { open: ReturnType<typeof opener>; client: () => Redis }

/** Called once in a `describe`: starts a Redis before its tests, and closes what they have opened after each. */
export function useQueues(): Queues {
  const closing: { close(): Promise<void> }[] = []
  let redis: RedisServer
  let client: Redis
  beforeAll(async () => {
    redis = await startRedis()
    client = new Redis(redis.port, '127.0.0.1')
  })
  afterEach(async () => {
    for (const one of closing.splice(0).reverse()) await one.close()
  })
  afterAll(async () => {
    client.disconnect()
    await redis.close()
  })
  return { open: opener(() => ({ port: redis.port, client }), closing), client: () => client }
}

function opener(redis: () => { port: number; client: Redis }, closing: { close(): Promise<void> }[]) {
  let made = 0
  /** Its images take 0.2 s. */
  return (sandboxOptions: Parameters<typeof createSandbox>[0] = {}) => {
    made += 1
    const { port, client } = redis()
    const queue = { connection: { host: '127.0.0.1', port }, name: `queue-${made}` }
    const sandbox = createSandbox({ speed: 100, ...sandboxOptions })
    const wallet = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(wallet.address, '10')
    const generations = createGenerations(queue)
    closing.push(generations)
    const store = redisStore(client, { prefix: `ledger-${made}` })
    const clientOptions = { wallet, fetch: sandbox.fetch, store }
    const studio = new StableStudioClient(clientOptions)
    const work = (options: Partial<WorkersOptions> = {}) => {
      const save: WorkersOptions['save'] = async (output, { key }) => ({
        key,
        bytes: (await output.bytes()).length,
      })
      const workers = createWorkers({ studio, ...queue, save, sweep: { every: 200 }, ...options })
      closing.push(workers)
      return workers
    }
    return { queue, sandbox, wallet, generations, clientOptions, studio, work }
  }
}
