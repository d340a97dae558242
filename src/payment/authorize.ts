// Everything up to the signature: reserves the amount, asks for approval, and has the wallet sign once. Sends nothing.

import { type Call, throwIfAborted, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import {
  isStableStudioError,
  LimitExceededError,
  OfferRefusedError,
  ServiceError,
  WalletError,
} from '../errors.ts'
import { formatUsd } from '../internal/usd.ts'
import { type AttemptHandle, createAttemptId, hashFields, isClosed } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { PaymentHeader, PreparedPayment, PricedOffer, SignedPayment } from '../methods/method.ts'
import { type Taken, taken } from './answer.ts'
import { undecidedError } from './errors.ts'
import { askApproval, pinPayee } from './policy.ts'
import { askPrice, type PaidRequest } from './price.ts'
import { eventOf, receiptOf } from './settle.ts'

export type Payment = {
  kind: 'payment'
  request: PaidRequest
  priced: PricedOffer
  prepared: PreparedPayment
  handle: AttemptHandle
  call: Call
}

/** Reserves the amount. With a key, the limit may have been hit by another call for the same attempt. */
export async function reserve(
  context: Context,
  request: PaidRequest,
  priced: PricedOffer,
  call: Call,
): Promise<Payment | Taken> {
  const { offer } = priced
  const prepared = prepare(context, priced)
  // Otherwise the job is recognised by the request, which is stored from the signature on.
  const hashed = !context.keepRequests || prepared.final
  try {
    const handle = await context.ledger.reserve({
      id: createAttemptId(),
      operation: request.operation,
      origin: context.origin,
      path: request.path,
      protocol: offer.protocol,
      method: priced.method.id,
      amount: offer.amount.toString(),
      network: offer.network,
      asset: offer.asset,
      payTo: offer.payTo,
      payer: prepared.payer,
      createdAt: new Date().toISOString(),
      nonce: prepared.nonce,
      validBefore: prepared.validBefore,
      idempotencyKey: call.idempotencyKey,
      ...(hashed && { inputHashes: hashFields(request.input, prepared.payer) }),
    })
    context.events.emit('payment.reserved', () => eventOf(handle.record))
    return { kind: 'payment', request, priced, prepared, handle, call }
  } catch (error) {
    if (!(error instanceof LimitExceededError) || call.idempotencyKey === undefined) throw error
    if (await context.ledger.findKey(call.idempotencyKey)) return taken
    throw error
  }
}

/** Signs nothing if the service's answer shows this clock to be wrong, or if the payment would arrive expired. */
function prepare({ clock, wallet }: Context, { offer, prepare }: PricedOffer): PreparedPayment {
  if (!clock.isPlausible()) throw clockSkewed(clock.seen())
  const prepared = prepare(wallet, clock.now())
  if (prepared.validBefore * 1000 - clock.now() < leastLifeMs(offer.validityMs))
    throw clockSkewed(clock.skew())
  return prepared
}

/** The service settles last, so an authorization must be valid for a while after it is sent. */
function leastLifeMs(validityMs: number): number {
  return Math.min(60_000, validityMs / 2)
}

function clockSkewed(skewMs: number): ServiceError {
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  return new ServiceError("This machine's clock and the service's cannot both be right.", {
    code: 'clock_skewed',
    phase: 'check',
    safeToRetry: true,
    details: `Compared with the service's clock, this one is about ${minutes} min ${skewMs < 0 ? 'ahead' : 'behind'}.`,
    hint: "Nothing was signed. Set this machine's clock, then call again.",
  })
}

/**
 * Gets and records the approval and the signature. If anything fails here, nothing was sent and the reservation is
 * released. Resolves to the header that pays, or `undefined` if another process took the attempt.
 */
export async function authorize(context: Context, payment: Payment): Promise<PaymentHeader | undefined> {
  const { handle, call, priced } = payment
  try {
    call.report({ phase: 'approve' })
    await askApproval(context.approve, paymentRequestOf(handle.record, priced), call.deadline)
    const prepared = await refresh(context, payment)
    if (!prepared) return undefined
    const { payTo, network } = handle.record
    if (await pinPayee(context, priced)) context.events.emit('payee.pinned', () => ({ payTo, network }))
    call.report({ phase: 'sign' })
    if (prepared.final) return await authorizeFinal(context, payment, prepared)
    const io = { fetch: context.fetch, signal: call.deadline.signal }
    const { header, sendBefore, lifetime, ...life } = await prepared.sign(call.deadline, undefined, io)
    throwIfTooLate(context, payment, { sendBefore })
    const kept = requestKept(context, payment, header)
    const validBefore = life.validBefore ?? handle.record.validBefore
    const signed = { ...kept, validBefore, sendBefore, lifetime, state: 'signed' } as const
    if (!(await handle.update(signed))) return undefined
    throwIfAborted(call.deadline, 'sign')
    emitSigned(context, handle.record)
    return header
  } catch (error) {
    await context.ledger.close(handle, 'released').catch(() => {})
    throw withAttempt(error, call, handle.record)
  }
}

/**
 * When signing itself moves the money, the payment is recorded as sent first. From then on the reservation is released
 * only if provably no money moved.
 */
async function authorizeFinal(
  context: Context,
  payment: Payment,
  prepared: PreparedPayment,
): Promise<PaymentHeader | undefined> {
  const { handle, call } = payment
  throwIfTooLate(context, payment)
  const sentAt = new Date(context.clock.now()).toISOString()
  if (!(await handle.update({ state: 'sent', sentAt, final: true }))) return undefined
  Object.assign(call.trace, { payment: 'unknown', attemptId: handle.record.id })
  const sign = async () => {
    throwIfAborted(call.deadline, 'sign')
    return prepared.sign(call.deadline, (signed) => void keepLate(context, payment, signed).catch(() => {}))
  }
  const signed = await sign().catch(async (error) => {
    if (isStableStudioError(error) && error.payment === 'none') {
      await handle.update({ state: 'reserved', final: undefined })
      traceNothing(call.trace)
      throw error
    }
    await handle.update({ state: 'unknown' }).catch(() => false)
    context.events.emit('payment.unknown', () => eventOf(handle.record))
    throw undecidedError(handle.record, 'The wallet failed while it sent the transaction', call, error)
  })
  // The money has moved: a failing store must not stop the request from being sent.
  await handle.keep(paidBy(context, payment, signed)).catch(() => false)
  emitSigned(context, handle.record)
  return signed.header
}

function emitSigned({ events }: Context, record: AttemptRecord): void {
  const validBefore = new Date(record.validBefore * 1000).toISOString()
  events.emit('payment.signed', () => ({ ...eventOf(record), validBefore }))
}

/** What to record of a payment whose money has moved. */
function paidBy(context: Context, payment: Payment, { header, transaction }: SignedPayment) {
  const kept = requestKept(context, payment, header)
  return { ...kept, receipt: receiptOf(payment.handle.record, transaction) }
}

/** The bytes needed to replay the request after a crash. */
function requestKept(context: Context, { request }: Payment, header: PaymentHeader) {
  if (!context.keepRequests) return {}
  return { request: { body: request.body, header: [...header] as [string, string] } }
}

/** The wallet answered after the call ended. A sent payment is kept for `recover()`; a refused one is released. */
async function keepLate(
  context: Context,
  payment: Payment,
  signed: SignedPayment | undefined,
): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    const current = await context.ledger.find(payment.handle.record.id)
    if (!current || isClosed(current.record.state)) return
    const change = signed
      ? paidBy(context, payment, signed)
      : { state: 'reserved' as const, final: undefined }
    if (!(await current.update(change))) continue
    if (!signed) await context.ledger.close(current, 'released')
    return
  }
}

/** Approval may take longer than an authorization is valid. A fresh one is signed instead, for the same terms. */
async function refresh(
  context: Context,
  { request, call, handle, priced, prepared }: Payment,
): Promise<PreparedPayment | undefined> {
  const { validBefore } = handle.record
  const { validityMs } = priced.offer
  const age = validityMs - (validBefore * 1000 - context.clock.now())
  if (age < (priced.freshForMs ?? validityMs / 4)) return prepared
  // Or this machine's clock jumped, so ask the service again for its `Date`.
  const asked = await askPrice(context, request, call.deadline, call.maxPrice)
  const younger = prepare(context, sameTerms(priced, asked))
  const { nonce } = younger
  return (await context.ledger.renew(handle, { nonce, validBefore: younger.validBefore }))
    ? younger
    : undefined
}

/** What was approved is paid, or nothing. @throws {OfferRefusedError} `price_changed` */
function sameTerms(approved: PricedOffer, asked: PricedOffer): PricedOffer {
  const termsOf = ({ method, offer }: PricedOffer) =>
    [method.id, formatUsd(offer.amount), offer.network, offer.asset, offer.payTo].join(', ')
  if (termsOf(approved) === termsOf(asked)) return asked
  throw new OfferRefusedError('The offer changed while the payment was approved.', {
    code: 'price_changed',
    details: `Approved: ${termsOf(approved)}. Now: ${termsOf(asked)}.`,
    hint: 'Nothing was signed. Call again to see what is asked now.',
  })
}

function paymentRequestOf(record: AttemptRecord, { offer }: PricedOffer) {
  const { validityMs: _internal, ...shown } = offer
  return { ...shown, operation: record.operation, usd: formatUsd(offer.amount), attemptId: record.id }
}

/**
 * Discards a signature that arrives after the call ended, or that is about to expire. It is never sent.
 *
 * @param signed what came with the signature; missing before there is one.
 */
function throwIfTooLate(
  context: Context,
  { call, handle, priced }: Payment,
  signed?: { sendBefore: number | undefined },
): void {
  const { record } = handle
  const leastLife = leastLifeMs(priced.offer.validityMs)
  throwIfAborted(call.deadline, 'sign')
  const now = context.clock.now()
  const ending = record.validBefore * 1000 - now < leastLife
  if (!call.deadline.passed() && !ending && now <= (signed?.sendBefore ?? now)) return
  if (signed && !call.deadline.passed()) {
    const longest = `${Math.floor((priced.offer.validityMs - leastLife) / 1000)} s`
    throw answeredTooLate(record.id, ending ? longest : 'a few seconds')
  }
  throw new ServiceError('The call timed out before the payment was sent.', {
    code: 'timeout',
    phase: 'sign',
    payment: 'signed',
    safeToRetry: true,
    attemptId: record.id,
    hint: 'Nothing was paid. Call again, with a longer `timeout` if a person has to approve.',
  })
}

function answeredTooLate(attemptId: string, within: string): WalletError {
  return new WalletError('The wallet answered too late.', {
    code: 'wallet_timeout',
    payment: 'signed',
    safeToRetry: true,
    attemptId,
    details: 'What it signed can no longer settle in time, so it was thrown away.',
    hint: `Nothing was paid. Call again, and have the wallet answer within ${within}.`,
  })
}

/** Why an attempt ended before it was sent: an error that is already typed, or the reason of the caller's signal. */
function withAttempt(error: unknown, call: Call, record: AttemptRecord): unknown {
  const { signal } = call.deadline
  if (!signal?.aborted || (isStableStudioError(error) && error !== signal.reason)) return error
  return abortedError(call.deadline, { phase: 'sign', attemptId: record.id })
}
