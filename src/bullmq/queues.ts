// The queues of one name: which there are, how they are opened, and how one process's share of them is closed.
import type { BackendFactory, ConnectionOptions, IQueueBackend, Queue } from 'bullmq'
import type { CollectData, Collected, Paid, PayData } from './data.ts'
import { bullMq } from './load.ts'
import { type Check, optional } from './problems.ts'
import type { BullMq } from './require.ts'

/** Where the queues are. */
export type QueueOptions = {
  /**
   * What BullMQ takes as `connection`: `{ host, port }`, `{ url }`, a client of ioredis (with `maxRetriesPerRequest:
   * null` for workers) or node-redis, or what another `backend` connects with. Redis (from 6.2) or Valkey, with
   * `maxmemory-policy noeviction` and an append-only file.
   */
  connection: object | string
  /** Another backend of BullMQ, such as its `createPostgresBackend`. @default Redis */
  backend?: ((...given: never[]) => object) | undefined
  /** Of all keys. In a Redis Cluster it needs a hash tag: `'{stablestudio}'`. @default 'bull' */
  prefix?: string | undefined
  /** Of the queues: they are called `<name>-pay`, `<name>-collect`, … @default 'stablestudio' */
  name?: string | undefined
}

export const queueChecks: Record<keyof QueueOptions, Check> = {
  connection: (value) =>
    (typeof value === 'object' && value !== null) || (typeof value === 'string' && value !== '')
      ? undefined
      : 'must be what BullMQ takes as a connection, such as { host, port }',
  backend: optional((value) =>
    typeof value === 'function' ? undefined : 'must be a backend of BullMQ, such as createPostgresBackend',
  ),
  prefix: optional((value) =>
    typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty',
  ),
  name: optional((value) =>
    typeof value === 'string' && /^[\w.-]{1,100}$/.test(value)
      ? undefined
      : 'must be 1 to 100 letters, digits, dots, dashes and underscores',
  ),
}

/** The queues, by what their jobs do. */
export function namesOf({ name = 'stablestudio' }: QueueOptions) {
  return { pay: `${name}-pay`, collect: `${name}-collect`, care: `${name}-care`, owner: `${name}-owner` }
}

export type PayQueue = Queue<PayData, Paid>
export type CollectQueue = Queue<CollectData, Collected>

const used = [
  ...(['Queue', 'Worker', 'FlowProducer', 'QueueEvents'] as const),
  ...(['DelayedError', 'RateLimitError', 'UnrecoverableError', 'WaitingChildrenError'] as const),
] as const

/** BullMQ's classes, and the options and names of these queues. */
export type Opener = Pick<BullMq, (typeof used)[number]> & {
  shared: { connection: ConnectionOptions; prefix?: string }
  names: ReturnType<typeof namesOf>
}

export function opener(options: QueueOptions): Opener {
  const { connection, prefix, backend } = options
  const library = bullMq()
  const bound = backend ? library.withBackend(backend as BackendFactory<IQueueBackend, unknown>) : {}
  const classes = Object.fromEntries(used.map((name) => [name, library[name]]))
  return {
    ...({ ...classes, ...bound } as Pick<BullMq, (typeof used)[number]>),
    shared: { connection: connection as ConnectionOptions, ...(prefix !== undefined && { prefix }) },
    names: namesOf(options),
  }
}

/** What tells of errors, such as lost connections. */
export type Emitting = { on(event: 'error', listener: (error: unknown) => void): unknown }

/** What may be closed, and is not waited for when its server is gone. */
type Closable = { close(): Promise<unknown>; disconnect?(): Promise<unknown> }

export const patienceMs = 2_000

/** Closes connections; one that does not close within `ms` is cut, which may take as long again. */
export async function closeAll(open: readonly Closable[], ms = patienceMs): Promise<void> {
  await Promise.all(
    open.map(async (one) => {
      const closed = one.close().catch(() => {})
      if ((await settledIn(closed, ms)) || !one.disconnect) return
      await settledIn(
        one.disconnect().catch(() => {}),
        ms,
      )
    }),
  )
}

/** Whether a promise has resolved within this time; rejects as it does. Leaves no timer behind. */
export async function settledIn(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  return Promise.race([promise.then(() => true), late]).finally(() => clearTimeout(timer))
}
