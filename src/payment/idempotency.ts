// The same idempotency key is the same attempt: goes on with it, in this process or after another one crashed.

import { abortedError, type Call, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { InvalidInputError } from '../errors.ts'
import { canonicalJson } from '../internal/json.ts'
import { sleep } from '../internal/time.ts'
import { type AttemptHandle, hashOf, leaseMs } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { undecidedError } from './errors.ts'
import type { PaidRequest } from './price.ts'
import { type Resend, resolveUnknown } from './resolve.ts'

/** What a keyed call starts with: what was bought already, or the attempt that it may replace. */
export type Followed =
  | { kind: 'settled'; record: AttemptRecord }
  | { kind: 'start'; instead?: string | undefined }

/** How a taken-over attempt is sent; given by the only file that sends. */
export type Senders = {
  sendAttempt(
    context: Context,
    handle: AttemptHandle,
    sending: { call: Call; input?: Record<string, unknown> },
  ): Promise<AttemptRecord | 'lost'>
  resend: Resend
}

const lookEveryMs = 250

/** What idempotency compares. */
export function inputHashOf(request: PaidRequest): string {
  return hashOf(request.identity ?? canonicalJson(request.input), request.operation)
}

/** Waits for, takes over or settles the attempt that the call's key stands for. */
export async function followKey(
  context: Context,
  request: PaidRequest,
  call: Call,
  senders: Senders,
): Promise<Followed> {
  const key = call.idempotencyKey
  if (key === undefined) return { kind: 'start' }
  let last: AttemptHandle | undefined
  while (!call.deadline.passed()) {
    const held = await context.ledger.findKey(key)
    if (!held) return { kind: 'start' }
    if (held.inputHash !== inputHashOf(request)) throw conflict()
    last = await context.ledger.find(held.attemptId)
    const followed = await followAttempt(context, last, held.attemptId, request, call, senders)
    if (followed !== 'busy') return followed
    await sleep(lookEveryMs, call.deadline.signal).catch(() => {
      throw abortedError(call.deadline, { phase: 'pay', payment: 'unknown', attemptId: held.attemptId })
    })
  }
  return last
    ? Promise.reject(undecidedError(last.record, 'still awaited by another process', call))
    : { kind: 'start' }
}

async function followAttempt(
  context: Context,
  handle: AttemptHandle | undefined,
  attemptId: string,
  request: PaidRequest,
  call: Call,
  senders: Senders,
): Promise<Followed | 'busy'> {
  if (!handle) return { kind: 'start', instead: attemptId }
  const { record } = handle
  traceAttempt(call.trace, record)
  if (record.state === 'settled') return { kind: 'settled', record }
  if (record.state === 'rejected' || record.state === 'released') return { kind: 'start', instead: attemptId }
  if ((record.inFlightUntil ?? 0) > Date.now()) return 'busy'
  return takeOver(context, handle, request, call, senders)
}

/** An earlier call may have paid: what goes wrong from now on must not look as if nothing was. */
function traceAttempt(trace: Call['trace'], { id, state }: AttemptRecord): void {
  const mayBePaid = state === 'sent' || state === 'unknown' || state === 'settled'
  if (mayBePaid) Object.assign(trace, { payment: 'unknown', attemptId: id })
  else traceNothing(trace)
}

/** The process that worked on the attempt is gone. Whoever changes the record first goes on with it. */
async function takeOver(
  context: Context,
  handle: AttemptHandle,
  request: PaidRequest,
  call: Call,
  { sendAttempt, resend }: Senders,
): Promise<Followed | 'busy'> {
  const { record } = handle
  const neverSent = record.state === 'reserved' || record.state === 'signed'
  const expired = record.validBefore * 1000 <= context.clock.now() + leaseMs
  if (record.state === 'reserved' || (neverSent && (expired || !record.request))) {
    // Only a recorded signature can have been sent, and only by way of `sent`: giving it back is safe.
    const released = await context.ledger.close(handle, 'released')
    return released ? { kind: 'start', instead: record.id } : 'busy'
  }
  if (!(await handle.update({ inFlightUntil: Date.now() + leaseMs }))) return 'busy'
  const outcome = await handle.leased(async () => {
    if (neverSent) return sendAttempt(context, handle, { call, input: request.input })
    const verdict = {
      kind: 'unclear',
      why: 'lost with the process that sent it',
      answered: true,
      alreadyPaid: false,
    } as const
    const resolution = await resolveUnknown(context, handle, { verdict, deadline: call.deadline, resend })
    if (resolution.outcome === 'released') return 'lost' as const
    if (!resolution.record) throw undecidedError(handle.record, verdict.why, call)
    return resolution.record
  })
  return outcome === 'lost' ? 'busy' : { kind: 'settled', record: outcome }
}

function conflict(): InvalidInputError {
  return new InvalidInputError('This idempotencyKey belongs to another input.', {
    code: 'idempotency_conflict',
    phase: 'input',
    safeToRetry: false,
    issues: [{ path: 'idempotencyKey', message: 'was used with another operation or input before' }],
    hint: 'Nothing was sent. Use a new key for a new generation.',
  })
}
