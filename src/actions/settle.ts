// An attempt that turned out to be paid: its receipt, its job, and their booking.
import type { Context } from '../config.ts'
import { formatUsd } from '../internal/usd.ts'
import type { AttemptHandle } from '../payment/attempt.ts'
import type { JobFacts } from '../payment/ledger.ts'
import type { AttemptRecord } from '../payment/records.ts'
import type { Job, Receipt } from '../types.ts'

/** Books an attempt as paid, for this job. */
export async function settleAs(context: Context, handle: AttemptHandle, job: Job): Promise<void> {
  const { receipt, id, pollUrl, createdAt } = job
  const event = eventOf(handle.record)
  await context.ledger.bindJob(id, handle.record.id)
  await context.ledger.settle(handle, receipt, { jobId: id, pollUrl, jobCreatedAt: createdAt })
  context.events.emit('payment.settled', { ...event, transaction: receipt.transaction })
  context.events.emit('job.created', { jobId: id, operation: job.operation, attemptId: handle.record.id })
}

/** What was paid, as far as this side knows it. */
export function receiptOf(record: AttemptRecord, transaction?: string): Receipt {
  const { amount, network, asset, payer, payTo } = record
  return {
    usd: formatUsd(BigInt(amount)),
    amount,
    network,
    asset,
    payer,
    payTo,
    ...(transaction && { transaction }),
    settledAt: new Date().toISOString(),
  }
}

/** The handle of a paid job. The service's `pollUrl` counts only where it is on the service's own origin. */
export function jobOf(
  context: Context,
  record: AttemptRecord,
  receipt: Receipt,
  facts: Omit<JobFacts, 'pollUrl'> & { pollUrl?: string | undefined },
): Job {
  const own = `${context.origin}/api/jobs/${facts.jobId}`
  return {
    id: facts.jobId,
    operation: record.operation,
    pollUrl: isOwn(context, facts.pollUrl) ? facts.pollUrl : own,
    createdAt: facts.jobCreatedAt,
    attemptId: record.id,
    receipt,
  }
}

function isOwn(context: Context, url: string | undefined): url is string {
  return url !== undefined && URL.canParse(url) && new URL(url).origin === context.origin
}

/** The job of an attempt that is settled in the ledger. */
export function settledJob(context: Context, record: AttemptRecord): Job | undefined {
  if (record.state !== 'settled' || record.jobId === undefined) return undefined
  const receipt = (record.receipt as Receipt | undefined) ?? receiptOf(record)
  const jobCreatedAt = record.jobCreatedAt ?? record.createdAt
  return jobOf(context, record, receipt, { jobId: record.jobId, pollUrl: record.pollUrl, jobCreatedAt })
}

/** The part of a record that events tell. */
export function eventOf(record: AttemptRecord) {
  return { attemptId: record.id, operation: record.operation, usd: formatUsd(BigInt(record.amount)) }
}
