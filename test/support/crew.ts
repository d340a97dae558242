// A process with workers of `stablestudio/bullmq`: started, blocked, closed and killed by the tests of the queue.
import { appendFileSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { StableStudioClient } from '../../src/client.ts'
import { createWorkers, type WorkersOptions } from '../../src/entries/bullmq.ts'
import { redisStore } from '../../src/entries/redis.ts'

export type CrewOrder = {
  url: string
  privateKey: Hex
  /** The port of Redis: of the queue, and of the ledger in a store of this prefix. */
  redis: number
  store?: string
  limits?: { perDay?: string; total?: string; perCall?: string }
  /** A file with a line for each `save`. */
  saves: string
  /** How long a `save` takes, ms. */
  saveMs?: number
  options?: Partial<Omit<WorkersOptions, 'studio' | 'save' | 'connection' | 'backend'>>
}

/** What a parent may tell it, a line each. */
export type CrewCommand = { block: number } | { close: number }

const order = JSON.parse(process.env.ORDER ?? '') as CrewOrder

function say(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const client = new Redis(order.redis, '127.0.0.1', { maxRetriesPerRequest: null })
client.on('error', () => {})
const studio = new StableStudioClient({
  wallet: privateKeyToAccount(order.privateKey),
  store: redisStore(client, { prefix: order.store }),
  baseUrl: order.url,
  origin: order.url,
  limits: order.limits,
})
const workers = createWorkers({
  studio,
  connection: { host: '127.0.0.1', port: order.redis },
  ...{ lockDuration: 2_000, stalledInterval: 1_000, sweep: { every: 500 } },
  ...order.options,
  async save(output, { key, job, signal }) {
    const bytes = await output.bytes({ signal })
    // It minds no signal, but keeps no process alive.
    await new Promise((resolve) => setTimeout(resolve, order.saveMs ?? 0).unref())
    appendFileSync(
      order.saves,
      `${JSON.stringify({ key, job: job.id, size: bytes.length, at: Date.now() })}\n`,
    )
    return { job: job.id }
  },
})
const textOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
workers.on('error', ({ key, error }) => say({ error: textOf(error), ...(key !== undefined && { key }) }))
workers.on('dead', ({ key, error }) => say({ dead: key, error: error.shortMessage }))
workers.on('paused', ({ key }) => say({ paused: key }))
workers.on('done', ({ key }) => say({ done: key }))
workers.ready().then(
  () => say({ ready: true }),
  (error) => say({ refused: textOf(error) }),
)

const commands = createInterface({ input: process.stdin })
commands.on('line', (line) => {
  const command = JSON.parse(line) as CrewCommand
  if ('block' in command) {
    // No timer and no answer gets through.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.block)
    return
  }
  workers.close({ timeout: command.close }).then(() => {
    say({ closed: true })
    // From here on it must end by itself.
    client.disconnect()
    commands.close()
  })
})
