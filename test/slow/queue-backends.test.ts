// The queue through node-redis, and on PostgreSQL: the same promises on what else BullMQ runs on.
import { createNodeRedisClient, createPostgresBackend } from 'bullmq'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { createGenerations, createWorkers, type QueueOptions } from '../../src/entries/bullmq.ts'
import { redisStore } from '../../src/entries/redis.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { hasPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { all, failure } from '../support/studio.ts'

const operation = 'nano-banana/generate'
const keys = Array.from({ length: 30 }, (_, at) => `key:${at}`)

describe.skipIf(!hasRedis())('a queue of generations', () => {
  let redis: RedisServer
  let ledger: Redis

  beforeAll(async () => {
    redis = await startRedis()
    ledger = new Redis(redis.port, '127.0.0.1')
  })
  afterAll(async () => {
    ledger.disconnect()
    await redis.close()
  })

  /** Workers come and go, answers are lost, `save` fails at first, one job fails for good and is tried again. */
  async function endure(queue: QueueOptions, prefix: string): Promise<void> {
    const sandbox = createSandbox({ speed: 100, settleMs: 50 })
    const wallet = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(wallet.address, '100')
    const store = redisStore(ledger, { prefix })
    const studio = () => new StableStudioClient({ wallet, fetch: sandbox.fetch, store })
    const failing = new Set(keys.slice(0, 5))
    const save = (_: unknown, { key }: { key: string }) => {
      if (failing.delete(key)) throw new Error('the disk is full')
      return key
    }
    const hire = () =>
      createWorkers({
        ...queue,
        ...{ studio: studio(), save, sweep: { every: 300 }, lockDuration: 5_000, stalledInterval: 1_000 },
        pay: { concurrency: 2, together: 3 },
      })
    const generations = createGenerations(queue)
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: 3 })
    sandbox.faults.add({ step: 'quote', kind: 'status', times: 2 })
    await generations.addBulk(keys.map((key) => ({ operation, input: { prompt: key }, key })))
    const [first, second] = [hire(), hire()]
    await generations.result(keys[3] ?? '')
    await first.close({ timeout: 500 })
    const third = hire()
    for (const key of keys) expect((await generations.result(key, { timeout: 60_000 })).value).toBe(key)
    expect(await generations.counts()).toMatchObject({ queued: 0, working: 0, done: keys.length, failed: 0 })

    sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    await generations.add(operation, { prompt: 'fails' }, { key: 'fails', priority: 3 })
    expect(await failure(generations.result('fails'))).toMatchObject({ code: 'job_failed' })
    await generations.retry('fails')
    await failure(generations.result('fails'))
    expect(await all(generations.failed())).toMatchObject([{ key: 'fails', payment: 'settled' }])

    const other = new StableStudioClient({
      ...{ fetch: sandbox.fetch, store },
      wallet: privateKeyToAccount(generatePrivateKey()),
    })
    const refused = createWorkers({ ...queue, studio: other, save })
    refused.on('error', () => {})
    expect(await failure(refused.ready())).toMatchObject({ code: 'invalid_config' })

    expect(await generations.metrics({ of: 'test' })).toMatch(
      /bullmq_job_count\{.*state="completed".*of="test"/,
    )
    await Promise.all([second, third, refused].map((one) => one.close()))
    await generations.close()
    expect(sandbox.settlements()).toHaveLength(keys.length + 1)
    expect(new Set(sandbox.jobs().map(({ id }) => id)).size).toBe(keys.length + 1)
  }

  it('keeps its promises through node-redis', async () => {
    const client = createClient({ url: `redis://127.0.0.1:${redis.port}` })
    client.on('error', () => {})
    await client.connect()
    try {
      await endure({ connection: createNodeRedisClient(client as never), name: 'node-redis' }, 'node-redis')
    } finally {
      client.destroy()
    }
  })

  describe.skipIf(!hasPostgres())('on PostgreSQL', () => {
    let postgres: PostgresServer

    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres.close())

    it('keeps its promises', async () => {
      const connection = { connectionString: postgres.url, migrate: true }
      await endure({ connection, backend: createPostgresBackend, name: 'postgres' }, 'postgres')
    })
  })
})
