// `recover`: settles what a crash or a lost answer left open. Never signs a new payment; safe to repeat at any time.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { isStableStudioError } from '../errors.ts'
import { createDeadline, type Deadline, nap } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import { type AttemptHandle, leaseMs } from '../ledger/attempt.ts'
import { type AttemptRecord, toAttempt } from '../ledger/records.ts'
import { type Outcome, open } from '../payment/outcome.ts'
import { examine } from '../payment/resolve.ts'
import { isOurs, settledJob } from '../payment/settle.ts'
import type { Attempt, Recovery } from '../types.ts'
import { noWallet } from '../wallet.ts'

/** The time limit per attempt: a replay waits for settlement. */
const perAttemptMs = 180_000

/** Options of `recover`. */
export type RecoverOptions = {
  /** Ends the call. Attempts not settled by then stay open for the next call. */
  signal?: AbortSignal | undefined
  /**
   * Time limit of the whole call, ms. Attempts not reached in time stay open for the next call.
   * @default none: up to three minutes per open attempt while the service does not answer
   */
  timeout?: number | undefined
  /** Only this attempt. */
  attemptId?: string | undefined
}

export async function recover(context: Context, call: Call, attemptId?: string): Promise<Recovery[]> {
  if (!context.payer) throw noWallet()
  const { left, signal } = call.deadline
  const recoveries: Recovery[] = []
  for await (const handle of context.ledger.open()) {
    const { record } = handle
    if (attemptId !== undefined && record.id !== attemptId) continue
    // Another client's caller has not got it yet.
    if (record.state === 'settled' && !isOurs(context, record)) continue
    const share = createDeadline(Math.min(perAttemptMs, left()), signal)
    recoveries.push(await reported(context, handle, await recoverOne(context, handle, share)))
  }
  // Only now: what a failing store keeps from the caller must be there for the next call.
  for (const { attempt } of recoveries)
    if (attempt.state === 'settled') await context.ledger.book(attempt.id).catch(() => {})
  return recoveries
}

async function reported(context: Context, handle: AttemptHandle, outcome: Outcome): Promise<Recovery> {
  const job = outcome.kind === 'settled' ? settledJob(context, outcome.record) : undefined
  const attempt = await attemptOf(context, handle)
  return { attempt, outcome: nameOf(outcome), ...(job && { job }) }
}

function nameOf(outcome: Outcome): Recovery['outcome'] {
  if (outcome.kind === 'settled') return outcome.how === 'paid' ? 'job-found' : outcome.how
  return outcome.kind === 'free' ? 'released' : 'still-open'
}

async function recoverOne(context: Context, handle: AttemptHandle, deadline: Deadline): Promise<Outcome> {
  const { record } = handle
  // Its process died after the record, so only the record says what was bought.
  if (record.state === 'settled')
    return { kind: 'settled', record, how: bought(record) ? 'job-found' : 'written-off' }
  if (!isOurs(context, record) || deadline.passed() || deadline.signal?.aborted) return open
  if (record.state === 'reserved' || record.state === 'signed')
    return releaseUnsent(context, handle, deadline)
  const look = await examineQuietly(context, handle, { deadline, mayReplay: false })
  if (look.kind !== 'open' || !(await leaseRunsOut(handle, context, deadline))) return look
  const current = await context.ledger.find(record.id)
  return current ? examineQuietly(context, current, { deadline, mayReplay: true }) : look
}

function bought({ jobId, ticket, upload }: AttemptRecord): boolean {
  return jobId !== undefined || ticket !== undefined || upload !== undefined
}

/** Nothing was sent, and once the record is closed nothing can be. */
async function releaseUnsent(context: Context, handle: AttemptHandle, deadline: Deadline): Promise<Outcome> {
  if (!(await leaseRunsOut(handle, context, deadline))) return open
  const current = await context.ledger.find(handle.record.id)
  const unsent = current?.record.state === 'reserved' || current?.record.state === 'signed'
  return unsent && (await context.ledger.close(current, 'released')) ? { kind: 'free' } : open
}

/** Waits until no process holds a lease on the attempt; `false` if one keeps it. */
async function leaseRunsOut(handle: AttemptHandle, context: Context, deadline: Deadline): Promise<boolean> {
  const { inFlightUntil = 0, id } = handle.record
  const left = inFlightUntil - Date.now()
  if (left <= 0) return true
  if (left > deadline.left()) return false
  await nap(Math.min(left, leaseMs) + 1, deadline.signal)
  const now = await context.ledger.find(id)
  return (now?.record.inFlightUntil ?? 0) <= Date.now()
}

/** If the service cannot be reached, the attempt stays open; `recover` does not fail. */
async function examineQuietly(...how: Parameters<typeof examine>): Promise<Outcome> {
  try {
    return await examine(...how)
  } catch (error) {
    if (isStableStudioError(error) && (error.code === 'store_failed' || error.code === 'store_corrupt'))
      throw error
    return open
  }
}

async function attemptOf(context: Context, handle: AttemptHandle): Promise<Attempt> {
  const { record } = (await context.ledger.find(handle.record.id)) ?? handle
  return toAttempt(record, formatUsd(BigInt(record.amount)))
}
