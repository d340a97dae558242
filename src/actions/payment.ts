// `payment`: one attempt of the ledger, by its id, by the key that it was made with, or by its job.
import { wrongOptions } from '../call.ts'
import type { Context } from '../context.ts'
import { toAttempt } from '../ledger/records.ts'
import type { Attempt } from '../types.ts'

/** Which attempt: its id, the idempotency key of the call that made it, or the id of its job. */
export type PaymentName = string | { idempotencyKey: string } | { jobId: string }

export async function payment({ ledger }: Context, name: PaymentName): Promise<Attempt | undefined> {
  const id = await idOf(ledger, name)
  const handle = id === undefined ? undefined : await ledger.find(id)
  return handle && toAttempt(handle.record)
}

async function idOf(ledger: Context['ledger'], name: PaymentName): Promise<string | undefined> {
  if (typeof name === 'string') return name
  const { idempotencyKey, jobId } = name as { idempotencyKey?: string; jobId?: string }
  if (idempotencyKey !== undefined) return (await ledger.findKey(idempotencyKey))?.attemptId
  if (jobId !== undefined) return ledger.ownerOfJob(jobId)
  throw wrongOptions([
    { path: 'idempotencyKey', message: 'is missing; or pass a jobId, or the id of an attempt' },
  ])
}
