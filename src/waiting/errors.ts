// The errors that end a wait. Each carries the job, which stays paid.

import { abortedError, type Call } from '../call.ts'
import { adviceAfterPayment } from '../errors/facts.ts'
import { JobFailedError, JobTimeoutError, OutputError } from '../errors.ts'
import type { Job, JobStatus } from '../types.ts'

/** What to wait for: a paid job, or only its id. Times are local ms. */
export type Target = { id: string; job?: Job | undefined; operation?: string | undefined; createdAt: number }

/** Ends the wait if its call was aborted or has timed out. */
export function throwIfEnded(target: Target, call: Call): void {
  if (call.deadline.signal?.aborted) throw aborted(call, target)
  if (call.deadline.passed()) throw timedOut(target)
}

export function aborted(call: Call, { job }: Target) {
  return abortedError(call.deadline, {
    phase: 'poll',
    ...(job && { job, payment: 'settled', attemptId: job.attemptId }),
  })
}

function timedOut({ id, job }: Target): JobTimeoutError {
  return new JobTimeoutError('The call timed out before the job was known to be done.', {
    payment: job ? 'settled' : 'none',
    job,
    attemptId: job?.attemptId,
    jobId: id,
    details: `Job ${id}.`,
    hint: job
      ? adviceAfterPayment({ job })
      : 'Check the id and the wallet if the service never showed this job; else wait(jobId) goes on.',
  })
}

export function jobFailed(status: JobStatus, { id, job }: Target): JobFailedError {
  return new JobFailedError('The job failed at the service.', {
    job,
    attemptId: job?.attemptId,
    jobId: id,
    details: status.error ? `It said: ${status.error}` : undefined,
    hint: 'The job stays paid. The same input is likely to fail in the same way; `jobs.get` shows the job.',
  })
}

export function withoutResult({ id, job }: Target): OutputError {
  return new OutputError('The job is complete, but names no asset.', {
    safeToRetry: false,
    job,
    attemptId: job?.attemptId,
    details: `Job ${id}.`,
    hint: 'The job stays paid. Look at it with `jobs.get`, and report it to the service.',
  })
}

/** The asset's URL must not be opened: it is a script or a file, or has a password in it. */
export function notAllowed({ id, job }: Target): OutputError {
  return new OutputError('The asset is not at an https address.', {
    code: 'output_not_allowed',
    safeToRetry: false,
    job,
    attemptId: job?.attemptId,
    details: `Job ${id}.`,
    hint: 'The job stays paid. Report it to the service; `jobs.get` shows the job.',
  })
}
