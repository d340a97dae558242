// The errors that end a wait. Each carries the job, which stays paid.

import type { Call } from '../call.ts'
import { abortedError } from '../errors/aborted.ts'
import { adviceAfterPayment } from '../errors/facts.ts'
import { JobFailedError, JobTimeoutError, OutputError } from '../errors.ts'
import type { Job, JobStatus } from '../types.ts'

/** What to wait for: a paid job, or only its id. Times are local ms. */
export type Target = {
  id: string
  job?: Job | undefined
  operation?: string | undefined
  createdAt: number
  pollUrl?: string
}

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

function factsOf({ id, job }: Target) {
  return { job, attemptId: job?.attemptId, details: `Job ${id}.` }
}

/** All that is known of a job awaited by its id: `wait` goes on with it, and claims no payment. */
function unpaidJob({ id, operation = '', pollUrl = '', createdAt }: Target): Job {
  return { id, operation, pollUrl, createdAt: new Date(createdAt).toISOString() } as Job
}

function timedOut(target: Target): JobTimeoutError {
  const { id, job } = target
  return new JobTimeoutError('The call timed out before the job was known to be done.', {
    ...factsOf(target),
    payment: job ? 'settled' : 'none',
    job: job ?? unpaidJob(target),
    jobId: id,
    hint: job
      ? adviceAfterPayment({ job })
      : 'If the service never showed this job, check the id and the wallet; otherwise call wait(jobId) again.',
  })
}

export function jobFailed(status: JobStatus, target: Target): JobFailedError {
  return new JobFailedError('The job failed at the service.', {
    ...factsOf(target),
    jobId: target.id,
    details: status.error ? `It said: ${status.error}` : undefined,
    hint: 'The job stays paid. The same input is likely to fail in the same way; `jobs.get` shows the job.',
  })
}

export function withoutResult(target: Target): OutputError {
  return new OutputError('The job is complete, but names no asset.', {
    ...factsOf(target),
    hint: 'The job stays paid. Look at it with `jobs.get`, and report it to the service.',
  })
}

/** The asset's URL must not be opened: it is a script or a file, or has a password in it. */
export function notAllowed(target: Target): OutputError {
  return new OutputError('The asset is not at an https address.', {
    ...factsOf(target),
    code: 'output_not_allowed',
    hint: 'The job stays paid. Report it to the service; `jobs.get` shows the job.',
  })
}
