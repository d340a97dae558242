// One attempt from reservation to end: authorized, sent once, then settled, refused or resolved.
import { type Call, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { StoreError } from '../errors.ts'
import { canonicalJson } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { type AttemptHandle, hashOf } from '../ledger/attempt.ts'
import { secretsOf, secretsOfHeader } from '../service/requests.ts'
import { isRefusal, type Refusal, type Settled, type Taken, taken, type Unclear } from './answer.ts'
import { authorize, type Payment } from './authorize.ts'
import { deadError, rejectedError, undecidedError } from './errors.ts'
import type { PaidRequest } from './price.ts'
import { resolveUnknown } from './resolve.ts'
import { type Answered, bytesOf, keepBytes, methodOf, recordSent, send } from './send.ts'
import { eventOf, settleAs } from './settle.ts'

/** The hash that idempotency compares. */
export function inputHashOf({ operation, input, identity }: PaidRequest): string {
  return hashOf(identity ?? canonicalJson(input), operation)
}

/** Gets the payment approved and signed, and completes it. @param instead the attempt that held the key so far. */
export async function pay(
  context: Context,
  payment: Payment,
  instead: string | undefined,
): Promise<Settled | Taken> {
  const { handle, call, request } = payment
  const { idempotencyKey } = call
  if (idempotencyKey !== undefined) {
    const { id } = handle.record
    const mine = await context.ledger.claimKey(idempotencyKey, inputHashOf(request), id, instead)
    if (!mine) {
      await context.ledger.close(handle, 'released')
      return taken
    }
  }
  const header = await authorize(context, payment)
  if (!header) return taken
  keepBytes(handle, request.body, header)
  return complete(context, handle, call, request.input)
}

/**
 * Sends a signed payment and settles it according to the answer.
 *
 * @param input kept out of messages.
 */
export async function complete(
  context: Context,
  handle: AttemptHandle,
  call: Call,
  input: Record<string, unknown>,
): Promise<Settled | Taken> {
  if (!(await recordSent(context, handle, call))) return taken
  call.report({ phase: 'pay' })
  const answered = await send(context, handle, call)
  const { verdict, settlement } = answered
  if (verdict.kind === 'accepted') {
    // Recorded before the caller gets it.
    const delivery = { ...verdict.delivery, ...createdNow(context, verdict.delivery.jobId) }
    const record = await settleAs(context, handle, delivery, settlement?.transaction)
    return { kind: 'settled', record, how: 'job-found' }
  }
  if (isRefusal(verdict))
    throw await refuse(context, handle, { result: answered.result, refusal: verdict, call, input })
  try {
    return await lookFor(context, handle, verdict, call)
  } catch (error) {
    // A store failure now must not look like one before anything was sent.
    throw error instanceof StoreError ? undecidedError(handle.record, verdict.why, call, error) : error
  }
}

function createdNow({ clock }: Context, jobId: string | undefined) {
  return jobId === undefined ? {} : { jobCreatedAt: new Date(clock.now()).toISOString() }
}

/** Resolves a payment without a clear answer, or throws that it is still unknown. */
async function lookFor(
  context: Context,
  handle: AttemptHandle,
  unclear: Unclear,
  call: Call,
): Promise<Settled> {
  await handle.update({ state: 'unknown' }).catch(() => false)
  context.events.emit('payment.unknown', () => eventOf(handle.record))
  const outcome = await resolveUnknown(context, handle, { unclear, deadline: call.deadline })
  if (outcome.kind === 'settled') return outcome
  if (outcome.kind !== 'free') throw undecidedError(handle.record, unclear.why, call)
  traceNothing(call.trace)
  throw deadError(handle.record)
}

type Refused = Pick<Answered, 'result'> &
  Pick<Payment, 'call'> & { refusal: Refusal; input: PaidRequest['input'] }

async function refuse(
  context: Context,
  handle: AttemptHandle,
  { result, refusal, call, input }: Refused,
): Promise<unknown> {
  // Closing drops the signed header, but the service may still echo it.
  const secrets = [...secretsOf(input), ...secretsOfHeader(bytesOf(handle)?.header[1] ?? '')]
  const close = () => context.ledger.close(handle, 'rejected')
  const recorded = await close().catch(() => close().catch(() => false))
  if (!recorded) {
    // Still open in the store: `recover()` would send it again after the caller, told nothing was charged, paid anew.
    context.events.emit('payment.unknown', () => eventOf(handle.record))
    return undecidedError(handle.record, 'The answer was a refusal, which could not be recorded', call)
  }
  traceNothing(call.trace)
  const shown =
    refusal.kind === 'rejected' ? { ...refusal, reason: safeText(refusal.reason, secrets) } : refusal
  const reason = shown.kind === 'rejected' ? shown.reason : 'invalid_input'
  context.events.emit('payment.rejected', () => ({ ...eventOf(handle.record), reason }))
  const held =
    shown.kind === 'rejected' && shown.category === 'funds' ? await heldBy(context, handle, call) : undefined
  return rejectedError(handle.record, shown, result, { secrets, held })
}

/** What the payer holds on the network of the payment, if the method can tell. */
async function heldBy(context: Context, { record }: AttemptHandle, call: Call): Promise<bigint | undefined> {
  const io = { fetch: context.fetch, signal: call.deadline.signal }
  const ask = async () => methodOf(context, record)?.holding?.(record.payer, io)
  const held = await ask().catch(() => undefined)
  return held?.network === record.network ? held.amount : undefined
}
