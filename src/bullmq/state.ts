// Where a generation is, from its two jobs.
import type { Job as BullJob } from 'bullmq'
import type { Job, Json, Receipt } from '../index.ts'
import {
  type CollectData,
  type Collected,
  type ErrorJson,
  errorJson,
  type Paid,
  type PayData,
} from './data.ts'
import type { CollectQueue, PayQueue } from './queues.ts'

/** A generation in the queue. */
export type Generation = {
  key: string
  operation: string
  /** `paying` from the first try on, also between two. `saving` from when the asset is there. */
  stage: 'queued' | 'paying' | 'working' | 'saving' | 'done' | 'failed'
  /** Once it is paid. */
  job?: Job
  receipt?: Receipt
  /** 0 to 100, as the service reports it. */
  progress?: number
  /** What `save` returned. */
  value?: Json
  /** Why it failed; while it is `paying`, why it is tried again. */
  error?: ErrorJson
}

/** A generation that ended without a result. */
export type DeadLetter = {
  key: string
  operation: string
  error: ErrorJson
  /** What is known of the money. */
  payment: ErrorJson['payment']
  attemptId?: string
  job?: Job
  receipt?: Receipt
}

type Queues = { pay: PayQueue; collect: CollectQueue }
type CollectJob = BullJob<CollectData, Collected>
type PayJob = BullJob<PayData, Paid>

const isFailed = (job: BullJob | undefined) => job?.finishedOn !== undefined && Boolean(job.failedReason)

export async function stateOf(queues: Queues, parent: CollectJob): Promise<Generation> {
  const { key, operation, job } = parent.data
  const shared = { key, operation, ...(job && { job, receipt: job.receipt }) }
  const { progress, status } = Object(parent.progress) as { progress?: number; status?: string }
  const seen = progress === undefined ? {} : { progress }
  if (isFailed(parent)) {
    const { error, job: paid = job } = await deadLetter(queues, parent)
    return { ...shared, ...(paid && { job: paid, receipt: paid.receipt }), stage: 'failed', error }
  }
  if (parent.finishedOn !== undefined)
    return { ...shared, ...seen, stage: 'done', value: parent.returnvalue.value }
  if (job) return { ...shared, ...seen, stage: status === 'complete' ? 'saving' : 'working' }
  const child = await queues.pay.getJob(parent.id ?? '')
  // On its way to the dead letters.
  if (isFailed(child)) return { ...shared, stage: 'paying', error: errorIn(child) }
  // What is paid has left the queue.
  if (!child || child.finishedOn !== undefined) return { ...shared, stage: 'working' }
  const { error } = Object(child.progress) as { error?: ErrorJson }
  if (child.attemptsStarted === 0) return { ...shared, stage: 'queued' }
  return { ...shared, stage: 'paying', ...(error && { error }) }
}

export async function deadLetter(queues: Queues, parent: CollectJob): Promise<DeadLetter> {
  const { key, operation, job: paid } = parent.data
  const child = paid ? undefined : await queues.pay.getJob(parent.id ?? '')
  const error = errorIn(isFailed(child) ? child : parent)
  const { payment, attemptId = paid?.attemptId, job = paid } = error
  return {
    ...{ key, operation, error, payment },
    ...(attemptId !== undefined && { attemptId }),
    ...(job && { job, receipt: job.receipt }),
  }
}

/** What was written before it failed; BullMQ's own word where there was no time for that. */
function errorIn(job: CollectJob | PayJob | undefined): ErrorJson {
  const { error, job: paid } = (job?.data ?? {}) as { error?: ErrorJson; job?: Job }
  const known = paid
    ? ({ payment: 'settled', job: paid, attemptId: paid.attemptId } as const)
    : ({ payment: 'unknown' } as const)
  return error ?? errorJson(new Error(job?.failedReason ?? 'It failed.'), known)
}
