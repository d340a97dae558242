// Quotes: the price of one input before anything is signed, and paying exactly that price afterwards.

import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { InvalidInputError, OfferRefusedError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { formatUsd, parseUsd } from '../internal/usd.ts'
import { submit } from '../payment/buy.ts'
import {
  askPrice,
  checkOffer,
  generationRequest,
  type PaidRequest,
  type PricedOffer,
} from '../payment/price.ts'
import type { Job, Protocol } from '../types.ts'
import { placeUrls, readInput, uploadsOf } from '../uploads/inputs.ts'
import { submitInput } from './submit.ts'

/** The price of one input, checked. Pay exactly it with `submit(quote)`. */
export type Quote<operation extends string = string> = {
  operation: operation
  /** What will be sent: the input with the service's defaults. */
  input: Record<string, unknown>
  /** USD, exact; uploads included. */
  usd: string
  /** Atomic units; uploads included. */
  amount: bigint
  network: string
  asset: `0x${string}`
  payTo: `0x${string}`
  protocol: Protocol
  /** ISO 8601. */
  receivedAt: string
  /** The files of the input that have to be uploaded first, $0.01 each; missing when there are none. */
  uploads?: { count: number; usd: string }
}

/** What belongs to a quote but is no plain data: kept beside it, so that a quote can be shown and logged. */
export type QuoteMemory = WeakMap<object, { request: PaidRequest; priced: PricedOffer }>

/** Options of `quote`. */
export type QuoteOptions = { signal?: AbortSignal | undefined; timeout?: number | undefined }

/** An offer is paid as it was quoted for this long; the service keeps its offers for five minutes. */
const freshMs = 4 * 60_000

export async function quote<operation extends string>(
  context: Context,
  memory: QuoteMemory,
  operation: operation,
  input: unknown,
  { deadline }: Call,
): Promise<Quote<operation>> {
  const media = await readInput(operation, input)
  // The service looks at media before it names a price, and the files are not there yet: any picture does.
  const request = generationRequest(
    operation,
    placeUrls(media.input, () => `${context.origin}/icon.png`),
  )
  const priced = await askPrice(context, request, deadline, undefined)
  const { network, asset, payTo, protocol } = priced.offer
  const uploads = await uploadsOf(context, media)
  const amount = priced.offer.amount + uploads.amount
  const result: Quote<operation> = {
    operation,
    input: media.files.size > 0 ? { ...media.input, ...(input as object) } : media.input,
    usd: formatUsd(amount),
    amount,
    network,
    asset,
    payTo,
    protocol,
    receivedAt: new Date(priced.receivedAt).toISOString(),
    ...(uploads.count > 0 && { uploads: { count: uploads.count, usd: formatUsd(uploads.amount) } }),
  }
  if (media.files.size === 0) memory.set(result, { request, priced })
  // JSON has no bigint; a quote that was sent around as JSON is paid by its `usd`.
  Object.defineProperty(result, 'toJSON', { value: () => ({ ...result, amount: amount.toString() }) })
  return Object.freeze(result)
}

/** Pays a quote: its own offer while it is fresh; else the price is asked again, and must be the same. */
export async function submitQuote(
  context: Context,
  memory: QuoteMemory,
  quote: Quote,
  call: Call,
): Promise<Job> {
  if (!isRecord(quote) || typeof quote.operation !== 'string' || typeof quote.usd !== 'string')
    throw noQuote()
  const remembered = memory.get(quote)
  if (remembered && Date.now() - remembered.priced.receivedAt < freshMs) {
    const { request, priced } = remembered
    await checkOffer(context, request, priced.offer, call.maxPrice)
    return submit(context, { ...remembered, check: (offered) => requireSame(quote, offered) }, call)
  }
  return submitInput(context, quote.operation, quote.input, call, (priced) => requireSame(quote, priced))
}

/** @throws {OfferRefusedError} `price_changed` when the service now asks for anything else. */
function requireSame(quote: Quote, { offer }: PricedOffer): void {
  const uploads = parseUsd(quote.uploads?.usd ?? '0') ?? 0n
  const quoted = formatUsd((parseUsd(quote.usd) ?? 0n) - uploads)
  const now = [formatUsd(offer.amount), offer.network, offer.asset, offer.payTo, offer.protocol]
  const then = [quoted, quote.network, quote.asset, quote.payTo, quote.protocol]
  if (now.every((part, at) => part === then[at])) return
  throw new OfferRefusedError('The offer changed since the quote.', {
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
