// Paying a quote: its own offer while it is fresh; else the price is asked again, and must be the same.
import type { Context } from '../config.ts'
import { InvalidInputError, OfferRefusedError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { formatUsd } from '../internal/usd.ts'
import { checkPayee, checkPrice } from '../payment/policy.ts'
import type { Call } from './call.ts'
import { askPrice, generationRequest, type Quote, type QuoteMemory } from './quote.ts'
import type { Submission } from './submit.ts'

/** An offer is paid as it was quoted for this long; the service keeps its offers for five minutes. */
const freshMs = 4 * 60_000

/** @throws {OfferRefusedError} `price_changed` when the service now asks for anything else. */
export async function submissionOfQuote(
  context: Context,
  memory: QuoteMemory,
  quote: Quote,
  call: Call,
): Promise<Submission> {
  if (!isRecord(quote) || typeof quote.operation !== 'string' || typeof quote.usd !== 'string')
    throw noQuote()
  const remembered = memory.get(quote)
  if (remembered && Date.now() - remembered.priced.receivedAt < freshMs) {
    const { request, priced } = remembered
    checkPrice(request.operation, request.input, priced.offer.amount, call.maxPrice)
    await checkPayee(context, priced.offer, context.wallet?.address)
    return remembered
  }
  const request = generationRequest(quote.operation, quote.input)
  const priced = await askPrice(context, request, call.deadline, call.maxPrice)
  const { offer } = priced
  const now = [formatUsd(offer.amount), offer.network, offer.asset, offer.payTo, offer.protocol]
  const then = [quote.usd, quote.network, quote.asset, quote.payTo, quote.protocol]
  if (now.some((part, at) => part !== then[at])) throw changed(now, then)
  return { request, priced }
}

function changed(now: readonly string[], then: readonly unknown[]): OfferRefusedError {
  return new OfferRefusedError('The offer changed since the quote.', {
    code: 'price_changed',
    phase: 'check',
    safeToRetry: true,
    details: `Quoted: ${then.map(String).join(', ')}. Now: ${now.join(', ')}.`,
    hint: 'Nothing was signed. Ask for a new quote.',
  })
}

function noQuote(): InvalidInputError {
  return new InvalidInputError('This is no quote.', {
    code: 'invalid_input',
    phase: 'input',
    safeToRetry: true,
    issues: [
      {
        path: 'quote',
        message: 'must be a Quote as quote() resolves to, or an operation name with its input',
      },
    ],
  })
}
