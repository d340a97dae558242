// Asks for the price of one request and checks the offer. Signs nothing. With `reuseOffers`, offers are kept for later
// requests at the same price: one round trip per payment instead of two.

import { priceFieldsOf } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { OfferRefusedError } from '../errors.ts'
import { canonicalJson } from '../internal/json.ts'
import type { Deadline } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Challenge, PricedOffer } from '../methods/method.ts'
import { noAnswerError, refusalOf } from '../service/refusals.ts'
import { challengeOf, jsonHeaders, secretsOf, urlOf } from '../service/requests.ts'
import { checkPayee, checkPrice } from './policy.ts'

/** A request before it is paid. The same bytes are sent to get the price and to pay. */
export type PaidRequest = {
  operation: string
  path: string
  input: Record<string, unknown>
  body: string
  /** What idempotency compares instead of the input. */
  identity?: string
}

export function generationRequest(operation: string, input: Record<string, unknown>): PaidRequest {
  return { operation, path: `/api/generate/${operation}`, input, body: JSON.stringify(input) }
}

/** Asks for the price and checks everything in the offer that needs no wallet. */
export async function askPrice(
  context: Context,
  request: PaidRequest,
  deadline: Deadline,
  maxPrice: bigint | undefined,
): Promise<PricedOffer> {
  const priced = await fetchOffer(context, request, deadline)
  const { offer } = priced
  await checkOffer(context, request, priced, maxPrice)
  context.events.emit('offer.received', () => ({
    operation: request.operation,
    usd: formatUsd(offer.amount),
    network: offer.network,
    asset: offer.asset,
    payTo: offer.payTo,
    protocol: offer.protocol,
  }))
  return priced
}

/** @throws {OfferRefusedError} when this call may not pay it. */
export async function checkOffer(
  context: Context,
  request: PaidRequest,
  priced: PricedOffer,
  maxPrice: bigint | undefined,
): Promise<void> {
  checkPrice(request.operation, request.input, priced.offer.amount, maxPrice)
  await checkPayee(context, priced, context.payer?.address)
}

/** Safe to retry, since nothing is signed: a dropped connection must not fail the whole call. */
const priceRetries = 2

async function fetchOffer(context: Context, request: PaidRequest, deadline: Deadline): Promise<PricedOffer> {
  const result = await context.read({
    method: 'POST',
    url: urlOf(context, request.path),
    headers: jsonHeaders,
    body: request.body,
    timeoutMs: Math.min(context.timeouts.quote, deadline.left()),
    signal: deadline.signal,
    retries: priceRetries,
  })
  if (result.kind === 'failure') {
    if (result.reason === 'aborted') throw abortedError(deadline, { phase: 'quote' })
    if (result.status === 402 && result.reason === 'too_large')
      throw noOffer('Its 402 answer is larger than any challenge.')
    throw noAnswerError(context, result, { phase: 'quote', code: 'network_error' })
  }
  if (result.status !== 402) {
    const where = { phase: 'quote', code: 'service_error' } as const
    const { operation, input } = request
    throw refusalOf(result, { operation, secrets: secretsOf(input), baseUrl: context.baseUrl }, where)
  }
  const selected = selectOffer(context, challengeOf(context, request.path, result))
  return { ...selected, receivedAt: Date.now() }
}

/** The offer of the first method that the service and this client both support. An offer that fails a check throws. */
function selectOffer(context: Context, challenge: Challenge) {
  let unusable: unknown
  for (const method of context.payWith) {
    // This method needs a wallet, and the client has only another method's account.
    if (context.payer && !context.wallet && !method.account) continue
    try {
      const selected = method.select(challenge)
      if (selected) return { ...selected, method }
    } catch (error) {
      if (!isUnusable(error)) throw error
      unusable ??= error
    }
  }
  throw unusable ?? noOffer('Its 402 answer carries no challenge of a protocol in `payWith`.')
}

/** The offer is on a chain or in a form that the method does not support. */
function isUnusable(error: unknown): boolean {
  return error instanceof OfferRefusedError && ['no_usable_offer', 'network_not_allowed'].includes(error.code)
}

function noOffer(details: string): OfferRefusedError {
  return new OfferRefusedError('The service asks for a payment, but offers no usable way to pay.', {
    code: 'no_usable_offer',
    details,
    hint: 'Nothing was signed. Check that `baseUrl` is StableStudio or its proxy.',
  })
}

/** An old offer is safe: if its price has changed, the service refuses the payment. */
const keptMs = 10 * 60_000
const maxOffers = 100

export function findKeptOffer({ keptOffers, reuseOffers }: Context, request: PaidRequest) {
  const priced = reuseOffers ? keptOffers.get(keyOf(request)) : undefined
  return priced && isYounger(priced, keptMs) ? priced : undefined
}

/** Whether an offer was received less than so many ms ago. A clock that was set back makes its age negative. */
export function isYounger({ receivedAt }: PricedOffer, ms: number): boolean {
  return Math.abs(Date.now() - receivedAt) < ms
}

/** Whether it must be asked for again before it is signed. */
export function isStale(priced: PricedOffer): boolean {
  return priced.freshForMs !== undefined && !isYounger(priced, priced.freshForMs)
}

export function keepOffer(context: Context, request: PaidRequest, priced: PricedOffer): void {
  const { keptOffers, reuseOffers } = context
  if (!reuseOffers || !priced.reusable) return
  const key = keyOf(request)
  keptOffers.delete(key)
  keptOffers.set(key, priced)
  const [oldest] = keptOffers.keys()
  if (keptOffers.size > maxOffers && oldest !== undefined) keptOffers.delete(oldest)
}

export function forgetOffer({ keptOffers }: Context, request: PaidRequest): void {
  keptOffers.delete(keyOf(request))
}

function keyOf({ operation, input }: PaidRequest): string {
  return `${operation} ${canonicalJson(priceFieldsOf(operation, input))}`
}
