// What is done once for all workers: reading the job list for many open jobs, and settling payments that were left open.
import type { Job as BullJob, Queue } from 'bullmq'
import type { JobStatus } from '../index.ts'
import type { Crew } from './crew.ts'
import { jobIdOf } from './keys.ts'
import { createPaces } from './pace.ts'

export type CareQueue = Queue<Record<string, never>, Swept | null>

/** What a sweep leaves for the next one, on whatever machine. */
type Swept = { at: number; failures: number; seen: string[] }

const none: Swept = { at: 0, failures: 0, seen: [] }
const recoverMs = { every: 60_000, timeout: 50_000 }
const pageSize = 100
/** The service asks for one look in an interval; a page stands for the looks at this many jobs. */
const jobsOfPage = 25
const mostPages = 20
/** So many jobs are too few to read the list as often as it may be. */
const few = 4
const mostSeen = pageSize * mostPages
const mostDoublings = 6
const foreignMs = 120_000

/** One of each in the whole cluster, whatever number of machines start them. */
export async function schedule(care: CareQueue, sweepMs: number | undefined): Promise<void> {
  const opts = { removeOnComplete: { count: 10 }, removeOnFail: { count: 10 } }
  await care.upsertJobScheduler('recover', { every: recoverMs.every }, { name: 'recover', data: {}, opts })
  if (sweepMs === undefined) await care.removeJobScheduler('sweep')
  else await care.upsertJobScheduler('sweep', { every: sweepMs }, { name: 'sweep', data: {}, opts })
}

export function createCare(crew: Crew, care: CareQueue) {
  let sweeping = false
  return async (job: BullJob): Promise<Swept | null> => {
    if (job.name === 'recover') await recover(crew)
    if (job.name !== 'sweep' || sweeping) return null
    sweeping = true
    try {
      return await sweep(crew, await lastSweep(care))
    } finally {
      sweeping = false
    }
  }
}

async function recover({ studio, queues, signal, emit }: Crew): Promise<void> {
  try {
    for (const { attempt, outcome } of await studio.recover({ timeout: recoverMs.timeout, signal })) {
      if (outcome === 'still-open' || !attempt.idempotencyKey) continue
      // Its job waits for the next try; it need not. Where it does not wait, nothing is to be done.
      const job = await queues.pay.getJob(jobIdOf(attempt.idempotencyKey))
      await job?.promote().catch(() => {})
    }
  } catch (error) {
    if (!signal.aborted) emit('error', { error })
  }
}

async function lastSweep(care: CareQueue): Promise<Swept> {
  const done = await care.getJobs(['completed'], 0, 9)
  return done.reduce(
    (last, { returnvalue }) => (returnvalue && returnvalue.at > last.at ? returnvalue : last),
    none,
  )
}

async function sweep(crew: Crew, last: Swept): Promise<Swept | null> {
  const now = Date.now()
  const { delayed = 0 } = await crew.queues.collect.getJobCounts('delayed')
  const restMs = (crew.sweepMs ?? 0) * (2 ** Math.min(last.failures, mostDoublings) - 1)
  // A last one in the future means that clocks differ.
  const since = Math.abs(now - last.at)
  if (delayed === 0 || since < restMs || (delayed < few && since < (await intervalOf(crew)))) return null
  const seen = new Set(last.seen)
  try {
    await readList(crew, seen, Math.min(mostPages, Math.ceil(delayed / jobsOfPage)))
    return { at: now, failures: 0, seen: [...seen].slice(-mostSeen) }
  } catch (error) {
    if (crew.signal.aborted) return null
    // Nothing depends on the list: each job is looked at, too.
    crew.emit('error', { error })
    return { at: now, failures: last.failures + 1, seen: [...seen].slice(-mostSeen) }
  }
}

/** Of few jobs: how far apart readings must be so that there are no more requests than looks at each would be. */
async function intervalOf({ queues }: Crew): Promise<number> {
  const paceOf = createPaces()
  const open = await queues.collect.getDelayed(0, few - 1)
  const rate = open.reduce((sum, job) => sum + 2 / paceOf(job?.data.operation ?? '').publishedMs, 0)
  return rate > 0 ? 1 / rate : 0
}

async function readList(crew: Crew, seen: Set<string>, pages: number): Promise<void> {
  let left = pages * pageSize
  for await (const job of crew.studio.jobs.list({ limit: pageSize, signal: crew.signal })) {
    const isOver = job.status === 'complete' || job.status === 'failed'
    if (isOver && !seen.has(job.id) && (await wake(crew, job))) seen.add(job.id)
    left -= 1
    if (left === 0) return
  }
}

/** Ends the wait of a job that is over. Resolves to whether the next sweep may leave it alone. */
async function wake({ studio, queues }: Crew, { id, createdAt }: JobStatus): Promise<boolean> {
  const attempt = await studio.payment({ jobId: id })
  // One that is being paid for is listed before the ledger knows of it. Others are none of this ledger's.
  if (!attempt) return Date.now() - Date.parse(createdAt) > foreignMs
  if (!attempt.idempotencyKey) return true
  const job = await queues.collect.getJob(jobIdOf(attempt.idempotencyKey))
  if (!job || job.finishedOn !== undefined) return true
  return job.promote().then(
    () => true,
    // It runs, or is about to wait.
    () => false,
  )
}
