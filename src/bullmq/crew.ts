// What the workers of one process share: the client, the queues, the listeners, and the signal that ends their runs.
import type { Job as BullJob } from 'bullmq'
import type { Job, Json, Output, StableStudioClient, StableStudioError } from '../index.ts'
import { type CollectData, type ErrorJson, errorJson, type PayData, version } from './data.ts'
import type { CollectQueue, Opener, PayQueue } from './queues.ts'

/** What the workers need of a client. */
export type Studio = Pick<
  StableStudioClient,
  'submit' | 'jobs' | 'payment' | 'recover' | 'budget' | 'close' | 'payer' | 'volatile'
>

/**
 * Keeps what was generated, and resolves to what `result(key)` shall return: JSON, such as the address of the copy.
 * Called at least once for each key, at times twice at the same moment, so the same key must mean the same place.
 */
export type Save = (
  output: Output,
  generation: { key: string; job: Job; signal: AbortSignal },
) => Promise<Json | undefined> | Json | undefined

export type WorkerEvents = {
  /** Something went wrong: a lost connection, a refused start, a payment that is tried again. */
  error: { error: unknown; key?: string }
  /** No more is paid by any worker until `generations.resume()`. */
  paused: { error: StableStudioError; key: string }
  /** A generation went to the dead letters. */
  dead: { key: string; error: ErrorJson }
  /** A generation is done, and saved. */
  done: { key: string; job: Job; value: Json }
}

export type Crew = {
  readonly studio: Studio
  readonly library: Opener
  readonly queues: { pay: PayQueue; collect: CollectQueue }
  readonly save: Save
  readonly onLimit: 'wait' | 'fail'
  readonly onRefused: 'pause' | 'fail'
  readonly maxOpen: number
  readonly sweepMs: number | undefined
  /** Aborts when this process's workers must end. */
  readonly signal: AbortSignal
  emit<event extends keyof WorkerEvents>(event: event, payload: WorkerEvents[event]): void
  /** Stops paying in this process: it would not be safe. */
  stopPaying(error: StableStudioError): void
}

/** Frees the slot: the job runs again after so many ms. */
export async function later({ library }: Crew, job: BullJob, token: string, ms: number): Promise<never> {
  // Whole numbers only: PostgreSQL takes no others.
  await job.moveToDelayed(Date.now() + Math.ceil(ms), token)
  throw new library.DelayedError()
}

const newerMs = 30_000

/** Leaves data of a newer version to its workers. */
export async function requireVersion(
  crew: Crew,
  job: BullJob<PayData> | BullJob<CollectData>,
  token: string,
): Promise<void> {
  if (typeof job.data?.v === 'number' && job.data.v > version) await later(crew, job, token, newerMs)
}

/** To the dead letters, with all that is known. */
export async function bury(
  crew: Crew,
  job: BullJob<PayData> | BullJob<CollectData>,
  error: unknown,
  known: Partial<ErrorJson> = {},
): Promise<never> {
  const json = errorJson(error, known)
  await (job as BullJob<PayData | CollectData>).updateData({ ...job.data, tries: 0, error: json })
  crew.emit('dead', { key: job.data.key, error: json })
  throw new crew.library.UnrecoverableError(json.shortMessage)
}
