// The same idempotency key means the same attempt: continues it, in this process or after another one crashed.
import { type Call, traceNothing } from '../call.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { mayHavePaid } from '../errors/facts.ts'
import { InvalidInputError } from '../errors.ts'
import { type AttemptHandle, isClosed, leaseMs } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { type Free, type Settled, type Taken, taken, unclear } from './answer.ts'
import { undecidedError } from './errors.ts'
import { complete, inputHashOf } from './pay.ts'
import type { PaidRequest } from './price.ts'
import { resolveUnknown } from './resolve.ts'

const lookEveryMs = 250

/** Waits for, takes over or settles the attempt that the call's key belongs to. */
export async function followKey(context: Context, request: PaidRequest, call: Call): Promise<Settled | Free> {
  const key = call.idempotencyKey
  if (key === undefined) return { kind: 'free' }
  let last: AttemptHandle | undefined
  while (!call.deadline.passed()) {
    const held = await context.ledger.findKey(key)
    if (!held) return { kind: 'free' }
    if (held.inputHash !== inputHashOf(request)) throw conflict()
    last = await context.ledger.find(held.attemptId)
    const outcome = last ? await follow(context, last, request, call) : free(held.attemptId)
    if (outcome.kind !== 'taken') return outcome
    await call.deadline.rest(lookEveryMs)
    if (call.deadline.signal?.aborted)
      throw abortedError(call.deadline, { phase: 'pay', payment: 'unknown', attemptId: held.attemptId })
  }
  if (last) throw undecidedError(last.record, 'Another process is still waiting for the answer', call)
  return { kind: 'free' }
}

async function follow(
  context: Context,
  handle: AttemptHandle,
  request: PaidRequest,
  call: Call,
): Promise<Settled | Free | Taken> {
  const { record } = handle
  traceAttempt(call.trace, record)
  if (record.state === 'settled') return { kind: 'settled', record, how: 'job-found' }
  if (isClosed(record.state)) return free(record.id)
  if ((record.inFlightUntil ?? 0) > Date.now()) return taken
  return takeOver(context, handle, request, call)
}

const free = (instead: string): Free => ({ kind: 'free', instead })

/** An earlier call may have paid, so later errors must not claim that nothing was paid. */
function traceAttempt(trace: Call['trace'], { id, state }: AttemptRecord): void {
  if (mayHavePaid(state)) Object.assign(trace, { payment: 'unknown', attemptId: id })
  else traceNothing(trace)
}

/** The process that worked on the attempt is gone. The first one to change the record continues it. */
async function takeOver(
  context: Context,
  handle: AttemptHandle,
  request: PaidRequest,
  call: Call,
): Promise<Settled | Free | Taken> {
  const { record } = handle
  const neverSent = record.state === 'reserved' || record.state === 'signed'
  const end = Math.min(record.validBefore * 1000 - leaseMs, record.sendBefore ?? Number.POSITIVE_INFINITY)
  const expired = end <= context.clock.now()
  if (record.state === 'reserved' || (neverSent && (expired || !record.request))) {
    // Only a recorded signature can be sent, and only after `sent` is recorded: releasing it is safe.
    return (await context.ledger.close(handle, 'released')) ? free(record.id) : taken
  }
  if (!(await handle.update({ inFlightUntil: Date.now() + leaseMs, stopped: undefined }))) return taken
  return handle.leased(async () => {
    if (neverSent) return complete(context, handle, call, request.input)
    const lost = unclear('The process that sent the payment ended before the answer was recorded')
    const outcome = await resolveUnknown(context, handle, { unclear: lost, deadline: call.deadline })
    if (outcome.kind === 'open') throw undecidedError(handle.record, lost.why, call)
    return outcome
  })
}

function conflict(): InvalidInputError {
  return new InvalidInputError('This idempotencyKey belongs to another input.', {
    code: 'idempotency_conflict',
    safeToRetry: false,
    issues: [{ path: 'idempotencyKey', message: 'was used with another operation or input before' }],
    hint: 'Nothing was sent. Use a new key for a new generation.',
  })
}
