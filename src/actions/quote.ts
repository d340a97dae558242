// `quote`: the checked price of one input, before anything is signed.

import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { defaultOrigin } from '../internal/url.ts'
import { formatUsd } from '../internal/usd.ts'
import type { PricedOffer } from '../methods/method.ts'
import { askPrice, generationRequest, type PaidRequest } from '../payment/price.ts'
import type { Protocol } from '../types.ts'
import { placeUrls, readInput, uploadsOf } from '../uploads/inputs.ts'

/** The checked price of one input. Pay exactly this price with `submit(quote)`. */
export type Quote<operation extends string = string> = {
  operation: operation
  /** What will be sent: the input with the service's defaults. */
  input: Record<string, unknown>
  /** USD, exact, including uploads. */
  usd: string
  /** Atomic units, including uploads. */
  amount: bigint
  network: string
  asset: string
  payTo: string
  protocol: Protocol
  /** ISO 8601. */
  receivedAt: string
  /**
   * ISO 8601. Until then `submit(quote)` pays this very offer. After that, or with files to upload, or if the quote came
   * through JSON, it asks for the price again, and pays only the same one.
   */
  expiresAt: string
  /** The files of the input that must be uploaded first, $0.01 each. Missing if there are none. */
  uploads?: { count: number; usd: string }
}

/** The parts of a quote that are not plain data, kept apart so that a quote can be shown and logged. */
export type QuoteMemory = WeakMap<object, { request: PaidRequest; priced: PricedOffer }>

/** How long a quoted offer is paid as is. The service honors its offers for five minutes. */
export const quotedMs = 4 * 60_000

/** Options of `quote`. */
export type QuoteOptions = { signal?: AbortSignal | undefined; timeout?: number | undefined }

export async function quote<operation extends string>(
  context: Context,
  memory: QuoteMemory,
  operation: operation,
  input: unknown,
  { deadline }: Call,
): Promise<Quote<operation>> {
  const media = await readInput(operation, input)
  // The service reads media before it names a price, and the files are not uploaded yet, so any image will do. It must
  // be an https URL, which a service on this machine may not have.
  const standInOrigin = context.origin.startsWith('https:') ? context.origin : defaultOrigin
  const request = generationRequest(
    operation,
    placeUrls(media.input, () => `${standInOrigin}/icon.png`),
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
    expiresAt: new Date(priced.receivedAt + quotedMs).toISOString(),
    ...(uploads.count > 0 && { uploads: { count: uploads.count, usd: formatUsd(uploads.amount) } }),
  }
  if (media.files.size === 0) memory.set(result, { request, priced })
  // JSON has no bigint. A quote restored from JSON is paid by its `usd`.
  Object.defineProperty(result, 'toJSON', { value: () => ({ ...result, amount: amount.toString() }) })
  return Object.freeze(result)
}
