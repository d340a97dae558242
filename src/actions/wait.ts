// Waits for a job: looks at it now and then, tolerates bad answers, and ends at the deadline with the job in hand.
import { timingOf } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import { InvalidInputError, JobFailedError, JobTimeoutError, OutputError } from '../errors.ts'
import type { HttpResult } from '../internal/http.ts'
import { isRecord } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { sleep } from '../internal/time.ts'
import { isJobId } from '../payment/answer.ts'
import type { Job, JobStatus, Output } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { abortedError, type Call, startWait, type WaitOptions } from './call.ts'
import { checkJobId, fetchJob, jobRefusal, type RawJob, readJob, standingOf, toJobStatus } from './jobs.ts'
import { nextPollIn, nextPromptIn, type Pace } from './schedule.ts'

/** What is waited for: a paid job, or only its id. */
type Target = { id: string; job?: Job | undefined; operation?: string | undefined; createdAt: number }

/** A job that was just created may not be readable yet. */
const toleratedMisses = 5
const maxRetryAfterMs = 60_000
/** What a look may take at the end of a short call. */
const lastLookMs = 2_000

export async function wait(context: Context, target: Job | string, options?: WaitOptions): Promise<Output> {
  const operation = isRecord(target) ? String(target.operation) : ''
  return waitFor(context, target, startWait(operation, options))
}

/** Like {@link wait}, within a call that has begun already. */
export async function waitFor(context: Context, given: Job | string, call: Call): Promise<Output> {
  if (!context.payer) throw noWallet()
  const target = readTarget(given)
  const pace = paceOf(target)
  const next = context.payer.prompts ? nextPromptIn : nextPollIn
  let misses = 0
  let last: RawJob | undefined
  // A call that ends before the first look would be due looks once all the same.
  const due = target.operation === undefined ? 0 : Math.max(0, next(pace, Date.now() - target.createdAt, 0))
  let pause = due < call.deadline.left() ? due : Math.max(0, call.deadline.left() - lastLookMs)
  for (let looks = 1; ; looks += 1) {
    await pauseUntilNext(call, target, pause, last)
    const result = await fetchJob(context, target.id, call.deadline)
    if (call.deadline.signal?.aborted) throw aborted(call, target)
    const job = result.kind === 'answer' && result.status === 200 ? readJob(result.json()) : undefined
    if (job) {
      const output = settleJob(context, job, target, call)
      if (output) return output
      last = job
    } else if (result.kind === 'answer') {
      misses = result.status === 404 ? misses + 1 : misses
      if (isFinal(result.status, misses)) throw jobRefusal(result)
    }
    pause = Math.max(next(pace, Date.now() - target.createdAt, looks), retryAfter(result))
  }
}

function readTarget(given: Job | string): Target {
  if (typeof given === 'string') {
    checkJobId(given)
    return { id: given, createdAt: Date.now() }
  }
  if (!isRecord(given) || !isJobId(given.id)) {
    throw new InvalidInputError('This is no job.', {
      code: 'invalid_input',
      phase: 'input',
      safeToRetry: true,
      issues: [{ path: 'job', message: 'must be a Job as submit() resolves to, or a job id' }],
    })
  }
  const createdAt = Date.parse(given.createdAt)
  return {
    id: given.id,
    job: given,
    operation: given.operation,
    createdAt: Number.isNaN(createdAt) ? Date.now() : Math.min(createdAt, Date.now()),
  }
}

function paceOf(target: Target): Pace {
  // Of a bare id nothing is known: look at once, then as often as for the quickest jobs.
  if (target.operation === undefined) return { typicalMs: 0, publishedMs: 10_000 }
  const { typicalSeconds, pollSeconds } = timingOf(target.operation)
  return { typicalMs: typicalSeconds * 1000, publishedMs: pollSeconds * 1000 }
}

async function pauseUntilNext(
  call: Call,
  target: Target,
  pause: number,
  last: RawJob | undefined,
): Promise<void> {
  const { deadline } = call
  if (deadline.passed()) throw timedOut(target)
  const nextPollAt = new Date(Date.now() + pause).toISOString()
  const told = last ? { status: last.status, ...progressOf(last) } : {}
  call.report({ phase: 'wait', nextPollAt, ...told })
  await sleep(Math.min(pause, deadline.left()), deadline.signal).catch(() => {
    throw aborted(call, target)
  })
  if (deadline.passed()) throw timedOut(target)
}

function progressOf(job: RawJob): { progress?: number } {
  return typeof job.progress === 'number' ? { progress: job.progress } : {}
}

/** The output of a job that is done; `undefined` while it works. Names that the service may invent mean "works". */
function settleJob(context: Context, raw: RawJob, target: Target, call: Call): Output | undefined {
  const known = { operation: target.operation, receipt: target.job?.receipt }
  const status = toJobStatus(context, raw, known)
  const event = { jobId: target.id, operation: target.operation }
  const { progress } = status
  context.events.emit('job.updated', { ...event, status: safeText(status.status), progress })
  const standing = standingOf(status.status)
  if (standing === 'failed') {
    context.events.emit('job.failed', { ...event, error: status.error })
    throw failed(status, target)
  }
  if (standing === 'working') return undefined
  if (!status.output) throw withoutResult(target)
  call.report({ phase: 'done', status: status.status, progress: 100 })
  context.events.emit('job.completed', { ...event, url: status.output.url })
  return status.output
}

/** A refusal that no waiting will change. */
function isFinal(status: number, misses: number): boolean {
  if (status === 404) return misses > toleratedMisses
  return status === 403 || status === 401 || status === 405 || status === 410
}

/** Honours `Retry-After` in seconds or as a date. */
function retryAfter(result: HttpResult): number {
  const header = result.kind === 'answer' ? result.headers.get('retry-after') : null
  if (!header) return 0
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), maxRetryAfterMs) : 0
}

function aborted(call: Call, { job }: Target) {
  return abortedError(call.deadline, {
    phase: 'poll',
    ...(job && { job, payment: 'settled', attemptId: job.attemptId }),
  })
}

function timedOut({ id, job }: Target): JobTimeoutError {
  return new JobTimeoutError('The job was still working when the time for this call ran out.', {
    code: 'job_timeout',
    phase: 'poll',
    payment: job ? 'settled' : 'none',
    job,
    attemptId: job?.attemptId,
    jobId: id,
    details: `Job ${id}.`,
    hint: 'It is paid and goes on. Do not run it again: wait(error.job ?? jobId) collects it, here or elsewhere.',
  })
}

function failed(status: JobStatus, { id, job }: Target): JobFailedError {
  return new JobFailedError('The job failed at the service.', {
    code: 'job_failed',
    phase: 'poll',
    payment: 'settled',
    job,
    attemptId: job?.attemptId,
    jobId: id,
    details: status.error ? `It said: ${status.error}` : undefined,
    hint: 'It stays paid. A refused prompt will be refused again: change the input before you pay again.',
  })
}

function withoutResult({ id, job }: Target): OutputError {
  return new OutputError('The job is complete, but names no asset.', {
    code: 'output_failed',
    phase: 'output',
    payment: 'settled',
    safeToRetry: false,
    job,
    attemptId: job?.attemptId,
    details: `Job ${id}.`,
    hint: 'The job is paid. Look at it with `jobs.get`, and report it to the service.',
  })
}
