// Offers kept for later generations at the same price (`reuseOffers`): one round trip per payment instead of two.
import { priceFieldsOf } from '../catalogue/operations.ts'
import type { Context } from '../context.ts'
import { canonicalJson } from '../internal/json.ts'
import type { PricedOffer } from '../methods/method.ts'
import type { PaidRequest } from './price.ts'

/** An old offer is safe: if its price has changed, the service refuses the payment. */
const freshMs = 10 * 60_000
const maxOffers = 100

/** The offer from an earlier request with the same price. */
export function findKeptOffer(
  { keptOffers, reuseOffers }: Context,
  request: PaidRequest,
): PricedOffer | undefined {
  const priced = reuseOffers ? keptOffers.get(keyOf(request)) : undefined
  return priced && Date.now() - priced.receivedAt < freshMs ? priced : undefined
}

export function keepOffer(
  { keptOffers, reuseOffers }: Context,
  request: PaidRequest,
  priced: PricedOffer,
): void {
  if (!reuseOffers || !priced.reusable) return
  const key = keyOf(request)
  keptOffers.delete(key)
  keptOffers.set(key, priced)
  const [oldest] = keptOffers.keys()
  if (keptOffers.size > maxOffers && oldest !== undefined) keptOffers.delete(oldest)
}

/** Drops an offer that the service no longer accepts. */
export function forgetOffer({ keptOffers }: Context, request: PaidRequest): void {
  keptOffers.delete(keyOf(request))
}

function keyOf({ operation, input }: PaidRequest): string {
  return `${operation} ${canonicalJson(priceFieldsOf(operation, input))}`
}
