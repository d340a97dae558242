// An attempt that turned out to be paid: its receipt, its job, and their booking.
import type { Context } from '../context.ts'
import { withoutSecrets } from '../internal/text.ts'
import { parseUrl } from '../internal/url.ts'
import { formatUsd } from '../internal/usd.ts'
import type { AttemptHandle } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { Job, Receipt } from '../types.ts'

/**
 * Books an attempt as paid, for what it bought. Resolves to the settled record, also when the store fails: what was
 * paid for is handed out in any case, and the open attempt in the store can still be recovered.
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

/** A write after the money moved: tried again, unless the store hangs, and never an error. */
async function insist(write: () => Promise<boolean>): Promise<void> {
  const hangsAt = Date.now() + 1_000
  const again = () => Date.now() < hangsAt && write()
  await write()
    .catch(again)
    .catch(() => false)
}

const longestPollUrl = 2_048

/** A `pollUrl` stands in the job, and so in errors: one that repeats what was sent is left out. */
function withoutEcho({ secrets }: Context, { pollUrl, ...delivery }: Delivery): Delivery {
  if (pollUrl === undefined || pollUrl.length > longestPollUrl) return delivery
  return withoutSecrets(pollUrl, secrets.recent()) === pollUrl ? { ...delivery, pollUrl } : delivery
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

/** The job that a settled attempt bought. The service's `pollUrl` counts only on the service's own origin. */
export function settledJob(context: Context, record: AttemptRecord): Job | undefined {
  if (record.state !== 'settled' || record.jobId === undefined) return undefined
  const pollUrl = `${context.origin}/api/jobs/${record.jobId}`
  return {
    id: record.jobId,
    operation: record.operation,
    pollUrl: isOwn(context, record.pollUrl) ? record.pollUrl : pollUrl,
    createdAt: record.jobCreatedAt ?? record.createdAt,
    attemptId: record.id,
    receipt: (record.receipt as Receipt | undefined) ?? receiptOf(record),
  }
}

function isOwn({ origin }: Context, url: string | undefined): url is string {
  return url?.startsWith(`${origin}/`) === true && parseUrl(url) !== undefined
}

/** Whether this client's wallet and service are those of the attempt; no other may send, judge or close it. */
export function isOurs(context: Context, { origin, payer }: AttemptRecord): boolean {
  return origin === context.origin && payer.toLowerCase() === context.payer?.address.toLowerCase()
}

/** The part of a record that events tell. */
export function eventOf(record: AttemptRecord) {
  return { attemptId: record.id, operation: record.operation, usd: formatUsd(BigInt(record.amount)) }
}
