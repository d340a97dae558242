// The job that collects: looks at the paid job now and then, and saves its asset in the same run as the look that saw it.
import type { Job as BullJob } from 'bullmq'
import {
  isStableStudioError,
  type Job,
  JobFailedError,
  type JobStatus,
  type Json,
  type Output,
  OutputError,
  StableStudioError,
} from '../index.ts'
import { bury, type Crew, later, requireVersion } from './crew.ts'
import type { CollectData, Collected, Paid } from './data.ts'
import { toJson } from './input.ts'
import { backOff, createPaces, nextLookIn } from './pace.ts'

type CollectJob = BullJob<CollectData, Collected>
type Run = { job: CollectJob; token: string; paid: Job }

/** So long a paid job is looked at, ms. */
const patienceMs = 24 * 60 * 60_000
/** So long a complete job may be without its result, ms. */
const emptyMs = 5 * 60_000
/** The asset expires: `save` is tried often, and at least so many times. */
const saving = { mostMs: 15_000, leastTries: 3 }
/** Generations in a row that could not be saved, after which no more are paid for a while. */
const troubled = 3
const stopMs = 10_000
const soonMs = 100

/** @param onPaid told once of each payment, here or elsewhere, as soon as its job is known. */
export function createCollect(crew: Crew, onPaid: (data: CollectData, since: number) => Promise<void>) {
  const paceOf = createPaces()
  const unsaved = new Set<string>()
  return async (job: CollectJob, token = ''): Promise<Collected> => {
    await requireVersion(crew, job, token)
    const paid = job.data.job ?? (await take(crew, job, token))
    const run = { job, token, paid }
    const pace = paceOf(paid.operation)
    const elapsed = () => Date.now() - Date.parse(paid.createdAt)
    const next = () => nextLookIn(pace, elapsed(), crew.sweepMs !== undefined)
    if (!job.data.job) {
      // Written before it is moved: what is lost in between would be asked for again.
      await job.updateData({ ...job.data, job: paid })
      await onPaid(job.data, job.timestamp)
      if (elapsed() < pace.typicalMs / 3) return later(crew, job, token, next())
    }
    const status = await look(crew, run, next())
    const isComplete = status.status === 'complete' && status.output !== undefined
    if (!isComplete) return goOn(crew, run, status, next())
    return keep(crew, run, status.output as Output, unsaved)
  }
}

/** The job that was paid; waits for it where a dead letter is tried again. */
async function take(crew: Crew, job: CollectJob, token: string): Promise<Job> {
  const values = await job.getChildrenValues<Paid>()
  const paid = Object.values(values ?? {})[0]?.job
  if (paid) return paid
  if (await job.moveToWaitingChildren(token)) throw new crew.library.WaitingChildrenError()
  const lost = 'The payment of this generation is not in the queue any more.'
  const hint = 'Ask the ledger: payment({ idempotencyKey: key }).'
  return bury(crew, job, new StableStudioError(lost, { code: 'internal', payment: 'unknown', hint }))
}

async function look(crew: Crew, run: Run, nextMs: number): Promise<JobStatus> {
  const { job, token, paid } = run
  try {
    return await crew.studio.jobs.get(paid.id, { signal: crew.signal })
  } catch (error) {
    if (crew.signal.aborted) return later(crew, job, token, soonMs)
    crew.emit('error', { error, key: job.data.key })
    if (isOver(paid)) return bury(crew, job, error, settled(paid))
    return later(crew, job, token, Math.max(nextMs, backOff(1)))
  }
}

const isOver = ({ createdAt }: Job) => Date.now() - Date.parse(createdAt) > patienceMs

/** It was paid, whatever else went wrong. */
const settled = (paid: Job) => ({ payment: 'settled', attemptId: paid.attemptId, job: paid }) as const

async function goOn(crew: Crew, run: Run, status: JobStatus, nextMs: number): Promise<never> {
  const { job, token, paid } = run
  const facts = { ...settled(paid), jobId: paid.id }
  if (status.status === 'failed') {
    const details = status.error === undefined ? undefined : `It said: ${status.error}`
    const hint = 'The job stays paid. The same input is likely to fail in the same way.'
    return bury(crew, job, new JobFailedError('The job failed at the service.', { ...facts, details, hint }))
  }
  const isEmpty = status.status === 'complete' && Date.now() - Date.parse(status.updatedAt) > emptyMs
  if (isEmpty || isOver(paid)) {
    const what = isEmpty ? 'The job is complete, but names no asset.' : 'The job did not end within a day.'
    return bury(crew, job, new OutputError(what, facts))
  }
  const progress = { status: status.status, progress: status.progress }
  if (JSON.stringify(progress) !== JSON.stringify(job.progress)) await job.updateProgress(progress)
  return later(crew, job, token, nextMs)
}

async function keep(crew: Crew, run: Run, found: Output, unsaved: Set<string>): Promise<Collected> {
  const { job, paid } = run
  const { key } = job.data
  const output = withReceipt(found, paid)
  try {
    const saved = crew.save(output, { key, job: paid, signal: crew.signal })
    const [value] = await Promise.all([saved, job.updateProgress({ status: 'complete', progress: 100 })])
    const result = { value: jsonOf(value) }
    unsaved.clear()
    crew.emit('done', { key, job: paid, value: result.value })
    return result
  } catch (error) {
    return retrySave(crew, run, output, unsaved, error)
  }
}

async function retrySave(
  crew: Crew,
  { job, token, paid }: Run,
  output: Output,
  unsaved: Set<string>,
  error: unknown,
): Promise<never> {
  if (crew.signal.aborted) return later(crew, job, token, soonMs)
  const { key } = job.data
  const tries = (job.data.tries ?? 0) + 1
  crew.emit('error', { error, key })
  // This run was the one look after it expired.
  if (tries >= saving.leastTries && Date.now() >= Date.parse(output.expiresAt)) {
    const known = isStableStudioError(error) ? {} : { code: 'output_failed' as const }
    return bury(crew, job, error, { ...settled(paid), ...known })
  }
  unsaved.add(key)
  if (unsaved.size >= troubled) await crew.queues.pay.rateLimit(stopMs)
  await job.updateData({ ...job.data, job: paid, tries })
  return later(crew, job, token, backOff(tries, saving.mostMs))
}

function jsonOf(value: unknown): Json {
  const issues: { path: string; message: string }[] = []
  const json = value === undefined ? null : toJson(value, issues, 'save()')
  if (issues[0]) throw new Error(`What save() returned ${issues[0].message}.`)
  return json
}

/** The output of a look, which knows no receipt, with its methods. */
function withReceipt(output: Output, { receipt }: Job): Output {
  return Object.defineProperties(
    { ...output, receipt },
    { blob: { value: output.blob }, bytes: { value: output.bytes } },
  )
}
