// Buys a request once: follows its key, asks for the price, reserves the amount, and pays.

import { type Call, throwIfAborted } from '../call.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { PaymentRejectedError } from '../errors.ts'
import { isClosed } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import type { PricedOffer } from '../methods/method.ts'
import type { Protocol } from '../types.ts'
import { noWallet } from '../wallet.ts'
import { type Free, type Settled, type Taken, taken } from './answer.ts'
import { reserve } from './authorize.ts'
import { noSlot, otherProtocol, undecidedError } from './errors.ts'
import { followKey } from './idempotency.ts'
import { pay } from './pay.ts'
import { requireMaxPrice } from './policy.ts'
import {
  askPrice,
  checkOffer,
  findKeptOffer,
  forgetOffer,
  isStale,
  keepOffer,
  type PaidRequest,
} from './price.ts'

/** What to buy: a request, with its price if a quote already has one. */
export type Order = {
  request: PaidRequest
  priced?: PricedOffer | undefined
  /** Whether the purchase of an earlier attempt with the same key can still be used; a job always can. */
  isUsable?: ((record: AttemptRecord) => boolean) | undefined
  /** Last check of the offer, for example against a quote. Throws to refuse it. */
  check?: ((priced: PricedOffer) => void) | undefined
}

/** The settled attempt, including what it bought, and whether this call paid for it. */
export type Bought = { record: AttemptRecord; paidNow: boolean }

export async function buy(context: Context, order: Order, call: Call): Promise<Bought> {
  const { request, isUsable = () => true } = order
  if (!context.payer) throw noWallet()
  requireMaxPrice(request.operation, call.maxPrice)
  const earlier = await followKey(context, request, call)
  if (earlier.kind === 'settled' && isUsable(earlier.record))
    return { record: earlier.record, paidNow: false }
  const instead = earlier.kind === 'settled' ? earlier.record.id : earlier.instead
  const { deadline } = call
  const outcome = await context.paymentSlots.run(() => payNow(context, order, call, instead), deadline)
  if (!outcome) throw deadline.signal?.aborted ? abortedError(deadline, { phase: 'quote' }) : noSlot()
  if (outcome.kind === 'settled') return { record: outcome.record, paidNow: true }
  // The new price may differ, so it is checked like the first one.
  const check = outcome.kind === 'free' ? onlyBy(outcome.refused, order.check) : order.check
  return buy(context, { ...order, priced: undefined, check }, call)
}

/** After a refusal, never silently switches to another payment protocol. */
function onlyBy(protocol: Protocol | undefined, check: Order['check']): Order['check'] {
  return (priced) => {
    if (protocol === undefined || priced.offer.protocol === protocol) return check?.(priced)
    throw otherProtocol(protocol, priced.offer.protocol)
  }
}

/** Pays the offer, using a kept one if there is one. */
async function payNow(
  context: Context,
  order: Order,
  call: Call,
  instead: string | undefined,
): Promise<Settled | Free | Taken> {
  const { request, check } = order
  const kept = order.priced ? undefined : findKeptOffer(context, request)
  call.report({ phase: 'quote' })
  const priced = await offerOf(context, order, call, kept)
  throwIfAborted(call.deadline, 'quote')
  check?.(priced)
  const payment = await reserve(context, request, priced, call)
  if (payment.kind === 'taken') return taken
  try {
    const outcome = await payment.handle.leased(() => pay(context, payment, instead))
    return outcome.kind === 'taken' ? lookAgain(context, payment.handle.record.id, call) : outcome
  } catch (error) {
    if (!kept || !(error instanceof PaymentRejectedError) || error.category !== 'price') throw error
    // The service's terms changed: fetch a new offer, which is checked like any other.
    forgetOffer(context, request)
    return { kind: 'free', refused: kept.offer.protocol }
  }
}

async function offerOf(
  context: Context,
  { request, priced }: Order,
  call: Call,
  kept: PricedOffer | undefined,
): Promise<PricedOffer> {
  const known = priced ?? kept
  if (known && !isStale(known)) {
    await checkOffer(context, request, known, call.maxPrice)
    return known
  }
  const asked = await askPrice(context, request, call.deadline, call.maxPrice)
  keepOffer(context, request, asked)
  return asked
}

/** Another process took the attempt. Only start a new one if it is closed, or if the key leads back to it. */
async function lookAgain(context: Context, attemptId: string, call: Call): Promise<Settled | Taken> {
  const now = await context.ledger.find(attemptId)
  if (now?.record.state === 'settled') return { kind: 'settled', record: now.record, how: 'job-found' }
  if (!now || isClosed(now.record.state) || call.idempotencyKey !== undefined) return taken
  throw undecidedError(now.record, 'Another process is waiting for the answer', call)
}
