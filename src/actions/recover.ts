// Settles what a crash or a lost answer left open. Never signs a new payment; safe at any time, twice, from anywhere.

import { startCall } from '../call.ts'
import type { Context } from '../context.ts'
import { isStableStudioError } from '../errors.ts'
import { createDeadline, type Deadline, sleep } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import { type AttemptHandle, leaseMs } from '../ledger/attempt.ts'
import { toAttempt } from '../ledger/records.ts'
import { resend } from '../payment/buy.ts'
import { examine, type Resolution } from '../payment/resolve.ts'
import { isOurs, settledJob } from '../payment/settle.ts'
import type { Attempt, Recovery } from '../types.ts'
import { noWallet } from '../wallet.ts'

/** One attempt's share of time; a replay waits for a settlement. */
const perAttemptMs = 180_000

/** Options of `recover`. */
export type RecoverOptions = {
  /**
   * Time limit of the whole call, ms; what is not reached in it stays open for the next call.
   * @default none: up to three minutes for each open attempt, while the service does not answer
   */
  timeout?: number | undefined
}

export async function recover(context: Context, options?: RecoverOptions): Promise<Recovery[]> {
  if (!context.payer) throw noWallet()
  startCall('', options, ['timeout'])
  const whole = createDeadline(options?.timeout ?? Number.POSITIVE_INFINITY, undefined)
  const recoveries: Recovery[] = []
  for await (const handle of context.ledger.open()) {
    const share = createDeadline(Math.min(perAttemptMs, whole.left()), undefined)
    const { outcome, record } = await recoverOne(context, handle, share)
    const job = record && settledJob(context, record)
    recoveries.push({ attempt: await attemptOf(context, handle), outcome, ...(job && { job }) })
  }
  return recoveries
}

async function recoverOne(context: Context, handle: AttemptHandle, deadline: Deadline): Promise<Resolution> {
  const { state } = handle.record
  if (state === 'settled') return { outcome: 'job-found', record: handle.record }
  if (!isOurs(context, handle.record) || deadline.passed()) return { outcome: 'still-open' }
  if (state === 'reserved' || state === 'signed') return releaseUnsent(context, handle, deadline)
  const look = await examineQuietly(context, handle, deadline, false)
  if (look.outcome !== 'still-open' || !(await leaseRunsOut(handle, context, deadline))) return look
  const current = await context.ledger.find(handle.record.id)
  return current ? examineQuietly(context, current, deadline, true) : look
}

/** Nothing of it has left, and nothing can any more once the record says so. */
async function releaseUnsent(
  context: Context,
  handle: AttemptHandle,
  deadline: Deadline,
): Promise<Resolution> {
  if (!(await leaseRunsOut(handle, context, deadline))) return { outcome: 'still-open' }
  const current = await context.ledger.find(handle.record.id)
  const unsent = current?.record.state === 'reserved' || current?.record.state === 'signed'
  const released = unsent && (await context.ledger.close(current, 'released'))
  return { outcome: released ? 'released' : 'still-open' }
}

/** Waits until no process claims to work on the attempt; `false` when one goes on doing so. */
async function leaseRunsOut(handle: AttemptHandle, context: Context, deadline: Deadline): Promise<boolean> {
  const { inFlightUntil = 0, id } = handle.record
  const left = inFlightUntil - Date.now()
  if (left <= 0) return true
  if (left > deadline.left()) return false
  await sleep(Math.min(left, leaseMs) + 1)
  const now = await context.ledger.find(id)
  return (now?.record.inFlightUntil ?? 0) <= Date.now()
}

/** A service that cannot be reached now leaves the attempt open; it is no error of `recover`. */
async function examineQuietly(
  context: Context,
  handle: AttemptHandle,
  deadline: Deadline,
  mayReplay: boolean,
): Promise<Resolution> {
  try {
    return await examine(context, handle, { deadline, resend, mayReplay })
  } catch (error) {
    if (isStableStudioError(error) && (error.code === 'store_failed' || error.code === 'store_corrupt'))
      throw error
    return { outcome: 'still-open' }
  }
}

async function attemptOf(context: Context, handle: AttemptHandle): Promise<Attempt> {
  const { record } = (await context.ledger.find(handle.record.id)) ?? handle
  return toAttempt(record, formatUsd(BigInt(record.amount)))
}
