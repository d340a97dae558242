// `wait`: collects a paid job, in the process that paid or in another one.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { adviceAfterPayment } from '../errors/facts.ts'
import { amendError, JobTimeoutError } from '../errors.ts'
import { isOurs, settledJob } from '../payment/settle.ts'
import type { Job, Output } from '../types.ts'
import { waitFor } from '../waiting/wait.ts'

export async function wait(context: Context, job: Job | string, call: Call): Promise<Output> {
  try {
    return await waitFor(context, job, call)
  } catch (error) {
    if (error instanceof JobTimeoutError && error.attemptId === undefined) await addPayment(context, error)
    throw error
  }
}

/** Of a job awaited by its id alone the ledger may know the payment. A store that fails takes nothing from the error. */
async function addPayment(context: Context, error: JobTimeoutError): Promise<void> {
  const { ledger } = context
  const attemptId = await ledger.ownerOfJob(error.jobId).catch(() => undefined)
  const record = attemptId && (await ledger.find(attemptId).catch(() => undefined))?.record
  const job = record && isOurs(context, record) && settledJob(context, record)
  if (job) amendError(error, { job, attemptId, payment: 'settled', hint: adviceAfterPayment({ job }) })
}
