// The job routes: one job, and the list. All of them require SIGN-IN-WITH-X; none moves money.

import { findOperation, operationNames } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { InvalidInputError, ServiceError, SignInError } from '../errors.ts'
import { type HttpAnswer, type HttpResult, isSuccess } from '../internal/http.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { wrongKind } from '../internal/kind.ts'
import { safeText } from '../internal/text.ts'
import { createDeadline, type Deadline, isoOf } from '../internal/time.ts'
import type { AssetKind, Job, JobStatus } from '../types.ts'
import { createOutput, isAllowedAsset, readResult } from './outputs.ts'
import { noAnswerError, refusalOf, requestIdOf, saidBy } from './refusals.ts'
import { isJobId, isWordOfService } from './requests.ts'
import { requestSignedIn, type Turn } from './sign-in.ts'

/** A job as the service's JSON describes it, before it becomes a {@link JobStatus}. */
export type RawJob = Record<string, unknown> & { id: string; status: string }

/** The job's standing, from the names this service and similar ones use. An unknown name means "working". */
export function standingOf(job: RawJob): 'complete' | 'failed' | 'working' {
  if (completed.test(job.status)) return 'complete'
  if (failed.test(job.status)) return 'failed'
  // Complete in all but name.
  return progressOf(job) === 100 && !known.test(job.status) && readResult(job) ? 'complete' : 'working'
}

const completed = /^(completed?|succeeded|success|done|finished)$/i
const failed = /^(failed|failure|error|cancell?ed|rejected)$/i
const known = /^(pending|loading|queued|processing|running)$/i

/**
 * Whether a job's type is that of an operation. Types follow the operation's name, but not all of them: one that begins
 * with the model is `doubtful` if it is exactly that of another known operation, as `sora-2-pro-generate` is for `sora-2`.
 */
export function fitOf({ type }: RawJob, operation: string): 'fits' | 'doubtful' | 'other' {
  const [model = ''] = operation.split('/')
  if (typeof type !== 'string' || !(type === typeOf(operation) || type.startsWith(model))) return 'other'
  return type !== typeOf(operation) && isTypeOfOperation(type) ? 'doubtful' : 'fits'
}

const typeOf = (name: string) => name.replace('/', '-')

let types: ReadonlySet<string> | undefined

function isTypeOfOperation(type: string): boolean {
  types ??= new Set(operationNames.map(typeOf))
  return types.has(type)
}

export function checkJobId(jobId: unknown): asserts jobId is string {
  if (isJobId(jobId)) return
  const must = 'must be 1 to 128 letters, digits, - or _'
  const message = typeof jobId === 'string' ? must : wrongKind(jobId, must)
  throw new InvalidInputError('Not a job id.', { issues: [{ path: 'jobId', message }] })
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

export function jobPath(jobId: string): string {
  return `/api/jobs/${jobId}`
}

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
  turn?: Turn,
): AsyncGenerator<RawJob[]> {
  let cursor: string | undefined
  const seen = new Set<string>()
  for (;;) {
    const path = `/api/jobs${queryOf({ ...query, cursor })}`
    const limit = deadline()
    const result = await requestSignedIn(context, { method: 'GET', path, phase: 'poll' }, limit, turn)
    const answer = await requireAnswer(context, result, limit)
    const body = answer.json()
    const items = own(body, 'items')
    if (!Array.isArray(items)) throw notAJob(answer)
    yield items.map(readJob).filter((job) => job !== undefined)
    cursor = ownString(body, 'nextCursor')
    // A repeated cursor would loop endlessly.
    if (!cursor || seen.has(cursor)) return
    seen.add(cursor)
  }
}

/** Built by hand: `URLSearchParams` has no `size` in some engines. */
function queryOf(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

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
  throw jobRefusal(context, result)
}

/** The error for a refusal by a job route. */
export function jobRefusal({ baseUrl }: Context, answer: HttpAnswer) {
  const code = ownString(answer.json(), 'code')
  if (answer.status === 404 && isWordOfService(answer) && !/^(proxy_|route_)/.test(code ?? ''))
    return noSuchJob(answer)
  if (answer.status !== 403 || !isWordOfService(answer))
    return refusalOf(answer, { secrets: [], baseUrl }, { phase: 'poll', code: 'service_error' })
  return new SignInError('The service does not show this job to this wallet.', {
    ...requestIdOf(answer),
    code: 'signin_refused',
    details: saidBy(answer, []),
    hint: 'Use the wallet that paid for the job.',
  })
}

function noSuchJob(answer: HttpAnswer): ServiceError {
  return new ServiceError('The service knows no job with this id.', {
    ...requestIdOf(answer),
    code: 'service_error',
    phase: 'poll',
    status: answer.status,
    safeToRetry: true,
    details: saidBy(answer, []),
    hint: "Check the id: jobs.list() shows this wallet's jobs, and payments() those in this store.",
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
    const fresh = await fetchJob(
      context,
      job.id,
      createDeadline(context.timeouts.poll, undefined, context.instant),
    )
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
  return [ownString(own(job, 'input'), 'prompt') ?? ''].filter(Boolean)
}
