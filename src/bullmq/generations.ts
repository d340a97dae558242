// `createGenerations`: queues generations, and tells what became of them. Has no wallet, and pays nothing.
import type { Job as BullJob } from 'bullmq'
import type { Job, Json, Receipt } from '../index.ts'
import {
  type AnyOperationId,
  type InputIssue,
  type InputOf,
  InvalidInputError,
  StableStudioError,
} from '../index.ts'
import { addAgain, answered, answeredEach } from './answered.ts'
import { type CollectData, type Collected, errorOf } from './data.ts'
import { jobIdOf, ledgerKey } from './keys.ts'
import { type AddOptions, conflict, type Order, type Ordered, readOrder } from './order.ts'
import { checkAll, throwIfAny } from './problems.ts'
import {
  type CollectQueue,
  closeAll,
  type Emitting,
  opener,
  type PayQueue,
  type QueueOptions,
  queueChecks,
} from './queues.ts'
import { type DeadLetter, deadLetter, type Generation, stateOf } from './state.ts'
import { createWaiter } from './waiter.ts'

/** Options of {@link createGenerations}. */
export type GenerationsOptions = QueueOptions

/** How many generations are where. */
export type Counts = {
  queued: number
  paying: number
  /** Paid, and not saved yet. */
  working: number
  done: number
  failed: number
  /** Whether payments are paused: see `resume()`. */
  paused: boolean
}

/** Generations in the queue. */
export type Generations = {
  /**
   * Queues a generation: workers pay for it once, and save it. Adding the same key again changes nothing, while it is
   * remembered: done generations for a week, failed ones until `retry`. Pays nothing itself.
   *
   * @throws {InvalidInputError} when something is wrong with it, or the key was used for another input; nothing was queued.
   * @example
   * await generations.add('nano-banana/generate', { prompt: 'a lighthouse' }, { key: 'order-1' })
   */
  add<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options: AddOptions,
  ): Promise<void>
  /** Queues up to 1,000 generations: all of them, or none. @throws {InvalidInputError} as `add` does. */
  addBulk(orders: readonly Order[]): Promise<void>
  /** Where a generation is; `undefined` if the queue does not know it. */
  get(key: string): Promise<Generation | undefined>
  /**
   * Waits until a generation is saved.
   *
   * @param options `timeout`: ms. @default no limit
   * @throws {StableStudioError} when it failed, with its payment and job; with code `timeout` when it is not done in time.
   * @throws {InvalidInputError} when the queue does not know it.
   */
  result(
    key: string,
    options?: { timeout?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<{ value: Json; receipt: Receipt; job: Job }>
  /** The dead letters, oldest first: each stays until it is retried. `failed` does not mean unpaid: see `payment`. */
  failed(): AsyncIterable<DeadLetter>
  /**
   * Tries a dead letter again, with the same key: what it has paid is not paid again. A job that failed at the service
   * fails again; for a new one, add another key.
   *
   * @throws {InvalidInputError} when it has not failed.
   */
  retry(key: string): Promise<void>
  /** Goes on with payments at once: after a lack of funds, a refused offer or a limit that was raised. */
  resume(): Promise<void>
  counts(): Promise<Counts>
  /** How many jobs are in which state, in Prometheus' text format. @param labels added to each line. */
  metrics(labels?: Record<string, string>): Promise<string>
  /** Closes the connections. */
  close(): Promise<void>
}

const mostInBulk = 1_000
const pageSize = 100

/**
 * The producer's side of the queue: for a web server or a script, without a wallet or a key. `createWorkers` pays.
 *
 * @throws {InvalidInputError} `invalid_config`, listing every wrong option, or when `bullmq` is not installed.
 * @example
 * import { createGenerations } from 'stablestudio/bullmq'
 *
 * const generations = createGenerations({ connection: { host: '127.0.0.1' } })
 * await generations.add('nano-banana/generate', { prompt: 'a lighthouse at dusk' }, { key: 'order-1' })
 * const { value, receipt } = await generations.result('order-1')
 */
export function createGenerations(options: GenerationsOptions): Generations {
  const issues: InputIssue[] = []
  checkAll(options, queueChecks, issues)
  throwIfAny('createGenerations options', issues)
  const library = opener(options)
  const { names, shared, Queue, FlowProducer } = library
  const pay = new Queue(names.pay, shared) as unknown as PayQueue
  const collect = new Queue(names.collect, shared) as unknown as CollectQueue
  const flows = new FlowProducer(shared)
  const waiter = createWaiter(library)
  // What cannot be reached is told by the calls that need it.
  for (const one of [pay, collect, flows] as readonly Emitting[]) one.on('error', () => {})
  const queues = { pay, collect }
  let closed: Promise<void> | undefined
  const find = async (key: string, leftMs?: number) => {
    if (closed) throw isClosed()
    const job = collect.getJob(idOf(key)) as Promise<BullJob<CollectData, Collected> | undefined>
    return answered(job, undefined, leftMs)
  }

  async function queue(orders: readonly Ordered[]): Promise<void> {
    const held = await readHeld(collect, orders)
    const fresh = orders.filter(({ id }) => !held.has(id))
    if (fresh.length === 0) return
    await flows.addBulk(fresh.map(({ flow }) => flow))
    // Another producer may have been faster.
    await readHeld(collect, fresh)
  }

  return {
    add: (operation, input, options) => add(operation, input, options),
    async addBulk(given) {
      if (closed) throw isClosed()
      const problems: InputIssue[] = []
      if (!Array.isArray(given) || given.length > mostInBulk)
        problems.push({ path: '', message: `must be a list of at most ${mostInBulk} generations` })
      const list = problems.length > 0 ? [] : (given as readonly Order[])
      const orders = list.flatMap((one, at) => readOrder(one, library, problems, `${at}.`) ?? [])
      throwIfAny('generations', problems.slice(0, 50), 'invalid_input')
      await answered(queue(unique(orders)), addAgain)
    },
    async get(key) {
      const parent = await find(key)
      return parent && answered(stateOf(queues, parent))
    },
    result: async (key, { timeout, signal } = {}) => {
      const look = async (leftMs: number) => {
        const parent = await find(key, leftMs)
        if (!parent) throw unknownKey(key)
        return answered(stateOf(queues, parent), undefined, leftMs)
      }
      return resultOf(await waiter.until(idOf(key), look, { timeout, signal }))
    },
    failed: () => answeredEach(readFailed(queues, () => closed !== undefined)),
    async retry(key) {
      const parent = await find(key)
      if (!parent) throw unknownKey(key)
      const { stage } = await answered(stateOf(queues, parent))
      if (stage !== 'failed') throw notFailed(key, stage)
      await answered(retryBoth(queues, parent))
    },
    async resume() {
      await answered(pay.resume().then(() => pay.promoteJobs()))
    },
    counts: () => answered(count(queues)),
    async metrics(labels) {
      const both = [pay, collect].map((one) => one.exportPrometheusMetrics(labels))
      return (await answered(Promise.all(both))).join('\n')
    },
    close() {
      closed ??= waiter.close().then(() => closeAll([flows, pay, collect]))
      return closed
    },
  }

  async function add(operation: AnyOperationId, input: unknown, given: AddOptions): Promise<void> {
    if (closed) throw isClosed()
    const problems: InputIssue[] = []
    const order = readOrder({ ...given, operation, input } as Order, library, problems)
    throwIfAny('generation', problems, 'invalid_input')
    if (order) await answered(queue([order]), addAgain)
  }
}

function idOf(key: unknown): string {
  if (typeof key === 'string' && key !== '') return jobIdOf(ledgerKey(key))
  throwIfAny('key', [{ path: 'key', message: 'must be a string that is not empty' }], 'invalid_input')
  return ''
}

/** Which of them are in the queue already. @throws {InvalidInputError} when one is there with another input. */
async function readHeld(collect: CollectQueue, orders: readonly Ordered[]): Promise<Set<string>> {
  const found = await Promise.all(orders.map(({ id }) => collect.getJob(id)))
  const others = orders.filter(({ print }, at) => found[at] && found[at].data.print !== print)
  if (others.length > 0) throw conflict(others.map(({ key }) => key))
  return new Set(orders.flatMap(({ id }, at) => (found[at] ? [id] : [])))
}

/** The same order twice is one. */
function unique(orders: readonly Ordered[]): Ordered[] {
  const byId = new Map<string, Ordered>()
  for (const order of orders) {
    const first = byId.get(order.id)
    if (first && first.print !== order.print) throw conflict([order.key])
    byId.set(order.id, first ?? order)
  }
  return [...byId.values()]
}

function resultOf({ stage, job, error, value = null }: Generation) {
  if (stage === 'done' && job) return { value, receipt: job.receipt, job }
  const hint = job
    ? 'The job is paid: generations.retry(key) collects it again, and so does client.wait(error.job).'
    : 'See `payment`. generations.retry(key) tries it again with the same key, and pays nothing twice.'
  throw error ? errorOf(error, hint) : new StableStudioError('It failed.', { payment: 'unknown', hint })
}

async function retryBoth({ pay }: { pay: PayQueue }, parent: BullJob<CollectData, Collected>): Promise<void> {
  const child = parent.data.job ? undefined : await pay.getJob(parent.id ?? '')
  if (child && (await child.getState()) === 'failed') await child.retry('failed', { resetAttemptsMade: true })
  if ((await parent.getState()) === 'failed') await parent.retry('failed', { resetAttemptsMade: true })
}

/** From the oldest on, so that what is retried meanwhile moves none of those that are still to come. */
async function* readFailed(
  queues: { pay: PayQueue; collect: CollectQueue },
  isEnded: () => boolean,
): AsyncGenerator<DeadLetter, void, void> {
  const told = new Set<string>()
  const { failed = 0 } = await queues.collect.getJobCounts('failed')
  for (let end = failed - 1; end >= 0 && !isEnded(); end -= pageSize) {
    const page = await queues.collect.getFailed(Math.max(0, end - pageSize + 1), end)
    for (const job of page.reverse()) {
      if (!job?.id || told.has(job.id)) continue
      told.add(job.id)
      yield await deadLetter(queues, job)
    }
  }
}

async function count({ pay, collect }: { pay: PayQueue; collect: CollectQueue }): Promise<Counts> {
  const [first, second, paused] = await Promise.all([
    pay.getJobCounts(),
    collect.getJobCounts(),
    pay.isPaused(),
  ])
  const sum = (counts: Record<string, number>, ...states: string[]) =>
    states.reduce((total, state) => total + (counts[state] ?? 0), 0)
  return {
    queued: sum(first, 'waiting', 'wait', 'paused', 'prioritized', 'delayed'),
    paying: sum(first, 'active'),
    working: sum(second, 'waiting', 'wait', 'paused', 'prioritized', 'delayed', 'active'),
    done: sum(second, 'completed'),
    failed: sum(second, 'failed'),
    paused,
  }
}

function unknownKey(key: string): InvalidInputError {
  const message = `${JSON.stringify(key.slice(0, 100))} is not in this queue: it was never added, or is done for a week`
  return new InvalidInputError('No such generation.', {
    issues: [{ path: 'key', message }],
    hint: 'Check the key, and `name` and `prefix`. The ledger may know it: payment({ idempotencyKey: key }).',
  })
}

function notFailed(key: string, stage: string): InvalidInputError {
  return new InvalidInputError('Only a generation that failed can be tried again.', {
    issues: [{ path: 'key', message: `${JSON.stringify(key.slice(0, 100))} is ${stage}` }],
    hint: 'It goes on by itself.',
  })
}

function isClosed(): InvalidInputError {
  return new InvalidInputError('These generations are closed.', {
    code: 'invalid_config',
    hint: 'Nothing was queued. Make new ones with createGenerations().',
  })
}
