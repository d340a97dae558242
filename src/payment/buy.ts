// The only file that moves money: has it authorized, records, sends, and reads what became of it.

import { abortedError, type Call, throwIfAborted, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { isStableStudioError, PaymentRejectedError, StoreError } from '../errors.ts'
import type { HttpResult } from '../internal/http.ts'
import { safeText } from '../internal/text.ts'
import { type AttemptHandle, isClosed, leaseMs } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { PaymentHeader, Settlement } from '../methods/method.ts'
import { jsonHeaders, secretsOf, secretsOfHeader, uploadPath, urlOf } from '../service/requests.ts'
import type { Job, Protocol } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { judge, readAcceptedJob, readTicket, type Verdict } from './answer.ts'
import { authorize, type Payment, reserve } from './authorize.ts'
import { deadError, deliveryLost, noTurn, otherProtocol, rejectedError, undecidedError } from './errors.ts'
import { followKey, inputHashOf } from './idempotency.ts'
import { requireMaxPrice } from './policy.ts'
import { askPrice, checkOffer, type PaidRequest, type PricedOffer } from './price.ts'
import { resolveUnknown } from './resolve.ts'
import { eventOf, receiptOf, settleAs, settledJob } from './settle.ts'

/** What a submission starts from: a request to be priced, or one that a quote priced already. */
export type Submission = {
  request: PaidRequest
  priced?: PricedOffer | undefined
  /** Whether what an earlier attempt under the same key bought is still good; a job always is. */
  isUsable?: ((record: AttemptRecord) => boolean) | undefined
  /** A last look at the offer, for instance against a quote; throws to refuse it. */
  check?: ((priced: PricedOffer) => void) | undefined
}

/** Pays for one generation and resolves as soon as the service has accepted its job. */
export async function submit(context: Context, submission: Submission, call: Call): Promise<Job> {
  const { record } = await buy(context, submission, call)
  const job = settledJob(context, record)
  Object.assign(call.trace, { payment: 'settled', attemptId: record.id, job })
  if (!job) throw deliveryLost(record)
  return job
}

/** The settled attempt, with what it bought, and whether this call paid for it. */
export type Bought = { record: AttemptRecord; paidNow: boolean }

/** Pays once for a request. */
export async function buy(context: Context, submission: Submission, call: Call): Promise<Bought> {
  const { request, isUsable = () => true } = submission
  if (!context.payer) throw noWallet()
  requireMaxPrice(request.operation, call.maxPrice)
  const followed = await followKey(context, request, call, { sendAttempt, resend })
  if (followed.kind === 'settled' && isUsable(followed.record))
    return { record: followed.record, paidNow: false }
  const instead = followed.kind === 'settled' ? followed.record.id : followed.instead
  const { deadline } = call
  const bought = await context.payTurns.take(() => buyNow(context, submission, call, instead), deadline)
  if (!bought) throw deadline.signal?.aborted ? abortedError(deadline, { phase: 'quote' }) : noTurn()
  if (bought !== 'again' && 'record' in bought) return bought
  // Asked again, the price may be another one: it is checked like the first.
  const check = bought === 'again' ? submission.check : onlyBy(bought.refused, submission.check)
  return buy(context, { ...submission, priced: undefined, check }, call)
}

/** What was sent by one protocol, and refused, is not paid by another one behind the caller's back. */
function onlyBy(protocol: Protocol, check: Submission['check']): Submission['check'] {
  return (priced) => {
    if (priced.offer.protocol === protocol) return check?.(priced)
    throw otherProtocol(protocol, priced.offer.protocol)
  }
}

async function buyNow(
  context: Context,
  submission: Submission,
  call: Call,
  instead: string | undefined,
): Promise<Bought | 'again' | { refused: Protocol }> {
  const { request } = submission
  const remembered = submission.priced ? undefined : context.offers.find(request)
  try {
    return await payOffer(context, submission, call, { instead, priced: submission.priced ?? remembered })
  } catch (error) {
    if (!remembered || !(error instanceof PaymentRejectedError) || error.category !== 'price') throw error
    // The service asks for something else now: it is asked, and what it says is checked like any offer.
    context.offers.forget(request)
    return { refused: remembered.offer.protocol }
  }
}

async function payOffer(
  context: Context,
  { request, check }: Submission,
  call: Call,
  { instead, priced: known }: { instead: string | undefined; priced: PricedOffer | undefined },
): Promise<Bought | 'again'> {
  call.report({ phase: 'quote' })
  const priced = known ?? (await askPrice(context, request, call.deadline, call.maxPrice))
  if (known) await checkOffer(context, request, known.offer, call.maxPrice)
  else context.offers.keep(request, priced)
  throwIfAborted(call.deadline, 'quote')
  check?.(priced)
  const payment = await reserve(context, request, priced, call)
  if (payment === 'taken') return 'again'
  const paid = await payment.handle.leased(() => pay(context, payment, instead))
  if (paid !== 'lost') return { record: paid, paidNow: true }
  const now = await context.ledger.find(payment.handle.record.id)
  if (now?.record.state === 'settled') return { record: now.record, paidNow: true }
  // Another process took the attempt: a new one may be made only when it is over, or when the key leads to it.
  if (!now || isClosed(now.record.state) || call.idempotencyKey !== undefined) return 'again'
  throw undecidedError(now.record, 'awaited by another process', call)
}

async function pay(
  context: Context,
  payment: Payment,
  instead: string | undefined,
): Promise<AttemptRecord | 'lost'> {
  const { handle, call, request } = payment
  const { idempotencyKey } = call
  if (idempotencyKey !== undefined) {
    const { id } = handle.record
    const mine = await context.ledger.claimKey(idempotencyKey, inputHashOf(request), id, instead)
    if (!mine) {
      await context.ledger.close(handle, 'released')
      return 'lost'
    }
  }
  const header = await authorize(context, payment)
  if (!header) return 'lost'
  outgoing.set(handle, { body: request.body, header })
  return sendAttempt(context, handle, { call, input: request.input })
}

/** The bytes of an attempt while this process works on it; the store has them only with `keepRequests`. */
const outgoing = new WeakMap<AttemptHandle, { body: string; header: PaymentHeader }>()

/** What a sender knows beside the record: the caller's deadline, and the input, to keep it out of messages. */
export type Sending = { call: Call; input?: Record<string, unknown> | undefined }

/**
 * Sends an attempt's one request, the same bytes each time, and settles what it decides. Recorded as `sent` before.
 */
export async function sendAttempt(
  context: Context,
  handle: AttemptHandle,
  sending: Sending,
): Promise<AttemptRecord | 'lost'> {
  const { call } = sending
  const sentAt = new Date(context.clock.now()).toISOString()
  const announced = await handle
    .update({ state: 'sent', sentAt, inFlightUntil: Date.now() + leaseMs })
    // What is paid already, and recorded as sent, must still be asked for.
    .catch((error) => handle.record.final ?? takeBack(context, handle, error))
  if (!announced) return 'lost'
  Object.assign(call.trace, { payment: 'unknown', attemptId: handle.record.id })
  await stopIfAborted(context, handle, call)
  call.report({ phase: 'pay' })
  const { verdict, result, settlement } = await post(context, handle, call)
  if (verdict.kind === 'accepted') return accept(context, handle, verdict.delivery, settlement)
  if (verdict.kind !== 'unclear') throw await reject(context, handle, verdict, result, sending)
  try {
    return await decide(context, handle, verdict, call)
  } catch (error) {
    // A store that fails now must not look like one that failed before anything was sent.
    throw error instanceof StoreError ? undecidedError(handle.record, verdict.why, call, error) : error
  }
}

/** Finds out what became of a payment without a clear answer, or says that it is not known yet. */
async function decide(
  context: Context,
  handle: AttemptHandle,
  verdict: Extract<Verdict, { kind: 'unclear' }>,
  call: Call,
): Promise<AttemptRecord> {
  await handle.update({ state: 'unknown' }).catch(() => false)
  context.events.emit('payment.unknown', () => eventOf(handle.record))
  const { deadline } = call
  const { record, outcome } = await resolveUnknown(context, handle, { verdict, deadline, resend })
  if (record) return record
  if (outcome === 'released') {
    traceNothing(call.trace)
    throw deadError(handle.record)
  }
  throw undecidedError(handle.record, verdict.why, call)
}

/** Aborted while the announcement was written: nothing has left, so it is taken back. */
async function stopIfAborted(
  context: Context,
  handle: AttemptHandle,
  { deadline, trace }: Call,
): Promise<void> {
  if (!deadline.signal?.aborted || handle.record.final) return
  const released = await context.ledger.close(handle, 'released').catch(() => false)
  if (released) traceNothing(trace)
  const attemptId = handle.record.id
  throw abortedError(deadline, { phase: 'sign', attemptId, payment: released ? 'none' : 'unknown' })
}

/**
 * The store failed, and may say `sent` all the same: then `recover()` would replay what the caller, told that nothing
 * was paid, has paid anew. So the attempt is taken back, or the caller is told.
 */
async function takeBack(context: Context, handle: AttemptHandle, error: unknown): Promise<never> {
  const { record } = handle
  if (await context.ledger.close(handle, 'released').catch(() => false)) throw error
  throw new StoreError('The payment store failed before the payment was sent.', {
    code: 'store_failed',
    phase: 'pay',
    payment: 'signed',
    safeToRetry: record.idempotencyKey !== undefined,
    attemptId: record.id,
    details: isStableStudioError(error) ? error.details : undefined,
    hint: 'Nothing was paid so far. Make the store work, then call recover(), or call again with the same idempotencyKey.',
    cause: error,
  })
}

/** A replay: the identical request, only while nothing else of this attempt is under way. */
export async function resend(context: Context, handle: AttemptHandle, call: Pick<Call, 'deadline'>) {
  if (!requestOf(handle)) return undefined
  // Equal attempts leave the job alone that this request may make.
  if (!(await handle.update({ state: 'sent', inFlightUntil: Date.now() + leaseMs }))) return undefined
  const { verdict, settlement } = await handle.leased(() => post(context, handle, call))
  if (verdict.kind === 'accepted')
    return { verdict, record: await accept(context, handle, verdict.delivery, settlement) }
  await handle.update({ state: 'unknown' }).catch(() => false)
  return { verdict }
}

/** Whether the bytes of an attempt are at hand for a replay. */
export function requestOf(handle: AttemptHandle) {
  return outgoing.get(handle) ?? handle.record.request
}

async function post(context: Context, handle: AttemptHandle, call: Pick<Call, 'deadline'>) {
  const { path } = handle.record
  const kept = requestOf(handle)
  const method = context.payWith.find(({ protocol }) => protocol === handle.record.protocol)
  const result = await context.http({
    method: 'POST',
    url: urlOf(context, path),
    headers: { ...jsonHeaders, ...(kept && { [kept.header[0]]: kept.header[1] }) },
    body: kept?.body ?? '',
    timeoutMs: Math.max(1, Math.min(context.timeouts.pay, call.deadline.left())),
    signal: call.deadline.signal,
  })
  // Its receipt counts even where the body broke off.
  const settlement = result.headers && method?.settlement(result.headers)
  const verdict = judge(result, settlement, path === uploadPath ? readTicket : readAcceptedJob)
  if (settlement?.success && verdict.kind === 'unclear') await keepReceipt(handle, settlement)
  return { verdict: await doubted(context, handle, weighed(handle, verdict)), result, settlement }
}

/** Paid, whatever else becomes of it: from now on neither a refusal nor time gives the money back. */
async function keepReceipt(handle: AttemptHandle, { transaction }: Settlement): Promise<void> {
  const receipt = receiptOf(handle.record, transaction)
  await handle.update({ final: true, receipt }).catch(() => false)
}

/** Where the money moved when it was signed, a refusal does not mean that nothing was charged. */
function weighed({ record }: AttemptHandle, verdict: Verdict): Verdict {
  if (!record.final || (verdict.kind !== 'rejected' && verdict.kind !== 'invalid')) return verdict
  const reason = verdict.kind === 'rejected' ? verdict.reason : 'invalid input'
  return {
    kind: 'unclear',
    why: `a refusal (${safeText(reason.slice(0, 80))})`,
    answered: true,
    alreadyPaid: false,
  }
}

/** A job that belongs to another attempt was not bought by this one, whatever the service says. */
async function doubted(context: Context, handle: AttemptHandle, verdict: Verdict): Promise<Verdict> {
  if (verdict.kind !== 'accepted' || verdict.delivery.jobId === undefined) return verdict
  const owner = await context.ledger.ownerOfJob(verdict.delivery.jobId).catch(() => undefined)
  if (owner === undefined || owner === handle.record.id) return verdict
  return { kind: 'unclear', why: "another attempt's job", answered: true, alreadyPaid: true }
}

/** The service delivered: booked before it is handed out. */
async function accept(
  context: Context,
  handle: AttemptHandle,
  delivery: Delivery,
  settlement: Settlement | undefined,
): Promise<AttemptRecord> {
  const jobCreatedAt =
    delivery.jobId === undefined ? {} : { jobCreatedAt: new Date(context.clock.now()).toISOString() }
  return settleAs(context, handle, { ...delivery, ...jobCreatedAt }, settlement?.transaction)
}

async function reject(
  context: Context,
  handle: AttemptHandle,
  verdict: Extract<Verdict, { kind: 'invalid' | 'rejected' }>,
  result: HttpResult,
  { call, input = {} }: Sending,
): Promise<unknown> {
  // Closing forgets the signed header; the service may echo it all the same.
  const secrets = [...secretsOf(input), ...secretsOfHeader(requestOf(handle)?.header[1] ?? '')]
  await context.ledger.close(handle, 'rejected').catch(() => {})
  traceNothing(call.trace)
  const shown =
    verdict.kind === 'rejected' ? { ...verdict, reason: safeText(verdict.reason, secrets) } : verdict
  const reason = shown.kind === 'rejected' ? shown.reason : 'invalid_input'
  context.events.emit('payment.rejected', () => ({ ...eventOf(handle.record), reason }))
  return rejectedError(handle.record, shown, result, secrets)
}
