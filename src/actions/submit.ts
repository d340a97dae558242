// The only file that moves money: reserve, approve, sign once, record, send, and read what became of it.
import type { Context } from '../config.ts'
import { isStableStudioError, LimitExceededError, ServiceError, StoreError } from '../errors.ts'
import type { HttpResult } from '../internal/http.ts'
import { formatUsd } from '../internal/usd.ts'
import { judge, readAcceptedJob, readTicket, type Verdict } from '../payment/answer.ts'
import { type AttemptHandle, createAttemptId, hashFields, leaseMs } from '../payment/attempt.ts'
import type { Delivery } from '../payment/ledger.ts'
import type { PreparedPayment } from '../payment/method.ts'
import { askApproval, pinPayee, requireMaxPrice } from '../payment/policy.ts'
import type { AttemptRecord } from '../payment/records.ts'
import type { Job } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { abortedError, type Call, throwIfAborted } from './call.ts'
import { followKey, inputHashOf } from './follow.ts'
import { askPrice, type PaidRequest, type PricedOffer } from './price.ts'
import { resolveUnknown } from './resolve.ts'
import { jsonHeaders, secretsOf, uploadPath, urlOf } from './service.ts'
import { eventOf, settleAs, settledJob } from './settle.ts'
import { deadError, deliveryLost, rejectedError, undecidedError } from './verdict.ts'

/** What a submission starts from: a request to be priced, or one that a quote priced already. */
export type Submission = {
  request: PaidRequest
  priced?: PricedOffer | undefined
  /** Whether what an earlier attempt under the same key bought is still good; a job always is. */
  isUsable?: ((record: AttemptRecord) => boolean) | undefined
}

/** Pays for one generation and resolves as soon as the service has accepted its job. */
export async function submit(context: Context, submission: Submission, call: Call): Promise<Job> {
  const { record } = await buy(context, submission, call)
  const job = settledJob(context, record)
  if (!job) throw deliveryLost(record)
  return job
}

/** The settled attempt, with what it bought, and whether this call paid for it. */
export type Bought = { record: AttemptRecord; paidNow: boolean }

/** Pays once for a request. */
export async function buy(context: Context, submission: Submission, call: Call): Promise<Bought> {
  const { request, isUsable = () => true } = submission
  const { wallet } = context
  if (!wallet) throw noWallet()
  requireMaxPrice(request.operation, call.maxPrice)
  const followed = await followKey(context, request, call, { sendAttempt, resend })
  if (followed.kind === 'settled' && isUsable(followed.record))
    return { record: followed.record, paidNow: false }
  const instead = followed.kind === 'settled' ? followed.record.id : followed.instead
  call.report({ phase: 'quote' })
  const priced = submission.priced ?? (await askPrice(context, request, call.deadline, call.maxPrice))
  throwIfAborted(call.deadline, 'quote')
  const prepared = priced.prepare(wallet, context.clock.now())
  const handle = await reserve(context, request, priced, prepared, call)
  const again = () => buy(context, { request, isUsable }, call)
  if (handle === 'taken') return again()
  const paid = await handle.leased(() => pay(context, { request, priced, prepared, handle, call }, instead))
  return paid === 'lost' ? again() : { record: paid, paidNow: true }
}

type Payment = {
  request: PaidRequest
  priced: PricedOffer
  prepared: PreparedPayment
  handle: AttemptHandle
  call: Call
}

/** Sets the money aside. With a key, a limit that stands in the way may be another call's, for the same attempt. */
async function reserve(
  context: Context,
  request: PaidRequest,
  priced: PricedOffer,
  prepared: PreparedPayment,
  call: Call,
): Promise<AttemptHandle | 'taken'> {
  const { offer } = priced
  const id = createAttemptId()
  try {
    const handle = await context.ledger.reserve({
      id,
      operation: request.operation,
      path: request.path,
      protocol: offer.protocol,
      amount: offer.amount.toString(),
      network: offer.network,
      asset: offer.asset,
      payTo: offer.payTo,
      payer: prepared.payer,
      createdAt: new Date().toISOString(),
      nonce: prepared.nonce,
      validBefore: prepared.validBefore,
      idempotencyKey: call.idempotencyKey,
      inputHashes: hashFields(request.input, prepared.payer),
    })
    context.events.emit('payment.reserved', eventOf(handle.record))
    return handle
  } catch (error) {
    if (!(error instanceof LimitExceededError) || call.idempotencyKey === undefined) throw error
    if (await context.ledger.findKey(call.idempotencyKey)) return 'taken'
    throw error
  }
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
  if (!(await authorize(context, payment))) return 'lost'
  return sendAttempt(context, handle, { call, input: request.input })
}

/** Approval and signature. Whatever fails here, nothing has left, and the reservation is given back. */
async function authorize(context: Context, payment: Payment): Promise<boolean> {
  const { handle, call, priced, prepared, request } = payment
  const { record } = handle
  try {
    call.report({ phase: 'approve' })
    await askApproval(context.approve, paymentRequestOf(record, priced), call.deadline)
    if (await pinPayee(context, priced.offer)) {
      context.events.emit('payee.pinned', { payTo: record.payTo, network: record.network })
    }
    call.report({ phase: 'sign' })
    const header = await prepared.sign(call.deadline.signal)
    throwIfTooLate(call, record)
    const kept = context.keepRequests
      ? { request: { body: request.body, header: [...header] as [string, string] } }
      : {}
    outgoing.set(handle, { body: request.body, header })
    if (!(await handle.update({ ...kept, state: 'signed' }))) return false
    const validBefore = new Date(record.validBefore * 1000).toISOString()
    context.events.emit('payment.signed', { ...eventOf(record), validBefore })
    return true
  } catch (error) {
    await context.ledger.close(handle, 'released').catch(() => {})
    throw withAttempt(error, call, record)
  }
}

/** The bytes of an attempt while this process works on it; the store has them only with `keepRequests`. */
const outgoing = new WeakMap<AttemptHandle, { body: string; header: readonly [string, string] }>()

function paymentRequestOf(record: AttemptRecord, { offer }: PricedOffer) {
  return { ...offer, operation: record.operation, usd: formatUsd(offer.amount), attemptId: record.id }
}

/** A signature that comes after the call's end is thrown away, not sent. */
function throwIfTooLate(call: Call, record: AttemptRecord): void {
  throwIfAborted(call.deadline, 'sign')
  if (!call.deadline.passed()) return
  throw new ServiceError('The time for this call ran out before the payment was sent.', {
    code: 'timeout',
    phase: 'sign',
    payment: 'signed',
    safeToRetry: true,
    attemptId: record.id,
    hint: 'Nothing was paid. Call again, with a longer `timeout` where a person has to approve.',
  })
}

/** What ended an attempt before it was sent: typed already, or the reason of the caller's signal. */
function withAttempt(error: unknown, call: Call, record: AttemptRecord): unknown {
  if (isStableStudioError(error) || !call.deadline.signal?.aborted) return error
  return abortedError(call.deadline, { phase: 'sign', attemptId: record.id })
}

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
    .catch((error) => takeBack(context, handle, error))
  if (!announced) return 'lost'
  call.report({ phase: 'pay' })
  const { verdict, result } = await post(context, handle, call)
  if (verdict.kind === 'accepted') return accept(context, handle, verdict.delivery, result)
  if (verdict.kind !== 'unclear') throw await reject(context, handle, verdict, result, sending)
  await handle.update({ state: 'unknown' }).catch(() => false)
  context.events.emit('payment.unknown', eventOf(handle.record))
  const { record, outcome } = await resolveUnknown(context, handle, {
    verdict,
    deadline: call.deadline,
    resend,
  })
  if (record) return record
  throw outcome === 'released' ? deadError(handle.record) : undecidedError(handle.record, verdict.why, call)
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
  const { verdict, result } = await handle.leased(() => post(context, handle, call))
  if (verdict.kind === 'accepted')
    return { verdict, record: await accept(context, handle, verdict.delivery, result) }
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
  const settlement = result.kind === 'answer' ? method?.settlement(result.headers) : undefined
  const verdict = judge(result, settlement, path === uploadPath ? readTicket : readAcceptedJob)
  return { verdict, result }
}

/** The service delivered: booked before it is handed out. */
async function accept(
  context: Context,
  handle: AttemptHandle,
  delivery: Delivery,
  result: HttpResult,
): Promise<AttemptRecord> {
  const { protocol } = handle.record
  const method = context.payWith.find((one) => one.protocol === protocol)
  const settlement = result.kind === 'answer' ? method?.settlement(result.headers) : undefined
  const jobCreatedAt =
    delivery.jobId === undefined ? {} : { jobCreatedAt: new Date(context.clock.now()).toISOString() }
  return settleAs(context, handle, { ...delivery, ...jobCreatedAt }, settlement?.transaction)
}

async function reject(
  context: Context,
  handle: AttemptHandle,
  verdict: Extract<Verdict, { kind: 'invalid' | 'rejected' }>,
  result: HttpResult,
  { input = {} }: Sending,
): Promise<unknown> {
  // Closing forgets the signed header; the service may echo it all the same.
  const secrets = [...secretsOf(input), requestOf(handle)?.header[1] ?? '']
  await context.ledger.close(handle, 'rejected').catch(() => {})
  const reason = verdict.kind === 'rejected' ? verdict.reason : 'invalid_input'
  context.events.emit('payment.rejected', { ...eventOf(handle.record), reason })
  return rejectedError(handle.record, verdict, result, secrets)
}
