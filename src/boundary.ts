// The one place where errors leave the client: whatever is thrown becomes one of the package's errors, tells what the
// call has paid, and shows nothing that was sent.

import { abortedError, type Call, type Trace } from './call.ts'
import type { Context } from './context.ts'
import {
  adviceAfterPayment,
  amendError,
  isStableStudioError,
  mayHavePaid,
  StableStudioError,
} from './errors.ts'
import { harmlessCause } from './internal/cause.ts'
import { isRecord } from './internal/json.ts'
import { withoutSecrets } from './internal/text.ts'

type Bounded = { deadline: Call['deadline']; trace: Readonly<Trace> }

/** Runs a call of the client. What it throws tells of the payment that the call made. */
export async function bounded<value>(
  context: Context,
  call: Bounded,
  work: () => Promise<value>,
): Promise<value> {
  try {
    return await work()
  } catch (error) {
    throw leaving(context, call, error)
  }
}

/** Like {@link bounded}, for what hands out one value after the other. */
export async function* boundedEach<value>(
  context: Context,
  call: Bounded,
  values: AsyncIterable<value>,
): AsyncGenerator<value, void, void> {
  try {
    yield* values
  } catch (error) {
    throw leaving(context, call, error)
  }
}

function leaving(context: Context, call: Bounded, error: unknown): StableStudioError {
  const secrets = recentOf(context)
  const told = withPayment(typed(error, call, secrets), call)
  try {
    return scrubbed(told, secrets ?? context.secrets.recent())
  } catch {
    // In an engine that is broken itself, what cannot be looked through is not shown.
    return amendError(told, { details: undefined, requestId: undefined })
  }
}

/** What must not be shown; `undefined` where a broken engine cannot tell. */
function recentOf({ secrets }: Context): string[] | undefined {
  try {
    return secrets.recent()
  } catch {
    return undefined
  }
}

/** An exception of the runtime, of a store or of a callback is none of the caller's: it may come after the payment. */
function typed(
  error: unknown,
  { deadline, trace: { phase } }: Bounded,
  secrets: string[] | undefined,
): StableStudioError {
  // First: a caller may abort with the error of another call, which tells of another payment.
  if (deadline.signal?.aborted && error === deadline.signal.reason) return abortedError(deadline, { phase })
  if (isStableStudioError(error)) return Object.isExtensible(error) ? error : thawed(error)
  return new StableStudioError('An unexpected error occurred.', {
    code: 'internal',
    phase,
    safeToRetry: true,
    hint: 'Nothing was paid. See `cause`, and report it.',
    cause: harmlessCause(error, secrets),
  })
}

/** A store of the caller's may throw one that cannot be mended: a copy of the same class can. */
function thawed(error: StableStudioError): StableStudioError {
  const fields = Object.entries(Object.getOwnPropertyDescriptors(error)).map(([name, field]) => {
    return [name, 'value' in field ? { ...field, writable: true, configurable: true } : field] as const
  })
  return Object.create(Object.getPrototypeOf(error), Object.fromEntries(fields)) as StableStudioError
}

/** An error that was made without knowledge of the payment says "nothing was signed", and is mended. */
function withPayment(error: StableStudioError, { trace }: Bounded): StableStudioError {
  const { payment, attemptId, job, keyed } = trace
  if (!mayHavePaid(payment)) return error
  const facts = { job: error.job ?? job, attemptId: error.attemptId ?? attemptId }
  // It knows of a payment itself: of this one, or that it was refused.
  if (mayHavePaid(error.payment) || error.payment === 'rejected') return amendError(error, facts)
  const hint = adviceAfterPayment({ job: facts.job, keyed, isUpload: trace.phase === 'upload' })
  return amendError(error, { ...facts, payment, hint, safeToRetry: keyed && !facts.job })
}

/** Without any header value that was sent, wherever the service or a runtime repeats it. */
function scrubbed(error: StableStudioError, secrets: readonly string[]): StableStudioError {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return withoutSecrets(value, secrets)
    return Array.isArray(value) ? value.map(clean) : isRecord(value) ? cleanFields(value) : value
  }
  const cleanFields = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(value)]))
  // The job and the cause are not the service's words.
  const { job: _job, cause: _cause, ...fields } = error
  return amendError(error, cleanFields(fields))
}
