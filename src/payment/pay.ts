// One attempt, from the reserved amount to its end: authorized, sent once, and settled, refused or looked for.
import { type Call, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { StoreError } from '../errors.ts'
import { canonicalJson } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { type AttemptHandle, hashOf } from '../ledger/attempt.ts'
import { secretsOf, secretsOfHeader } from '../service/requests.ts'
import { isRefusal, type Refusal, type Unclear } from './answer.ts'
import { authorize, type Payment } from './authorize.ts'
import { deadError, rejectedError, undecidedError } from './errors.ts'
import { type Settled, type Taken, taken } from './outcome.ts'
import type { PaidRequest } from './price.ts'
import { resolveUnknown } from './resolve.ts'
import { type Answered, bytesOf, keepBytes, recordSent, send } from './send.ts'
import { eventOf, settleAs } from './settle.ts'

/** What idempotency compares. */
export function inputHashOf({ operation, input, identity }: PaidRequest): string {
  return hashOf(identity ?? canonicalJson(input), operation)
}

/** Has the payment approved and signed, and completes it. @param instead the attempt that its key stood for so far. */
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
 * Sends a signed payment and settles what is decided of it.
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
    // Booked before it is handed out.
    const delivery = { ...verdict.delivery, ...createdNow(context, verdict.delivery.jobId) }
    const record = await settleAs(context, handle, delivery, settlement?.transaction)
    return { kind: 'settled', record, how: 'paid' }
  }
  if (isRefusal(verdict)) throw await refuse(context, handle, { answered, refusal: verdict, call, input })
  try {
    return await lookFor(context, handle, verdict, call)
  } catch (error) {
    // A store that fails now must not look like one that failed before anything was sent.
    throw error instanceof StoreError ? undecidedError(handle.record, verdict.why, call, error) : error
  }
}

function createdNow({ clock }: Context, jobId: string | undefined) {
  return jobId === undefined ? {} : { jobCreatedAt: new Date(clock.now()).toISOString() }
}

/** Finds out what became of a payment without a clear answer, or says that it is not known yet. */
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

async function refuse(
  context: Context,
  handle: AttemptHandle,
  {
    answered,
    refusal,
    call,
    input,
  }: { answered: Answered; refusal: Refusal; call: Call; input: Record<string, unknown> },
): Promise<unknown> {
  // Closing forgets the signed header; the service may echo it all the same.
  const secrets = [...secretsOf(input), ...secretsOfHeader(bytesOf(handle)?.header[1] ?? '')]
  const close = () => context.ledger.close(handle, 'rejected')
  const recorded = await close().catch(() => close().catch(() => false))
  if (!recorded) {
    // Open in the store, `recover()` would send it again, while its caller, told that nothing was charged, pays anew.
    context.events.emit('payment.unknown', () => eventOf(handle.record))
    return undecidedError(handle.record, 'a refusal that could not be recorded', call)
  }
  traceNothing(call.trace)
  const shown =
    refusal.kind === 'rejected' ? { ...refusal, reason: safeText(refusal.reason, secrets) } : refusal
  const reason = shown.kind === 'rejected' ? shown.reason : 'invalid_input'
  context.events.emit('payment.rejected', () => ({ ...eventOf(handle.record), reason }))
  return rejectedError(handle.record, shown, answered.result, secrets)
}
