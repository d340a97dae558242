// THE ONLY FILE THAT SENDS MONEY: one request per attempt, always the same bytes, recorded before it is sent.
import { type Call, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { isStableStudioError, StoreError } from '../errors.ts'
import type { HttpResult } from '../internal/http.ts'
import { safeText, withoutSecrets } from '../internal/text.ts'
import { type AttemptHandle, leaseMs } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { PaymentHeader, Settlement } from '../methods/method.ts'
import { jsonHeaders, uploadPath, urlOf } from '../service/requests.ts'
import { isRefusal, judge, paidFor, readAcceptedJob, readTicket, unclear, type Verdict } from './answer.ts'
import { receiptOf } from './settle.ts'

export type Answered = {
  verdict: Verdict
  result: HttpResult
  settlement: Settlement | undefined
}

/** The bytes of an attempt while this process works on it. The store has them only with `keepRequests`. */
const outgoing = new WeakMap<AttemptHandle, { body: string; header: PaymentHeader }>()

/** Keeps the paying bytes while this process works on the attempt. */
export function keepBytes(handle: AttemptHandle, body: string, header: PaymentHeader): void {
  outgoing.set(handle, { body, header })
}

export function bytesOf(handle: AttemptHandle) {
  return outgoing.get(handle) ?? handle.record.request
}

/** Records that the payment is about to be sent; never send before. `false` if another process changed the attempt. */
export async function recordSent(context: Context, handle: AttemptHandle, call: Call): Promise<boolean> {
  const sentAt = new Date(context.clock.now()).toISOString()
  const recorded = await handle
    .update({ state: 'sent', sentAt, inFlightUntil: Date.now() + leaseMs, stopped: undefined })
    // A payment whose money has moved is already recorded as sent, and its request must still go out.
    .catch((error) => handle.record.final ?? takeBack(context, handle, error))
  if (!recorded) return false
  Object.assign(call.trace, { payment: 'unknown', attemptId: handle.record.id })
  await stopIfAborted(context, handle, call)
  return true
}

/** Records that the identical request is sent again. Equal attempts then do not claim the job it may create. */
export async function recordReplay(handle: AttemptHandle): Promise<boolean> {
  return bytesOf(handle)
    ? handle.update({ state: 'sent', inFlightUntil: Date.now() + leaseMs, stopped: undefined })
    : false
}

/** Sends the request that carries the payment, once, and judges the answer. */
export async function send(
  context: Context,
  handle: AttemptHandle,
  { deadline }: Pick<Call, 'deadline'>,
): Promise<Answered> {
  const { path } = handle.record
  const bytes = bytesOf(handle)
  const result = await context.http({
    method: 'POST',
    url: urlOf(context, path),
    headers: { ...jsonHeaders, ...(bytes && { [bytes.header[0]]: bytes.header[1] }) },
    body: bytes?.body ?? '',
    timeoutMs: Math.max(1, Math.min(context.timeouts.pay, deadline.left())),
    signal: deadline.signal,
  })
  // The receipt counts even if the body was cut off.
  const method = methodOf(context, handle.record)
  const settlement = result.headers && method?.settlement(result.headers)
  const judged = judge(
    result,
    settlement,
    path === uploadPath ? readTicket : readAcceptedJob,
    method?.decide?.bind(method),
  )
  // Doubted before its receipt is kept: a receipt beside another attempt's job is a receipt all the same.
  const said = await doubted(context, handle, judged)
  // The caller sees this text after many other requests, so remove secrets now.
  if (said.kind === 'unclear') said.why = withoutSecrets(said.why, context.secrets.recent())
  if (settlement?.success && said.kind === 'unclear') await keepReceipt(handle, settlement)
  return { verdict: weighed(handle, said), result, settlement }
}

/** The method that made the payment. Older ledgers record only its protocol. */
export function methodOf({ payWith }: Context, { method, protocol }: AttemptRecord) {
  return payWith.find(({ id }) => id === (method ?? protocol))
}

/** The money has moved for good: from now on neither a refusal nor expiry releases it. */
async function keepReceipt(handle: AttemptHandle, { transaction }: Settlement): Promise<void> {
  const receipt = receiptOf(handle.record, transaction)
  await handle.keep({ final: true, receipt }).catch(() => false)
}

/** If signing moved the money, a refusal does not mean that nothing was charged. */
function weighed({ record }: AttemptHandle, verdict: Verdict): Verdict {
  if (!record.final || !isRefusal(verdict)) return verdict
  const reason = verdict.kind === 'rejected' ? verdict.reason : 'invalid input'
  return unclear(`The answer was a refusal (${safeText(reason.slice(0, 80))})`)
}

/** Binds the job. One that belongs to another attempt was not bought by this one, even if the service says so. */
async function doubted(context: Context, handle: AttemptHandle, verdict: Verdict): Promise<Verdict> {
  if (verdict.kind !== 'accepted' || verdict.delivery.jobId === undefined) return verdict
  // If the store fails now, settling tries again.
  const isOwn = await context.ledger.bindJob(verdict.delivery.jobId, handle.record.id).catch(() => true)
  return isOwn ? verdict : paidFor("The answer named another attempt's job")
}

/** Aborted while the record was being written: nothing was sent, so the attempt is released. */
async function stopIfAborted(context: Context, handle: AttemptHandle, call: Call): Promise<void> {
  if (!call.deadline.signal?.aborted || handle.record.final) return
  const released = await context.ledger.close(handle, 'released').catch(() => false)
  if (released) traceNothing(call.trace)
  const attemptId = handle.record.id
  throw abortedError(call.deadline, { phase: 'sign', attemptId, payment: released ? 'none' : 'unknown' })
}

/**
 * The failed write may still have recorded `sent`. A caller told that nothing was paid would pay again, and `recover()`
 * would replay this attempt too. So release the attempt, or else tell the caller.
 */
async function takeBack(context: Context, handle: AttemptHandle, error: unknown): Promise<never> {
  const { record } = handle
  if (await context.ledger.close(handle, 'released').catch(() => false)) throw error
  throw new StoreError('The payment store failed before the payment was sent.', {
    phase: 'pay',
    payment: 'signed',
    safeToRetry: record.idempotencyKey !== undefined,
    attemptId: record.id,
    details: isStableStudioError(error) ? error.details : undefined,
    hint: 'Nothing has been paid. Repair the store, then call recover(), or call again with the same idempotencyKey.',
    cause: error,
  })
}
