// Pays for one picture or video, waits for it, and downloads it. Its errors are the client's own, as they are: the AI SDK
// repeats none of them, and they carry the job.
import type { JSONObject } from '@ai-sdk/provider'
import { isStableStudioError, type Job, type Output, type StableStudioClient } from '../index.ts'
import { keyOf } from './options.ts'
import { inputAt, type Plan } from './plan.ts'

/** The file, and what the caller is told of it. */
export type Bought = { data: Uint8Array; metadata: JSONObject }

type Client = Pick<StableStudioClient, 'submit' | 'wait'>

/** Pays once. The download is not part of `timeout`: what was paid for should not be dropped for being large. */
export async function buy(client: Client, plan: Plan, index = 0, signal?: AbortSignal): Promise<Bought> {
  const { timeout } = plan.settings
  const startedAt = Date.now()
  const job = await submit(client, plan, index, signal)
  const left = timeout === undefined ? {} : { timeout: Math.max(1, timeout - (Date.now() - startedAt)) }
  const output = await client.wait(job, { signal, ...left })
  return { data: await output.bytes({ signal }), metadata: { ...paidOf(job), ...whereOf(output) } }
}

export function submit(client: Client, plan: Plan, index: number, signal?: AbortSignal): Promise<Job> {
  const { maxPrice, timeout, idempotencyKey } = plan.settings
  const options = { signal, maxPrice, timeout, idempotencyKey: keyOf(idempotencyKey, index) }
  return client.submit(plan.operation, inputAt(plan, index), options)
}

/** What was paid, as JSON. */
export function paidOf({ id, operation, attemptId, receipt: { usd, transaction } }: Job): JSONObject {
  return { jobId: id, operation, usd, ...(transaction && { transaction }), attemptId }
}

export function whereOf({ url, expiresAt }: Output): JSONObject {
  return { url, expiresAt }
}

/** Of several errors the one that asks most of the caller: an open payment, then a paid job, then the rest. */
export function gravest(errors: readonly unknown[]): unknown {
  const [worst] = [...errors].sort((one, other) => gravity(other) - gravity(one))
  // The other ones may carry jobs, too. Not enumerable: the error is one of them.
  if (errors.length > 1 && isStableStudioError(worst))
    Object.defineProperty(worst, 'errors', { value: errors, configurable: true })
  return worst
}

function gravity(error: unknown): number {
  if (!isStableStudioError(error)) return 0
  return error.payment === 'unknown' || error.payment === 'sent' ? 3 : error.job ? 2 : 1
}
