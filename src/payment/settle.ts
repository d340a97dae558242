// Settles an attempt that was paid: records its receipt and its job.
import type { Context } from '../context.ts'
import { isSameAddress } from '../internal/address.ts'
import { withoutSecrets } from '../internal/text.ts'
import { parseUrl } from '../internal/url.ts'
import { formatUsd } from '../internal/usd.ts'
import type { AttemptHandle } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { Job, Receipt } from '../types.ts'

/**
 * Records an attempt as paid, with what it bought. Resolves to the settled record even if the store fails: the caller
 * gets what was paid for, and the attempt still open in the store can be recovered.
 */
export async function settleAs(
  context: Context,
  handle: AttemptHandle,
  delivered: Delivery,
  transaction?: string,
): Promise<AttemptRecord> {
  const delivery = withoutEcho(context, delivered)
  const { ledger, events } = context
  const { record } = handle
  const receipt = receiptOf(record, transaction ?? record.receipt?.transaction)
  const { jobId } = delivery
  if (jobId !== undefined) await insist(() => ledger.bindJob(jobId, record.id))
  await insist(() => ledger.settle(handle, receipt, delivery))
  events.emit('payment.settled', () => ({ ...eventOf(record), transaction }))
  if (jobId !== undefined)
    events.emit('job.created', () => ({ jobId, operation: record.operation, attemptId: record.id }))
  return { ...record, ...delivery, receipt, state: 'settled' }
}

/** A write after the money moved: retried once unless the store hangs, and never throws. */
async function insist(write: () => Promise<boolean>): Promise<void> {
  const hangsAt = Date.now() + 1_000
  const again = () => Date.now() < hangsAt && write()
  await write()
    .catch(again)
    .catch(() => false)
}

const longestPollUrl = 2_048

/**
 * Keeps a `pollUrl` only if the job may be polled there, and it does not echo what was sent: it becomes part of the job,
 * and so of errors. The usual one holds nothing but the job's id; comparing it would cost more than all else.
 */
function withoutEcho(context: Context, { pollUrl, ...delivery }: Delivery): Delivery {
  if (!isOwn(context, pollUrl) || pollUrl.length > longestPollUrl) return delivery
  if (pollUrl === pollUrlOf(context, delivery.jobId)) return { ...delivery, pollUrl }
  return withoutSecrets(pollUrl, context.secrets.recent()) === pollUrl ? { ...delivery, pollUrl } : delivery
}

function pollUrlOf({ origin }: Context, jobId: string | undefined): string {
  return `${origin}/api/jobs/${jobId}`
}

/** What was paid, as far as the client knows. */
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

/** The job that a settled attempt bought. The service's `pollUrl` is used only if it is on the service's origin. */
export function settledJob(context: Context, record: AttemptRecord): Job | undefined {
  if (record.state !== 'settled' || record.jobId === undefined) return undefined
  return {
    id: record.jobId,
    operation: record.operation,
    pollUrl: isOwn(context, record.pollUrl) ? record.pollUrl : pollUrlOf(context, record.jobId),
    createdAt: record.jobCreatedAt ?? record.createdAt,
    attemptId: record.id,
    receipt: record.receipt ?? receiptOf(record),
  }
}

function isOwn({ origin }: Context, url: string | undefined): url is string {
  return url?.startsWith(`${origin}/`) === true && parseUrl(url) !== undefined
}

/** Whether the attempt belongs to this client's wallet and service. No other client may send, judge or close it. */
export function isOurs(context: Context, { origin, payer }: AttemptRecord): boolean {
  return origin === context.origin && isSameAddress(payer, context.payer?.address ?? '')
}

export function eventOf(record: AttemptRecord) {
  return { attemptId: record.id, operation: record.operation, usd: formatUsd(BigInt(record.amount)) }
}
