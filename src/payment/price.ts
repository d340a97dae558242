// Asks for the price of exactly one request, and checks what the service offers. Signs nothing.

import { abortedError } from '../call.ts'
import type { Context } from '../context.ts'
import { OfferRefusedError } from '../errors.ts'
import type { Deadline } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Challenge, PricedOffer } from '../methods/method.ts'
import { noAnswerError, refusalOf } from '../service/refusals.ts'
import { challengeOf, jsonHeaders, secretsOf, urlOf } from '../service/requests.ts'
import { checkPayee, checkPrice } from './policy.ts'

/** A paid request of the service before it is paid. The same bytes are sent for the price and with the payment. */
export type PaidRequest = {
  operation: string
  path: string
  input: Record<string, unknown>
  body: string
  /** What idempotency compares instead of the input. */
  identity?: string
}

/** The paid request of a generation, from a valid input. */
export function generationRequest(operation: string, input: Record<string, unknown>): PaidRequest {
  return { operation, path: `/api/generate/${operation}`, input, body: JSON.stringify(input) }
}

/** Asks for the price, and checks everything about the offer that needs no wallet. */
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

/** Nothing is signed for a price: a connection that breaks must not fail the whole call. */
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
    throw refusalOf(result, { operation: request.operation, secrets: secretsOf(request.input) }, where)
  }
  const selected = selectOffer(context, challengeOf(context, request.path, result))
  return { ...selected, receivedAt: Date.now() }
}

/** Of the first method that the service offers and this client can pay by. An offer that fails a check ends it. */
function selectOffer(context: Context, challenge: Challenge) {
  let unusable: unknown
  for (const method of context.payWith) {
    // Another method's account can pay here, but this one has no wallet to ask.
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

/** Offered, but on a chain or in a way that the method does not pay at all. */
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
