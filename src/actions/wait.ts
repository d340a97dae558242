// Waits for a job: looks at it now and then, tolerates bad answers, and ends at the deadline with the job in hand.
import type { Context } from '../context.ts'
import {
  InvalidInputError,
  JobFailedError,
  JobTimeoutError,
  OutputError,
  StableStudioError,
} from '../errors.ts'
import type { HttpAnswer, HttpResult } from '../internal/http.ts'
import { isRecord } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { isJobId } from '../payment/answer.ts'
import type { Job, JobStatus, Output } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { abortedError, type Call, startWait, type WaitOptions } from './call.ts'
import { checkJobId, jobRefusal, type RawJob, readJob, standingOf, toJobStatus } from './jobs.ts'
import { createWatch, type Target } from './watch.ts'

/** A job that was just created may not be readable yet. A person, who is asked for each look, is asked late enough. */
const toleratedMisses = 5
/** Refusals that ask for patience. */
const passingRefusals: readonly number[] = [408, 425, 429]

export async function wait(context: Context, target: Job | string, options?: WaitOptions): Promise<Output> {
  const operation = isRecord(target) ? String(target.operation) : ''
  return waitFor(context, target, startWait(operation, options))
}

/** Like {@link wait}, within a call that has begun already. */
export async function waitFor(context: Context, given: Job | string, call: Call): Promise<Output> {
  if (!context.payer) throw noWallet()
  const target = readTarget(given)
  try {
    return await collect(context, target, call)
  } catch (error) {
    throw call.deadline.signal?.aborted ? aborted(call, target) : withJob(error, target)
  }
}

async function collect(context: Context, target: Target, call: Call): Promise<Output> {
  const { deadline } = call
  const ended = () => {
    if (deadline.signal?.aborted) throw aborted(call, target)
    if (deadline.passed()) throw timedOut(target)
  }
  const tolerated = context.payer?.prompts ? 1 : toleratedMisses
  const watch = createWatch(context, target, call, ended)
  for (let misses = 0; ; ) {
    const result = await watch.look()
    if (deadline.signal?.aborted) throw aborted(call, target)
    const job = jobIn(result, target.id)
    if (job) {
      watch.saw(job)
      const output = settleJob(context, job, target, call)
      if (output) return output
    } else if (result.kind === 'answer' && !isPassing(result)) {
      misses += 1
      if (result.status !== 404 || misses > tolerated) throw jobRefusal(result)
      watch.missed()
    } else watch.failed(result)
  }
}

function jobIn(result: HttpResult, id: string): RawJob | undefined {
  const job = result.kind === 'answer' && result.status === 200 ? readJob(result.json()) : undefined
  return job?.id === id ? job : undefined
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

/** Whether another look may find the job: a page is no answer at all. */
function isPassing({ status }: HttpAnswer): boolean {
  return (
    (status >= 200 && status < 300) || status >= 500 || status === 402 || passingRefusals.includes(status)
  )
}

/** Whatever ends the wait, the job stays paid, and the caller gets it. */
function withJob(error: unknown, { job }: Target): unknown {
  if (!(error instanceof StableStudioError) || !job || error.job) return error
  return Object.assign(error, { job, attemptId: job.attemptId, payment: 'settled', safeToRetry: false })
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
    hint: job
      ? 'It is paid and goes on. Do not run it again: wait(error.job) collects it, here or elsewhere.'
      : 'Check the id and the wallet if the service never showed this job; else wait(jobId) goes on.',
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
