// Asks for the price of exactly one input, and checks what the service offers. Signs nothing.
import { validateInput } from '../catalogue/validate.ts'
import type { Context } from '../config.ts'
import { OfferRefusedError } from '../errors.ts'
import type { Deadline } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Offer, PaymentMethod, PreparePayment } from '../payment/method.ts'
import { checkPayee, checkPrice } from '../payment/policy.ts'
import type { Protocol } from '../types.ts'
import { abortedError, startWait } from './call.ts'
import { challengeOf, jsonHeaders, noAnswerError, refusalOf, secretsOf, urlOf } from './service.ts'

/** The price of one input, checked. Pay exactly it with `submit(quote)`. */
export type Quote<operation extends string = string> = {
  operation: operation
  /** What will be sent: the input with the service's defaults. */
  input: Record<string, unknown>
  /** USD, exact. */
  usd: string
  /** Atomic units. */
  amount: bigint
  network: string
  asset: `0x${string}`
  payTo: `0x${string}`
  protocol: Protocol
  /** ISO 8601. */
  receivedAt: string
}

/** A paid request of the service before it is paid. The same bytes are sent for the price and with the payment. */
export type PaidRequest = {
  operation: string
  path: string
  input: Record<string, unknown>
  body: string
}

/** An offer with the means to pay it. */
export type PricedOffer = { offer: Offer; prepare: PreparePayment; method: PaymentMethod; receivedAt: number }

/** @throws {InvalidInputError} listing every problem of the input. */
export function generationRequest(operation: string, input: unknown): PaidRequest {
  const valid = validateInput(operation, input)
  return { operation, path: `/api/generate/${operation}`, input: valid, body: JSON.stringify(valid) }
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
  checkPrice(request.operation, request.input, offer.amount, maxPrice)
  await checkPayee(context, offer, context.wallet?.address)
  context.events.emit('offer.received', {
    operation: request.operation,
    usd: formatUsd(offer.amount),
    network: offer.network,
    asset: offer.asset,
    payTo: offer.payTo,
    protocol: offer.protocol,
  })
  return priced
}

async function fetchOffer(context: Context, request: PaidRequest, deadline: Deadline): Promise<PricedOffer> {
  const result = await context.http({
    method: 'POST',
    url: urlOf(context, request.path),
    headers: jsonHeaders,
    body: request.body,
    timeoutMs: Math.min(context.timeouts.quote, deadline.left()),
    signal: deadline.signal,
  })
  if (result.kind === 'failure') {
    if (result.reason === 'aborted') throw abortedError(deadline, { phase: 'quote' })
    if (result.status === 402) throw noOffer('Its 402 answer is larger than any challenge.')
    throw noAnswerError(context, result, { phase: 'quote', code: 'network_error' })
  }
  if (result.status !== 402) {
    const where = { phase: 'quote', code: 'service_error' } as const
    throw refusalOf(result, { operation: request.operation, secrets: secretsOf(request.input) }, where)
  }
  const challenge = challengeOf(context, request.path, result)
  for (const method of context.payWith) {
    const selected = method.select(challenge)
    if (selected) return { ...selected, method, receivedAt: Date.now() }
  }
  throw noOffer('Its 402 answer carries no challenge of a protocol in `payWith`.')
}

function noOffer(details: string): OfferRefusedError {
  return new OfferRefusedError('The service asks for a payment, but offers no way to pay.', {
    code: 'no_usable_offer',
    phase: 'check',
    safeToRetry: true,
    details,
    hint: 'Nothing was signed. Check that `baseUrl` is StableStudio or its proxy.',
  })
}

/** What belongs to a quote but is no plain data: kept beside it, so that a quote can be shown and logged. */
export type QuoteMemory = WeakMap<object, { request: PaidRequest; priced: PricedOffer }>

export async function quote<operation extends string>(
  context: Context,
  memory: QuoteMemory,
  operation: operation,
  input: unknown,
  options?: { signal?: AbortSignal | undefined; timeout?: number | undefined },
): Promise<Quote<operation>> {
  const { deadline } = startWait(operation, options)
  const request = generationRequest(operation, input)
  const priced = await askPrice(context, request, deadline, undefined)
  const { amount, network, asset, payTo, protocol } = priced.offer
  const result: Quote<operation> = {
    operation,
    input: request.input,
    usd: formatUsd(amount),
    amount,
    network,
    asset,
    payTo,
    protocol,
    receivedAt: new Date(priced.receivedAt).toISOString(),
  }
  memory.set(result, { request, priced })
  return Object.freeze(result)
}
