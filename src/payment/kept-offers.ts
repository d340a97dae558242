// Offers kept for the next generation of the same price (`reuseOffers`): one round trip to pay instead of two.
import { priceFieldsOf } from '../catalogue/operations.ts'
import { canonicalJson } from '../internal/json.ts'
import type { PaidRequest, PricedOffer } from './price.ts'

export type OfferMemory = {
  /** The offer of an earlier request with the same price. */
  find(request: PaidRequest): PricedOffer | undefined
  keep(request: PaidRequest, priced: PricedOffer): void
  /** The service does not take it any more. */
  forget(request: PaidRequest): void
}

/** A price that changed meanwhile is refused by the service, so age alone makes an offer no danger. */
const freshMs = 10 * 60_000
const maxOffers = 100

export function createOfferMemory(enabled: boolean): OfferMemory {
  const offers = new Map<string, PricedOffer>()
  return {
    find(request) {
      const priced = enabled ? offers.get(keyOf(request)) : undefined
      return priced && Date.now() - priced.receivedAt < freshMs ? priced : undefined
    },
    keep(request, priced) {
      if (!enabled || !priced.reusable) return
      const key = keyOf(request)
      offers.delete(key)
      offers.set(key, priced)
      const [oldest] = offers.keys()
      if (offers.size > maxOffers && oldest !== undefined) offers.delete(oldest)
    },
    forget(request) {
      if (enabled) offers.delete(keyOf(request))
    },
  }
}

function keyOf({ operation, input }: PaidRequest): string {
  return `${operation} ${canonicalJson(priceFieldsOf(operation, input))}`
}
