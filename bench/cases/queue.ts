// Generations on BullMQ: what a worker does and costs, what many queued generations take, and what the sweep asks for.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { StableStudioClient } from 'stablestudio'
import { createGenerations, createWorkers } from 'stablestudio/bullmq'
import { redisStore } from 'stablestudio/redis'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { inChild } from '../lib/child.ts'
import { type Asked, startRedis } from '../lib/redis.ts'
import { rounded } from '../lib/stats.ts'
import type { QueueOrder, QueueRun } from './queue.child.ts'

export type QueueResult = {
  worker: {
    generationsPerSecond: number
    cpuMsEach: number
    /** Round trips, CPU of Redis in ms, and kB in both directions, for each generation. */
    queue: PerGeneration
    ledger: PerGeneration
  }
  queued: {
    count: number
    addedPerSecond: number
    kbEach: number
    countsMs: number
    addMs: number
    getMs: number
  }[]
  sweep: { jobs: number; lists: number; looks: number; meanLagMs: number; p95LagMs: number }[]
}

type PerGeneration = { roundTrips: number; cpuMs: number; kb: number }

const operation = 'nano-banana/generate'

export async function measureQueue(): Promise<QueueResult> {
  const worker = await measureWorker(600)
  const queued = await measureQueued([10_000, 100_000])
  const sweep = [await measureSweep(2), await measureSweep(50), await measureSweep(400)]
  return { worker, queued, sweep }
}

const orders = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({
    operation: operation as typeof operation,
    input: {
      prompt: 'a cat in a spacesuit on Mars, photorealistic, '.repeat(4),
      aspectRatio: '1:1' as const,
    },
    key: `order-${from + at}`,
  }))

async function addAll(
  generations: ReturnType<typeof createGenerations>,
  count: number,
  from = 0,
): Promise<void> {
  for (let at = from; at < count; at += 1_000)
    await generations.addBulk(orders(Math.min(1_000, count - at), at))
}

async function measureWorker(count: number): Promise<QueueResult['worker']> {
  const [queue, ledger] = [await startRedis(), await startRedis()]
  const privateKey = generatePrivateKey()
  const sandbox = createSandbox({ speed: 20 })
  sandbox.fund(privateKeyToAccount(privateKey).address, '100000')
  const server = await sandbox.listen()
  const generations = createGenerations({ connection: { host: '127.0.0.1', port: queue.port } })
  await addAll(generations, count)
  const before = [await queue.asked(), await ledger.asked()] as const
  const given: QueueOrder = { url: server.url, privateKey, queue: queue.port, ledger: ledger.port, count }
  const { seconds, cpuMs } = await inChild<QueueRun>('cases/queue.child.ts', given)
  const after = [await queue.asked(), await ledger.asked()] as const
  await generations.close()
  await Promise.all([server.close(), queue.close(), ledger.close()])
  return {
    generationsPerSecond: rounded(count / seconds, 1),
    cpuMsEach: rounded(cpuMs / count, 1),
    queue: each(before[0], after[0], count),
    ledger: each(before[1], after[1], count),
  }
}

function each(before: Asked, after: Asked, count: number): PerGeneration {
  return {
    roundTrips: rounded((after.commands - before.commands) / count, 1),
    cpuMs: rounded((after.cpuMs - before.cpuMs) / count, 2),
    kb: rounded((after.bytes - before.bytes) / 1000 / count, 1),
  }
}

async function measureQueued(counts: readonly number[]): Promise<QueueResult['queued']> {
  const redis = await startRedis()
  const generations = createGenerations({ connection: { host: '127.0.0.1', port: redis.port } })
  const { memory } = await redis.asked()
  const found: QueueResult['queued'] = []
  let from = 0
  for (const count of counts) {
    const adding = await timed(() => addAll(generations, count, from))
    found.push({
      count,
      addedPerSecond: Math.round((count - from) / (adding / 1000)),
      kbEach: rounded(((await redis.asked()).memory - memory) / 1000 / count, 2),
      countsMs: rounded(await timed(() => generations.counts()), 1),
      addMs: rounded(await timed(() => generations.addBulk(orders(1, count))), 1),
      getMs: rounded(await timed(() => generations.get(`order-${count - 7}`)), 1),
    })
    from = count
  }
  await generations.close()
  await redis.close()
  return found
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** In real time: so many jobs, paid for at once, until all are saved. */
async function measureSweep(count: number): Promise<QueueResult['sweep'][number]> {
  const redis = await startRedis()
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox()
  sandbox.fund(wallet.address, '100000')
  const asked = { lists: 0, looks: 0 }
  const fetch: typeof globalThis.fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    if (pathname === '/api/jobs') asked.lists += 1
    else if (pathname.startsWith('/api/jobs/')) asked.looks += 1
    return sandbox.fetch(input, init)
  }
  const connection = { host: '127.0.0.1', port: redis.port }
  const client = new Redis(redis.port, '127.0.0.1')
  const studio = new StableStudioClient({ wallet, fetch, store: redisStore(client) })
  const generations = createGenerations({ connection })
  const workers = createWorkers({ studio, connection, pay: { concurrency: 32 }, save: (_, { key }) => key })
  const saved = new Map<string, number>()
  workers.on('done', ({ job }) => saved.set(job.id, Date.now()))
  await addAll(generations, count)
  while (saved.size < count) await pause(100)
  const lags = sandbox.jobs().map(({ id, endsAt }) => (saved.get(id) ?? 0) - Date.parse(endsAt))
  lags.sort((a, b) => a - b)
  await workers.close()
  await generations.close()
  client.disconnect()
  await redis.close()
  return {
    jobs: count,
    ...asked,
    meanLagMs: Math.round(lags.reduce((sum, lag) => sum + lag, 0) / count),
    p95LagMs: Math.round(lags[Math.floor(count * 0.95)] ?? 0),
  }
}
