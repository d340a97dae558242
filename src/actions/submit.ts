// From an operation's input to its paid job: validates, uploads the files in it, then submits.

import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { OfferRefusedError } from '../errors.ts'
import { canonicalJson } from '../internal/json.ts'
import { formatUsd } from '../internal/usd.ts'
import { resend, sendAttempt, submit } from '../payment/buy.ts'
import { followKey } from '../payment/idempotency.ts'
import { requireMaxPrice } from '../payment/policy.ts'
import { generationRequest, type PricedOffer } from '../payment/price.ts'
import { settledJob } from '../payment/settle.ts'
import type { Job } from '../types.ts'
import { type MediaInput, readInput, uploadInput, uploadsOf } from '../uploads/inputs.ts'
import { noWallet } from '../wallet.ts'

/** @param check a last look at the offer, for instance against a quote; throws to refuse it. */
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
    return submit(context, { request: generationRequest(operation, media.input), check }, call)
  }
  // What the key compares is known before the uploads are paid: the hashes of the files stand for their URLs.
  const identity = canonicalJson(media.input)
  const standIn = { ...generationRequest(operation, media.input), identity }
  const followed = await followKey(context, standIn, call, { sendAttempt, resend })
  const earlier = followed.kind === 'settled' ? settledJob(context, followed.record) : undefined
  if (earlier) return earlier
  await requireRoomForUploads(context, media, call)
  const { input: placed, receipts } = await uploadInput(context, media, call)
  const paid = receipts.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const rest = call.maxPrice === undefined ? undefined : call.maxPrice - paid
  const request = { ...generationRequest(operation, placed), identity }
  const job = await submit(context, { request, check }, { ...call, maxPrice: rest })
  return receipts.length > 0 ? { ...job, receipt: { ...job.receipt, uploads: receipts } } : job
}

/** Uploads count against `maxPrice`: none is paid when they alone would use it up. */
async function requireRoomForUploads(context: Context, media: MediaInput, call: Call): Promise<void> {
  const { amount } = await uploadsOf(context, media)
  if (call.maxPrice === undefined || amount < call.maxPrice) return
  throw new OfferRefusedError('The uploads alone cost as much as this call may.', {
    code: 'price_above_max',
    phase: 'check',
    safeToRetry: true,
    details: `They cost $${formatUsd(amount)}; maxPrice is $${formatUsd(call.maxPrice)}.`,
    hint: 'Nothing was signed. Raise `maxPrice`, or upload the files first.',
  })
}
