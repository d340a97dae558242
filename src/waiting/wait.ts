// Waits for a job: polls it, tolerates bad answers, and throws at the deadline with an error that carries the job.

import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { InvalidInputError } from '../errors.ts'
import { type HttpAnswer, type HttpResult, isRedirect, isSuccess } from '../internal/http.ts'
import { isRecord } from '../internal/json.ts'
import { wrongKind } from '../internal/kind.ts'
import { safeText } from '../internal/text.ts'
import {
  checkJobId,
  jobPath,
  jobRefusal,
  progressOf,
  type RawJob,
  readJob,
  standingOf,
  toJobStatus,
} from '../service/jobs.ts'
import { readResult } from '../service/outputs.ts'
import { isJobId, isWordOfService } from '../service/requests.ts'
import type { Job, Output } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { join, leave } from './crowd.ts'
import { aborted, jobFailed, notAllowed, type Target, throwIfEnded, withoutResult } from './errors.ts'
import {
  createWatch,
  look,
  noteFailure,
  noteJob,
  noteMiss,
  noteNoResult,
  pause,
  type Watch,
} from './watch.ts'

/** Refusals that may pass if the client waits. */
const passingRefusals: readonly number[] = [402, 408, 425, 429]
const toleratedRedirects = 3

export async function waitFor(context: Context, given: Job | string, call: Call): Promise<Output> {
  if (!context.payer) throw noWallet()
  const target = readTarget(given, context)
  const { job } = target
  if (job) Object.assign(call.trace, { payment: 'settled', attemptId: job.attemptId, job })
  const watch = createWatch(context, target, call)
  join(watch)
  try {
    for (;;) {
      throwIfEnded(target, call)
      await pause(watch)
      throwIfEnded(target, call)
      // A separate function, so that no answer stays in memory until the next poll: there may be a thousand waits.
      const output = await lookOnce(watch)
      if (output) return output
    }
  } finally {
    leave(watch)
  }
}

async function lookOnce(watch: Watch): Promise<Output | undefined> {
  const { target, call, shown } = watch
  watch.shown = undefined
  if (shown) return take(watch, shown)
  const result = await look(watch)
  if (call.deadline.signal?.aborted) throw aborted(call, target)
  const job = jobIn(result, target.id)
  if (job) return take(watch, job)
  if (result.kind === 'answer' && !isPassing(watch, result)) {
    if (result.status !== 404 || !noteMiss(watch, await isPaid(watch))) {
      throw jobRefusal(watch.context, result)
    }
  } else noteFailure(watch, result)
  return undefined
}

/** Whether this client's store knows the job. If it cannot tell, the job counts as paid. */
async function isPaid({ context, target }: Watch): Promise<boolean> {
  if (target.job) return true
  return context.ledger.ownerOfJob(target.id).then(
    (attemptId) => attemptId !== undefined,
    () => true,
  )
}

function take(watch: Watch, job: RawJob): Output | undefined {
  noteJob(watch, job)
  return settleJob(watch, job)
}

function jobIn(result: HttpResult, id: string): RawJob | undefined {
  const job = result.kind === 'answer' && isSuccess(result) ? readJob(result.json()) : undefined
  return job?.id === id ? job : undefined
}

function readTarget(given: Job | string, { origin }: Context): Target {
  if (typeof given === 'string') {
    checkJobId(given)
    return { id: given, createdAt: Date.now(), pollUrl: `${origin}${jobPath(given)}` }
  }
  if (!isRecord(given) || !isJobId(given.id)) {
    const message = wrongKind(given, 'must be a Job returned by submit(), or a job id')
    throw new InvalidInputError('Not a job.', { issues: [{ path: 'job', message }] })
  }
  const createdAt = Date.parse(given.createdAt)
  return {
    id: given.id,
    // One from a timeout that knew only its id tells of no payment.
    ...(given.attemptId === undefined ? { pollUrl: given.pollUrl } : { job: given }),
    operation: given.operation || undefined,
    createdAt: Number.isNaN(createdAt) ? Date.now() : Math.min(createdAt, Date.now()),
  }
}

/** The output of a finished job; `undefined` while it works. Unknown statuses mean "working". */
function settleJob(watch: Watch, raw: RawJob): Output | undefined {
  const { context, target, call } = watch
  const event = { jobId: target.id, operation: target.operation }
  const progress = progressOf(raw)
  context.events.emit('job.updated', () => ({ ...event, status: safeText(raw.status), progress }))
  const standing = standingOf(raw)
  if (standing === 'working') return undefined
  const status = toJobStatus(context, raw, { operation: target.operation, paid: target.job })
  if (standing === 'failed') {
    context.events.emit('job.failed', () => ({ ...event, error: status.error }))
    throw jobFailed(status, target)
  }
  const { output } = status
  if (!output) {
    if (readResult(raw)) throw notAllowed(target)
    if (noteNoResult(watch)) return undefined
    throw withoutResult(target)
  }
  call.report({ phase: 'output', status: status.status, progress: 100 })
  context.events.emit('job.completed', () => ({ ...event, url: output.url }))
  return output
}

/** Whether to poll again. A page or redirect comes from an edge and may pass, but redirects get only a few tries. */
function isPassing({ failures, target }: Watch, answer: HttpAnswer): boolean {
  const { status } = answer
  if (isRedirect(status)) return failures < toleratedRedirects
  // Of a bare id nobody knows whether there is a job at all, so a site without the service is not asked for long.
  if (!isWordOfService(answer)) return status !== 404 || target.job !== undefined
  return isSuccess(answer) || status >= 500 || passingRefusals.includes(status)
}
