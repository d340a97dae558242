// The job routes: one job, and the list. All of them require SIGN-IN-WITH-X; none moves money.

import { abortedError } from '../call.ts'
import { findOperation } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import { InvalidInputError, ServiceError, SignInError } from '../errors.ts'
import { type HttpAnswer, type HttpResult, isSuccess } from '../internal/http.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { createDeadline, type Deadline, isoOf } from '../internal/time.ts'
import type { AssetKind, Job, JobStatus } from '../types.ts'
import { isJobId, isWordOfService } from './answers.ts'
import { createOutput, isAllowedAsset, readResult } from './outputs.ts'
import { noAnswerError, refusalOf, requestIdOf, saidBy } from './refusals.ts'
import { requestSignedIn, type Turn } from './sign-in.ts'

/** A job as the service's JSON describes it, before it becomes a {@link JobStatus}. */
export type RawJob = Record<string, unknown> & { id: string; status: string }

/** The job's standing, from the names this service and similar ones use. An unknown name means "working". */
export function standingOf(job: RawJob): 'complete' | 'failed' | 'working' {
  const name = job.status.toLowerCase()
  if (completed.has(name)) return 'complete'
  if (failed.has(name)) return 'failed'
  // Complete in all but name.
  return progressOf(job) === 100 && !known.has(name) && readResult(job) ? 'complete' : 'working'
}

const completed: ReadonlySet<string> = new Set([
  'complete',
  'completed',
  'succeeded',
  'success',
  'done',
  'finished',
])
const failed: ReadonlySet<string> = new Set([
  'failed',
  'failure',
  'error',
  'cancelled',
  'canceled',
  'rejected',
])
const known: ReadonlySet<string> = new Set(['pending', 'loading', 'queued', 'processing', 'running'])

/** @throws {InvalidInputError} */
export function checkJobId(jobId: unknown): asserts jobId is string {
  if (isJobId(jobId)) return
  throw new InvalidInputError('Not a job id.', {
    issues: [{ path: 'jobId', message: 'must be 1 to 128 letters, digits, - or _' }],
  })
}

/** Polls a job once. A failure is returned, not thrown, since polling may continue after it. */
export async function fetchJob(
  context: Context,
  jobId: string,
  deadline: Deadline,
  turn?: Turn,
): Promise<HttpResult> {
  return requestSignedIn(context, { method: 'GET', path: jobPath(jobId), phase: 'poll' }, deadline, turn)
}

/** The route of one job. */
export function jobPath(jobId: string): string {
  return `/api/jobs/${jobId}`
}

/** The job in an answer; `undefined` if it is not a job. */
export function readJob(body: unknown): RawJob | undefined {
  if (!isRecord(body) || !isJobId(own(body, 'id')) || ownString(body, 'status') === undefined)
    return undefined
  return body as RawJob
}

/** Stop listing after this many pages in a row with nothing new: a server may keep returning new cursors. */
export const maxIdlePages = 3

/** Pages of the wallet's jobs, newest first, fetched on demand. */
export async function* fetchJobPages(
  context: Context,
  query: { status?: string | undefined; limit?: number | undefined },
  deadline: () => Deadline,
): AsyncGenerator<RawJob[]> {
  let cursor: string | undefined
  const seen = new Set<string>()
  do {
    const path = `/api/jobs${queryOf({ ...query, cursor })}`
    const limit = deadline()
    const answer = await requireAnswer(
      context,
      await requestSignedIn(context, { method: 'GET', path, phase: 'poll' }, limit),
      limit,
    )
    const items = own(answer.json(), 'items')
    if (!Array.isArray(items)) throw notAJob(answer)
    yield items.map(readJob).filter((job) => job !== undefined)
    cursor = ownString(answer.json(), 'nextCursor')
    // A repeated cursor would loop endlessly.
    if (cursor !== undefined && seen.has(cursor)) return
    if (cursor !== undefined) seen.add(cursor)
  } while (cursor)
}

/** Built by hand: `URLSearchParams` has no `size` in some engines. */
function queryOf(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

/** Returns a successful answer, or throws the typed error for anything else. */
export async function requireAnswer(
  context: Context,
  result: HttpResult,
  deadline: Deadline,
): Promise<HttpAnswer> {
  if (result.kind === 'failure') {
    if (result.reason === 'aborted') throw abortedError(deadline, { phase: 'poll' })
    throw noAnswerError(context, result, { phase: 'poll', code: 'network_error' })
  }
  if (isSuccess(result)) return result
  throw jobRefusal(result)
}

/** The error for a refusal by a job route. */
export function jobRefusal(answer: HttpAnswer) {
  if (answer.status !== 403 || !isWordOfService(answer))
    return refusalOf(answer, { operation: 'jobs', secrets: [] }, { phase: 'poll', code: 'service_error' })
  return new SignInError('The service does not show this job to this wallet.', {
    ...requestIdOf(answer),
    code: 'signin_refused',
    phase: 'poll',
    safeToRetry: true,
    details: saidBy(answer, []),
    hint: 'Use the wallet that paid for the job.',
  })
}

export function notAJob(answer: HttpAnswer): ServiceError {
  return new ServiceError("The service's answer could not be read as a job or a list of jobs.", {
    ...requestIdOf(answer),
    code: 'response_malformed',
    phase: 'poll',
    status: answer.status,
    safeToRetry: true,
    hint: 'Nothing was lost. Try again later.',
  })
}

/** @param known what the caller knows beyond the service's answer. */
export function toJobStatus(
  context: Context,
  job: RawJob,
  known: { operation?: string | undefined; paid?: Job | undefined } = {},
): JobStatus {
  const text = (key: string) => ownString(job, key) ?? ''
  const error = ownString(job, 'error')
  const found = standingOf(job) === 'complete' ? readResult(job) : undefined
  const result = found && isAllowedAsset(context, found.url) ? found : undefined
  const kind = kindOf(known.operation ?? text('type').replace(/-(?=[^-]+$)/, '/'), result)
  // An expired URL may have been renewed, so a download reads the job again.
  const renew = async () => {
    const fresh = await fetchJob(context, job.id, createDeadline(context.timeouts.poll, undefined))
    return fresh.kind === 'answer' && isSuccess(fresh) ? readResult(fresh.json())?.url : undefined
  }
  const [createdAt, updatedAt] = [isoOf(own(job, 'createdAt')), isoOf(own(job, 'updatedAt'))]
  const facts = { jobId: job.id, doneAt: updatedAt, kind, paid: known.paid, renew }
  return {
    id: job.id,
    type: text('type'),
    status: job.status,
    progress: progressOf(job),
    input: own(job, 'input'),
    ...(result && { output: createOutput(context, facts, result) }),
    ...(error && { error: safeText(error, [...promptOf(job), ...context.secrets.recent()]) }),
    createdAt,
    updatedAt,
  }
}

/** Clamped to 0 to 100. */
export function progressOf(job: RawJob): number {
  const progress = own(job, 'progress')
  return typeof progress === 'number' ? Math.min(100, Math.max(0, progress)) : 0
}

/** The kind of asset: from the operation if known, else from the result. */
function kindOf(operation: string, result: { url: string; video: boolean } | undefined): AssetKind {
  const known = findOperation(operation)?.kind
  if (known) return known
  if (result?.video) return 'video'
  return result && /\.svg($|\?)|^data:image\/svg/.test(result.url) ? 'svg' : 'image'
}

/** The prompt in the job's echoed input, which its error may quote. */
function promptOf(job: RawJob): string[] {
  const prompt = ownString(own(job, 'input'), 'prompt')
  return prompt ? [prompt] : []
}
