// `submit`: turns an operation's input, or a quote, into a paid job.

import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { InvalidInputError, OfferRefusedError } from '../errors.ts'
import { canonicalJson, isRecord } from '../internal/json.ts'
import { wrongKind } from '../internal/kind.ts'
import { formatUsd, parseUsd } from '../internal/usd.ts'
import type { PricedOffer } from '../methods/method.ts'
import { type Bought, buy } from '../payment/buy.ts'
import { deliveryLost } from '../payment/errors.ts'
import { followKey } from '../payment/idempotency.ts'
import { requireMaxPrice } from '../payment/policy.ts'
import { checkOffer, generationRequest, isYounger } from '../payment/price.ts'
import { settledJob } from '../payment/settle.ts'
import type { Job } from '../types.ts'
import { type MediaInput, readInput, uploadInput, uploadsOf } from '../uploads/inputs.ts'
import { noWallet } from '../wallet.ts'
import { type Quote, type QuoteMemory, quotedMs } from './quote.ts'

/** @param check the last check of the offer, for example against a quote; throws to refuse it. */
export async function submitInput(
  context: Context,
  operation: string,
  input: unknown,
  call: Call,
  check?: (priced: PricedOffer) => void,
): Promise<Job> {
  const media = await readInput(operation, input)
  if (!context.payer) throw noWallet()
  requireMaxPrice(operation, call.maxPrice)
  if (media.files.size === 0) {
    const order = { request: generationRequest(operation, media.input), check }
    return jobOf(context, await buy(context, order, call), call)
  }
  // The key can be checked before the uploads are paid: file hashes stand in for their URLs.
  const identity = canonicalJson(media.input)
  const standIn = { ...generationRequest(operation, media.input), identity }
  const followed = await followKey(context, standIn, call)
  if (followed.kind === 'settled') {
    const earlier = settledJob(context, followed.record)
    if (!earlier) throw deliveryLost(followed.record)
    return earlier
  }
  await requireRoomForUploads(context, media, call)
  const { input: placed, receipts } = await uploadInput(context, media, call)
  const paid = receipts.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const rest = call.maxPrice === undefined ? undefined : call.maxPrice - paid
  const request = { ...generationRequest(operation, placed), identity }
  const bought = await buy(context, { request, check }, { ...call, maxPrice: rest })
  const job = jobOf(context, bought, call)
  return receipts.length > 0 ? { ...job, receipt: { ...job.receipt, uploads: receipts } } : job
}

/** @throws {StableStudioError} `delivery_lost` when it was paid, but the answer that names the job was lost. */
function jobOf(context: Context, { record }: Bought, call: Call): Job {
  const job = settledJob(context, record)
  Object.assign(call.trace, { payment: 'settled', attemptId: record.id, job })
  if (!job) throw deliveryLost(record)
  return job
}

/** Uploads count toward `maxPrice`. None is paid if they alone would use it up. */
async function requireRoomForUploads(context: Context, media: MediaInput, call: Call): Promise<void> {
  const { amount } = await uploadsOf(context, media)
  if (call.maxPrice === undefined || amount < call.maxPrice) return
  throw new OfferRefusedError('The uploads alone use up what this call may cost.', {
    code: 'price_above_max',
    details: `They cost $${formatUsd(amount)}; maxPrice is $${formatUsd(call.maxPrice)}.`,
    hint: 'Nothing was signed. Raise `maxPrice`, or upload the files first.',
  })
}

/** Pays a quote: with its own offer while fresh. After that it asks for the price again, which must be the same. */
export async function submitQuote(context: Context, memory: QuoteMemory, quote: Quote, call: Call) {
  if (!isRecord(quote) || typeof quote.operation !== 'string' || typeof quote.usd !== 'string')
    throw noQuote(quote)
  const remembered = memory.get(quote)
  if (remembered && isYounger(remembered.priced, quotedMs)) {
    const { request, priced } = remembered
    await checkOffer(context, request, priced, call.maxPrice)
    const order = { ...remembered, check: (offered: PricedOffer) => requireSame(quote, offered) }
    return jobOf(context, await buy(context, order, call), call)
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
    details: `Quoted: ${then.map(String).join(', ')}. Now: ${now.join(', ')}.`,
    hint: 'Nothing was signed. Get a new quote.',
  })
}

function noQuote(given: unknown): InvalidInputError {
  const message = wrongKind(given, 'must be a Quote returned by quote(), or an operation name with its input')
  return new InvalidInputError('Not a quote.', { issues: [{ path: 'quote', message }] })
}
