// From an operation's input to its paid job: validates, uploads the files in it, then submits.
import type { Context } from '../config.ts'
import { canonicalJson } from '../internal/json.ts'
import { requireMaxPrice } from '../payment/policy.ts'
import type { Job } from '../types.ts'
import { noWallet } from '../wallet.ts'
import type { Call } from './call.ts'
import { followKey } from './follow.ts'
import { readInput, uploadInput } from './media.ts'
import { askPrice, generationRequest, type PricedOffer } from './price.ts'
import { settledJob } from './settle.ts'
import { resend, sendAttempt, submit } from './submit.ts'

/** @param check a last look at the offer, for instance against a quote; throws to refuse it. */
export async function submitInput(
  context: Context,
  operation: string,
  input: unknown,
  call: Call,
  check?: (priced: PricedOffer) => void,
): Promise<Job> {
  const media = await readInput(operation, input)
  if (!context.wallet) throw noWallet()
  requireMaxPrice(operation, call.maxPrice)
  if (media.files.size === 0) {
    const request = generationRequest(operation, media.input)
    const priced = check && (await askPrice(context, request, call.deadline, call.maxPrice))
    if (priced) check?.(priced)
    return submit(context, { request, priced }, call)
  }
  // What the key compares is known before the uploads are paid: the hashes of the files stand for their URLs.
  const identity = canonicalJson(media.input)
  const standIn = { ...generationRequest(operation, media.input), identity }
  const followed = await followKey(context, standIn, call, { sendAttempt, resend })
  const earlier = followed.kind === 'settled' ? settledJob(context, followed.record) : undefined
  if (earlier) return earlier
  const { input: placed, receipts } = await uploadInput(context, media, call)
  const request = { ...generationRequest(operation, placed), identity }
  const priced = await askPrice(context, request, call.deadline, call.maxPrice)
  check?.(priced)
  const job = await submit(context, { request, priced }, call)
  return receipts.length > 0 ? { ...job, receipt: { ...job.receipt, uploads: receipts } } : job
}
