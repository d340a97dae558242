// The one place where errors leave the client. Every error becomes one of the package's own, says what the call has
// paid, and reveals nothing that was sent.

import type { Call, Trace } from './call.ts'
import type { Context } from './context.ts'
import { abortedError } from './errors/aborted.ts'
import { adviceAfterPayment, mayHavePaid } from './errors/facts.ts'
import { amendError, isStableStudioError, StableStudioError } from './errors.ts'
import { harmlessCause } from './internal/cause.ts'
import { isRecord } from './internal/json.ts'
import { withoutSecrets } from './internal/text.ts'
import { formatUsd } from './internal/usd.ts'

type Bounded = { deadline: Call['deadline']; trace: Readonly<Trace> }

/** Runs a call of the client. Its errors carry the payment that the call made. */
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

/** Like {@link bounded}, for async iterables. */
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
    // In a broken engine, text that cannot be scrubbed is not shown.
    return amendError(told, { details: undefined, requestId: undefined })
  }
}

/** What must not be shown; `undefined` if a broken engine cannot say. */
function recentOf({ secrets }: Context): string[] | undefined {
  try {
    return secrets.recent()
  } catch {
    return undefined
  }
}

/** Wraps exceptions of the runtime, a store or a callback: they may come after the payment. */
function typed(
  error: unknown,
  { deadline, trace: { phase } }: Bounded,
  secrets: string[] | undefined,
): StableStudioError {
  // Checked first: a caller may abort with another call's error, which carries another payment.
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

/** A custom store may throw a frozen error. Copies it, with the same class, so that it can be amended. */
function thawed(error: StableStudioError): StableStudioError {
  const fields = Object.entries(Object.getOwnPropertyDescriptors(error)).map(([name, field]) => {
    return [name, 'value' in field ? { ...field, writable: true, configurable: true } : field] as const
  })
  return Object.create(Object.getPrototypeOf(error), Object.fromEntries(fields)) as StableStudioError
}

/** Amends an error that was created without knowing about the payment, and so says "nothing was signed". */
function withPayment(error: StableStudioError, { trace }: Bounded): StableStudioError {
  const { payment, attemptId, job, keyed } = trace
  if (!mayHavePaid(payment)) return withUploads(error, trace)
  const facts = { job: error.job ?? job, attemptId: error.attemptId ?? attemptId }
  // The error already knows about this payment, or that it was refused.
  if (mayHavePaid(error.payment) || error.payment === 'rejected') return amendError(error, facts)
  const advice = adviceAfterPayment({ job: facts.job, keyed, isUpload: trace.phase === 'upload' })
  const payer = error.code === 'signin_refused' && facts.job?.receipt?.payer
  const hint = payer ? `Make the client with the wallet that paid, ${payer}. ${advice}` : advice
  return amendError(error, { ...facts, payment, hint, safeToRetry: keyed && !facts.job })
}

/** The generation was not paid, but its uploads were: no error may say that nothing was. */
function withUploads(error: StableStudioError, { uploads = 0n }: Trace): StableStudioError {
  if (uploads === 0n || mayHavePaid(error.payment)) return error
  const rest = error.hint?.replace(/^Nothing (was|has been) [^.]*\. ?/, '')
  const paid = `The generation was not paid; its uploads were ($${formatUsd(uploads)}), and are reused for a while.`
  return amendError(error, { hint: rest ? `${paid} ${rest}` : paid })
}

/** Removes every header value that was sent, wherever the service or a runtime repeats it. */
function scrubbed(error: StableStudioError, secrets: readonly string[]): StableStudioError {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return withoutSecrets(value, secrets)
    return Array.isArray(value) ? value.map(clean) : isRecord(value) ? cleanFields(value) : value
  }
  const cleanFields = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(value)]))
  // The job and the cause are not the service's text.
  const { job: _job, cause: _cause, ...fields } = error
  return amendError(error, cleanFields(fields))
}
