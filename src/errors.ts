// All errors of the package: one base class, and a class for each kind of failure.
import type { ErrorCode, ErrorFacts, PaymentState } from './errors/facts.ts'
import type { Job, Phase } from './types.ts'

const brand = Symbol.for('stablestudio.error')

/** Base of all errors that this package throws. */
export class StableStudioError extends Error {
  /** The class's defaults. */
  protected static readonly usual: ErrorFacts = {}
  override readonly name: string = 'StableStudioError'
  readonly code: ErrorCode
  /** The first line of the message. */
  readonly shortMessage: string
  /** What exactly was wrong. May quote the service, shortened and without control characters. */
  readonly details: string | undefined
  /** What to do now. */
  readonly hint: string | undefined
  /** The service's `x-request-id`. */
  readonly requestId: string | undefined
  readonly phase: Phase
  readonly payment: PaymentState
  /** Whether the call can be repeated without paying twice. */
  readonly safeToRetry: boolean
  /** The attempt in the ledger, once there is one. */
  readonly attemptId: string | undefined
  /** The paid job, once there is one. Continue with `wait(error.job)`. */
  readonly job: Job | undefined

  constructor(shortMessage: string, given: ErrorFacts = {}) {
    const facts = { ...new.target.usual, ...given }
    super(messageOf(shortMessage, facts), 'cause' in facts ? { cause: facts.cause } : undefined)
    Object.defineProperty(this, brand, { value: true })
    this.shortMessage = shortMessage
    this.code = facts.code ?? 'internal'
    this.phase = facts.phase ?? 'input'
    this.payment = facts.payment ?? 'none'
    this.safeToRetry = facts.safeToRetry ?? false
    this.details = facts.details
    this.hint = facts.hint
    this.requestId = facts.requestId
    this.attemptId = facts.attemptId
    this.job = facts.job
  }

  /** The error as plain data for logs, without keys, signatures, prompts or headers. */
  toJSON(): Record<string, unknown> {
    const { name, code, shortMessage, details, hint, phase, payment, safeToRetry } = this
    const { requestId, attemptId, job } = this
    const cause = this.cause instanceof Error ? { name: this.cause.name } : undefined
    const facts = { name, code, shortMessage, details, hint, phase, payment, safeToRetry }
    return { ...facts, requestId, attemptId, job, cause }
  }
}

/** The whole text: what happened, then the details, then what to do. */
function messageOf(
  shortMessage: string,
  { details, hint }: { details?: string | undefined; hint?: string | undefined },
): string {
  return [shortMessage, details, hint && `→ ${hint}`].filter(Boolean).join('\n')
}

/**
 * Changes facts that were not known when the error was created, including message and stack. Only for the one place
 * where errors leave the client.
 */
export function amendError(error: StableStudioError, change: Partial<StableStudioError>): StableStudioError {
  const before = error.message
  Object.assign(error, change)
  error.message = messageOf(error.shortMessage, error)
  try {
    // The stack starts with the old message.
    if (error.stack?.includes(before)) error.stack = error.stack.replace(before, () => error.message)
  } catch {
    // Some tools build the stack when it is read, and fail.
    Object.defineProperty(error, 'stack', { value: error.message, writable: true, configurable: true })
  }
  return error
}

/** One field's problem. */
export type InputIssue = { path: string; message: string }

/** The options or an operation's input are invalid; nothing was paid. Lists every problem. */
export class InvalidInputError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { code: 'invalid_input', safeToRetry: true }
  override readonly name = 'InvalidInputError'
  readonly issues: readonly InputIssue[]

  constructor(shortMessage: string, facts: ErrorFacts & { issues?: readonly InputIssue[] | undefined }) {
    const issues = Object.freeze((facts.issues ?? []).map((issue) => Object.freeze({ ...issue })))
    const details = issues.map(({ path, message }) => `- ${path ? `${path}: ` : ''}${message}`).join('\n')
    super(shortMessage, { ...facts, details: facts.details ?? (details || undefined) })
    this.issues = issues
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), issues: this.issues }
  }
}

/** The service has no such operation; `replacements` lists the ones that replace it. */
export class UnknownOperationError extends StableStudioError {
  override readonly name = 'UnknownOperationError'
  readonly operation: string
  readonly replacements: readonly string[]

  constructor(
    shortMessage: string,
    facts: ErrorFacts & { operation: string; replacements: readonly string[] },
  ) {
    super(shortMessage, facts)
    this.operation = facts.operation
    this.replacements = Object.freeze([...facts.replacements])
  }
}

/** A check on the service's offer failed before anything was signed; `code` says which. */
export class OfferRefusedError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { phase: 'check', safeToRetry: true }
  override readonly name = 'OfferRefusedError'
}

/** A spend limit would be exceeded. Amounts are USD decimal strings. */
export class LimitExceededError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { phase: 'check', safeToRetry: true }
  override readonly name = 'LimitExceededError'
  readonly limit: string
  readonly spent: string
  readonly reserved: string
  readonly asked: string

  constructor(
    shortMessage: string,
    facts: ErrorFacts & { limit: string; spent: string; reserved: string; asked: string },
  ) {
    super(shortMessage, facts)
    this.limit = facts.limit
    this.spent = facts.spent
    this.reserved = facts.reserved
    this.asked = facts.asked
  }
}

/** The `approve` hook did not return `true`; nothing was signed. */
export class ApprovalDeniedError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'approval_denied',
    phase: 'approve',
    safeToRetry: true,
  }
  override readonly name = 'ApprovalDeniedError'
}

/** There is no wallet, or it refused, did not answer, or lacks a required feature. */
export class WalletError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { phase: 'sign', safeToRetry: true }
  override readonly name = 'WalletError'
}

/** Why a payment was refused, which decides what to do next. */
export type RejectionCategory = 'funds' | 'signature' | 'time' | 'price' | 'compliance' | 'replay'

export class PaymentRejectedError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'payment_rejected',
    phase: 'pay',
    payment: 'rejected',
    safeToRetry: true,
  }
  override readonly name = 'PaymentRejectedError'
  /** The facilitator's own reason, such as `invalid_exact_evm_insufficient_balance`. */
  readonly reason: string
  readonly category: RejectionCategory

  constructor(shortMessage: string, facts: ErrorFacts & { reason: string; category: RejectionCategory }) {
    super(shortMessage, facts)
    this.reason = facts.reason
    this.category = facts.category
  }
}

/** The payment was sent, but no answer decides whether it settled; `recover()` does. */
export class PaymentUnknownError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'payment_unknown',
    phase: 'pay',
    payment: 'unknown',
  }
  override readonly name = 'PaymentUnknownError'
}

/** The job failed, for example in content moderation; it stays paid. */
export class JobFailedError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'job_failed',
    phase: 'poll',
    payment: 'settled',
  }
  override readonly name = 'JobFailedError'
  readonly jobId: string

  constructor(shortMessage: string, facts: ErrorFacts & { jobId: string }) {
    super(shortMessage, facts)
    this.jobId = facts.jobId
  }
}

/** The deadline passed while the job was still running. Not a failure: `wait(error.job)` goes on. */
export class JobTimeoutError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { code: 'job_timeout', phase: 'poll' }
  override readonly name = 'JobTimeoutError'
  readonly jobId: string
  /** Without `attemptId` and `receipt` if it was awaited by an id that this client's store does not know. */
  declare readonly job: Job

  constructor(shortMessage: string, facts: ErrorFacts & { jobId: string; job: Job }) {
    super(shortMessage, facts)
    this.jobId = facts.jobId
  }
}

/** SIGN-IN-WITH-X was refused, or its challenge was for someone else. */
export class SignInError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = { phase: 'poll', safeToRetry: true }
  override readonly name = 'SignInError'
}

/** Any other answer from the service, or no answer before anything was signed. */
export class ServiceError extends StableStudioError {
  override readonly name = 'ServiceError'
  readonly status: number | undefined

  constructor(shortMessage: string, facts: ErrorFacts & { status?: number | undefined }) {
    super(shortMessage, facts)
    this.status = facts.status
  }
}

/** The ledger's store failed or holds an unreadable record. No payment is sent without its record. */
export class StoreError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'store_failed',
    phase: 'check',
    safeToRetry: true,
  }
  override readonly name = 'StoreError'
}

/** The asset could not be fetched. */
export class OutputError extends StableStudioError {
  protected static override readonly usual: ErrorFacts = {
    code: 'output_failed',
    phase: 'output',
    payment: 'settled',
  }
  override readonly name = 'OutputError'
}

/** All error classes, so that `switch (error.name)` narrows the type. */
export type AnyStableStudioError =
  | ApprovalDeniedError
  | InvalidInputError
  | JobFailedError
  | JobTimeoutError
  | LimitExceededError
  | OfferRefusedError
  | OutputError
  | PaymentRejectedError
  | PaymentUnknownError
  | ServiceError
  | SignInError
  | StoreError
  | UnknownOperationError
  | WalletError
  | (StableStudioError & { readonly name: 'StableStudioError' })

/**
 * Whether a value is an error of this package, including one from another copy of it (ESM next to CommonJS).
 *
 * @example
 * import { isStableStudioError } from 'stablestudio'
 *
 * try {
 *   await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse' })
 * } catch (error) {
 *   if (isStableStudioError(error) && error.job) await studio.wait(error.job)
 * }
 */
export function isStableStudioError(error: unknown): error is AnyStableStudioError {
  return typeof error === 'object' && error !== null && brand in error
}
