// `jobs.get`, `jobs.list`, `jobs.delete`: the wallet's jobs as the service reports them. None moves money.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { createDeadline } from '../internal/time.ts'
import {
  checkJobId,
  fetchJob,
  fetchJobPages,
  jobPath,
  maxIdlePages,
  notAJob,
  readJob,
  requireAnswer,
  toJobStatus,
} from '../service/jobs.ts'
import { requestSignedIn } from '../service/sign-in.ts'
import type { JobStatus, StatusName } from '../types.ts'

/** Options of `jobs.get` and `jobs.delete`. */
export type JobOptions = {
  /** Ends the call. No money is involved. */
  signal?: AbortSignal | undefined
  /** Time limit of the whole call, ms. @default the client's `timeouts.poll` */
  timeout?: number | undefined
}

/** Options of `jobs.list`. Its `timeout` applies to each page. @inlineType StatusName */
export type ListOptions = JobOptions & {
  /** Only jobs with this status. */
  status?: StatusName | undefined
  /** Jobs per page, 1 to 100. @default the service's page size */
  limit?: number | undefined
}

/** This wallet's jobs at the service. The wallet signs in to read them; no money moves. */
export type Jobs = {
  /**
   * One job as the service reports it.
   *
   * @throws {SignInError} when this wallet did not pay for it.
   * @throws {ServiceError} when the service cannot be reached, or knows no such job.
   */
  get(jobId: string, options?: JobOptions): Promise<JobStatus>
  /**
   * The jobs of this wallet, newest first. Pages are fetched on demand.
   *
   * @example
   * for await (const job of studio.jobs.list({ status: 'complete' })) console.log(job.id, job.output?.url)
   */
  list(options?: ListOptions): AsyncIterable<JobStatus>
  /** Removes a failed job from the list. The service deletes no other jobs. */
  delete(jobId: string, options?: JobOptions): Promise<void>
}

export async function getJob(context: Context, jobId: string, { deadline }: Call): Promise<JobStatus> {
  checkJobId(jobId)
  const answer = await requireAnswer(context, await fetchJob(context, jobId, deadline), deadline)
  const job = readJob(answer.json())
  if (!job || job.id !== jobId) throw notAJob(answer)
  return toJobStatus(context, job)
}

/** All jobs of the wallet, newest first. Pages are fetched on demand. */
export async function* listJobs(
  context: Context,
  { status, limit, signal, timeout = context.timeouts.poll }: ListOptions = {},
): AsyncGenerator<JobStatus> {
  const pages = fetchJobPages(context, { status, limit }, () =>
    createDeadline(timeout, signal, context.instant),
  )
  const seen = new Set<string>()
  let idle = 0
  for await (const page of pages) {
    const fresh = page.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    for (const job of fresh) yield toJobStatus(context, job)
    idle = fresh.length > 0 ? 0 : idle + 1
    if (idle === maxIdlePages) return
  }
}

/** Removes a failed job. */
export async function deleteJob(context: Context, jobId: string, { deadline }: Call): Promise<void> {
  checkJobId(jobId)
  const request = { method: 'DELETE', path: jobPath(jobId), phase: 'poll' } as const
  await requireAnswer(context, await requestSignedIn(context, request, deadline), deadline)
}
