// `createWorkers`: the workers of one process, which pay for generations and collect them.
import type { Processor, Worker } from 'bullmq'
import { type InputIssue, InvalidInputError, isStableStudioError } from '../index.ts'
import { type CareQueue, createCare, schedule } from './care.ts'
import { createCollect } from './collect.ts'
import type { Crew, Save, Studio } from './crew.ts'
import { ledgerKey } from './keys.ts'
import { createListeners, type Subscribe } from './listeners.ts'
import { claim, createBeacon, createWitness, type OwnerQueue } from './owner.ts'
import { createPay } from './pay.ts'
import { aFunction, checkAll, integer, oneOf, throwIfAny } from './problems.ts'
import {
  type CollectQueue,
  closeAll,
  type Emitting,
  opener,
  type PayQueue,
  patienceMs,
  type QueueOptions,
  queueChecks,
  settledIn,
} from './queues.ts'

/** Options of {@link createWorkers}. @inlineType Studio */
export type WorkersOptions = QueueOptions & {
  /** The client that pays. All workers of a queue need the same wallet and the same durable store. */
  studio: Studio
  /** Keeps what was generated. Called at least once for each key: the same key must mean the same place. */
  save: Save
  /**
   * `concurrency`: payments at once in this process. `together`: in all processes. `maxOpen`: while so many are paid and
   * not collected, nothing more is paid.
   * @default { concurrency: 8, maxOpen: 2_000 } and no limit on all processes
   */
  pay?: { concurrency?: number; together?: number; maxOpen?: number } | undefined
  /** `concurrency`: looks and saves at once in this process. @default { concurrency: 32 } */
  collect?: { concurrency?: number } | undefined
  /**
   * Reads the job list every so many ms, once for all workers, so that finished jobs are collected at once. `false`: each
   * job is looked at alone.
   * @default { every: 2_500 }
   */
  sweep?: { every?: number } | false | undefined
  /** When a limit over time is reached: wait for the next day or more room, or `'fail'`. @default 'wait' */
  onLimit?: 'wait' | 'fail' | undefined
  /**
   * When an offer is refused that the next generation would get as well, such as a changed payee: `'pause'` stops all
   * payments until `generations.resume()`, `'fail'` only this one. @default 'pause'
   */
  onRefused?: 'pause' | 'fail' | undefined
  /** After so long without a sign of life a run is given to another worker, ms. It pays nothing twice. @default 30_000 */
  lockDuration?: number | undefined
  /** How often workers look for such runs, ms. @default 30_000 */
  stalledInterval?: number | undefined
}

/** The workers of one process. @inlineType Subscribe */
export type Workers = {
  /**
   * Resolves when they have begun.
   * @throws {InvalidInputError} when the queue belongs to another wallet, or to another store; nothing is paid here then.
   */
  ready(): Promise<void>
  /** Subscribes to an event and returns the function that unsubscribes. Errors in a listener are ignored. */
  on: Subscribe
  /**
   * Takes nothing new, lets what runs come to an end, and then ends it: its jobs go back to the queue, nothing is lost.
   * Then closes the connections and the client. Never rejects.
   * @param options `timeout`: for all of it, ms. @default 30_000
   */
  close(options?: { timeout?: number | undefined }): Promise<void>
}

const studioMethods = ['submit', 'payment', 'recover', 'budget', 'close'] as const
const group =
  (checks: Parameters<typeof checkAll>[1]) =>
  (value: unknown): string | undefined => {
    if (value === undefined) return undefined
    const issues: InputIssue[] = []
    checkAll(value, checks, issues)
    return issues.map(({ path, message }) => `${path} ${message}`.trim()).join('; ') || undefined
  }
const count = integer(1, 1_000)
const ms = integer(10, 3_600_000)

const checks = {
  ...queueChecks,
  studio: checkStudio,
  save: aFunction,
  pay: group({ concurrency: count, together: integer(1, 100_000), maxOpen: integer(1, 1_000_000) }),
  collect: group({ concurrency: count }),
  sweep: (value: unknown) => (value === false ? undefined : group({ every: ms })(value)),
  onLimit: oneOf('wait', 'fail'),
  onRefused: oneOf('pause', 'fail'),
  lockDuration: ms,
  stalledInterval: ms,
}

function checkStudio(value: unknown): string | undefined {
  const studio = value as Partial<Studio> | undefined
  // Not `instanceof`: it may be of the other build of this package.
  if (!studio?.jobs || !studioMethods.every((name) => typeof studio[name] === 'function'))
    return 'must be a StableStudioClient'
  if (studio.payer === undefined) return 'must have a wallet: it pays'
  if (studio.volatile !== false)
    return 'must have a durable store that all workers share, such as redisStore(client): without it a generation that runs twice is paid twice'
  return undefined
}

/** A rerun pays nothing twice, so being interrupted is no reason to give up: BullMQ would after the second time. */
const maxStalledCount = 1_000
/** Only so that BullMQ minds `queue.rateLimit()`. */
const limiter = { max: 1_000_000, duration: 1_000 }
const restartMs = 1_000

/**
 * Starts the workers of this process: they pay for what `createGenerations` queued, wait for it, and hand it to `save`.
 * Start as many processes as you like, on any machine. Each generation is paid once, whatever is killed.
 *
 * @throws {InvalidInputError} `invalid_config`, listing every wrong option, or when `bullmq` is not installed.
 * @example
 * import { Redis } from 'ioredis'
 * import { StableStudioClient } from 'stablestudio'
 * import { createWorkers } from 'stablestudio/bullmq'
 * import { redisStore } from 'stablestudio/redis'
 * import { writeFile } from 'node:fs/promises'
 * import { privateKeyToAccount } from 'viem/accounts'
 *
 * const studio = new StableStudioClient({
 *   wallet: privateKeyToAccount(process.env.PRIVATE_KEY as `0x${string}`),
 *   store: redisStore(new Redis()),
 *   limits: { perDay: '50' },
 * })
 * const workers = createWorkers({
 *   studio,
 *   connection: { host: '127.0.0.1' },
 *   save: async (output, { key, signal }) => {
 *     await writeFile(`pictures/${key}.png`, await output.bytes({ signal }))
 *     return { file: `${key}.png` }
 *   },
 * })
 * process.on('SIGTERM', () => workers.close())
 */
export function createWorkers(options: WorkersOptions): Workers {
  const issues: InputIssue[] = []
  checkAll(options, checks, issues)
  throwIfAny('createWorkers options', issues)
  return start(options)
}

type Queues = { pay: PayQueue; collect: CollectQueue; care: CareQueue; owner: OwnerQueue }

function start(options: WorkersOptions): Workers {
  const { studio, save, onLimit = 'wait', onRefused = 'pause', pay = {}, sweep = {} } = options
  const library = opener(options)
  const { names, shared } = library
  const stop = new AbortController()
  const { on, emit } = createListeners()
  const open = <queue>(name: string) => new library.Queue(name, shared) as unknown as queue
  const queues: Queues = {
    pay: open(names.pay),
    collect: open(names.collect),
    care: open(names.care),
    owner: open(names.owner),
  }
  const crew: Crew = {
    ...{ studio, library, queues, save, onLimit, onRefused, emit },
    maxOpen: pay.maxOpen ?? 2_000,
    sweepMs: sweep === false ? undefined : (sweep.every ?? 2_500),
    signal: stop.signal,
    stopPaying: (error) => {
      tellLoudly(error)
      workers[0].pause(true).catch(() => {})
    },
  }
  const tellLoudly = (error: Error) => {
    // Workers that do nothing must not look as if they worked.
    if (!emit('error', { error })) globalThis.process?.emitWarning?.(error)
  }
  const running = new Set<Promise<unknown>>()
  const workers = startAll(options, crew, queues, running)
  for (const one of [...workers, ...Object.values(queues)] as readonly Emitting[])
    one.on('error', (error) => emit('error', { error }))
  const begun = begin(crew, queues, options, workers)
  begun.catch(tellLoudly)
  let closed: Promise<void> | undefined
  return {
    ready: () => begun,
    on,
    close({ timeout = 30_000 } = {}) {
      closed ??= close({ stop, workers, queues, running, studio }, timeout)
      return closed
    },
  }
}

type All = readonly [pay: Worker, ...others: Worker[]]

/** They do not run yet. */
function startAll(options: WorkersOptions, crew: Crew, queues: Queues, running: Set<Promise<unknown>>): All {
  const { names, shared, Worker: WorkerClass } = crew.library
  const { lockDuration = 30_000, stalledInterval = 30_000 } = options
  const worker = (name: string, processor: Processor, concurrency: number): Worker =>
    new WorkerClass(name, tracked(processor, running), {
      ...{ ...shared, concurrency, lockDuration, stalledInterval, maxStalledCount, limiter },
      // After a lost connection.
      runRetryDelay: restartMs,
      autorun: false,
    })
  const witness = createWitness(crew.studio)
  const leaveBeacon = createBeacon(queues.owner, crew.studio.payer ?? '')
  const pay = createPay(crew, (key) => {
    witness.paid(key)
    leaveBeacon(key)
  })
  const collect = createCollect(crew, ({ key }, since) =>
    witness.collected(ledgerKey(key), since).catch((error) => {
      // A store that cannot be read says nothing.
      if (error instanceof InvalidInputError) crew.stopPaying(error)
    }),
  )
  return [
    worker(names.pay, pay as Processor, options.pay?.concurrency ?? 8),
    worker(names.collect, collect as Processor, options.collect?.concurrency ?? 32),
    worker(names.care, createCare(crew, queues.care), 2),
  ]
}

/** So that `close` can wait for what runs. */
function tracked(processor: Processor, running: Set<Promise<unknown>>): Processor {
  return (job, token) => {
    const run = Promise.resolve(processor(job, token))
    const ended: Promise<unknown> = run.then(
      () => running.delete(ended),
      () => running.delete(ended),
    )
    running.add(ended)
    return run
  }
}

/** Begins when the queue is proven to be this wallet's and this store's. A server that is away is waited for. */
async function begin(crew: Crew, queues: Queues, options: WorkersOptions, workers: All): Promise<void> {
  for (;;) {
    if (crew.signal.aborted) return
    try {
      await claim(queues.owner, crew.studio)
      const together = options.pay?.together
      if (together === undefined) await queues.pay.removeGlobalConcurrency()
      else await queues.pay.setGlobalConcurrency(together)
      await schedule(queues.care, crew.sweepMs)
      break
    } catch (error) {
      if (isStableStudioError(error) && error.code === 'invalid_config') throw error
      crew.emit('error', { error })
      await settledIn(new Promise((resolve) => crew.signal.addEventListener('abort', resolve)), restartMs)
    }
  }
  if (crew.signal.aborted) return
  for (const worker of workers) worker.run().catch((error) => crew.emit('error', { error }))
}

type Closing = {
  stop: AbortController
  workers: All
  queues: Queues
  running: Set<Promise<unknown>>
  studio: Studio
}

async function close({ stop, workers, queues, running, studio }: Closing, timeout: number): Promise<void> {
  const endsAt = Date.now() + timeout
  const left = () => Math.max(0, endsAt - Date.now())
  const ended = () => Promise.all(running)
  const paused = Promise.all(workers.map((worker) => worker.pause(true).catch(() => {})))
  // Kept for ending what does not end by itself, and for a server that does not answer any more.
  const graceMs = Math.min(5_000, timeout / 2)
  await settledIn(paused, left() - graceMs)
  const isIdle = await settledIn(ended(), left() - graceMs)
  stop.abort(new Error('The workers are closed.'))
  const isDone = isIdle || (await settledIn(ended(), left() / 2))
  const shut = workers.map((worker) => ({
    close: () => worker.close(!isDone),
    disconnect: () => worker.disconnect(),
  }))
  const handedBack = studio.close().catch(() => {})
  await Promise.all([
    closeAll([...shut, ...Object.values(queues)], Math.min(patienceMs, left() / 2)),
    settledIn(handedBack, left()),
  ])
}
