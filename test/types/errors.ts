// An error narrows to its class by its name, and by its code to the values that a `switch` may name. Never run.
import {
  type AnyStableStudioError,
  type ErrorCode,
  explorerUrl,
  type InputIssue,
  isStableStudioError,
  type Job,
  type PaymentState,
  type Phase,
  type Receipt,
  type RejectionCategory,
  StableStudioError,
} from 'stablestudio'

/** One branch for each class: the compiler knows what each has besides. */
export function byName(error: unknown): unknown {
  if (!isStableStudioError(error)) {
    // @ts-expect-error it may be anything
    return error.name
  }
  switch (error.name) {
    case 'InvalidInputError':
      return error.issues satisfies readonly InputIssue[]
    case 'UnknownOperationError':
      return [error.operation, ...error.replacements] satisfies string[]
    case 'LimitExceededError':
      return [error.limit, error.spent, error.reserved, error.asked] satisfies string[]
    case 'PaymentRejectedError':
      return [error.reason satisfies string, error.category satisfies RejectionCategory]
    case 'JobFailedError':
    case 'JobTimeoutError':
      return error.jobId satisfies string
    case 'ServiceError':
      return error.status satisfies number | undefined
    case 'ApprovalDeniedError':
    case 'OfferRefusedError':
    case 'OutputError':
    case 'PaymentUnknownError':
    case 'SignInError':
    case 'StoreError':
    case 'WalletError':
    case 'StableStudioError':
      // @ts-expect-error only some classes have more than the base
      return error.jobId
    default:
      return error satisfies never
  }
}

export function byCode(error: AnyStableStudioError): string {
  switch (error.code) {
    case 'wallet_timeout':
    case 'wallet_rejected':
    case 'wallet_missing':
      return error.hint ?? error.shortMessage
    case 'job_timeout':
      return error.job?.id ?? 'unknown'
    case 'limit_per_day':
      return error.name === 'LimitExceededError' ? error.spent : ''
    // @ts-expect-error the set of codes is closed
    case 'no_such_code':
      return ''
    default:
      return error.code satisfies ErrorCode
  }
}

/** The same by a `switch` that must name every class. */
export const everyClass: Record<AnyStableStudioError['name'], true> = {
  ApprovalDeniedError: true,
  InvalidInputError: true,
  JobFailedError: true,
  JobTimeoutError: true,
  LimitExceededError: true,
  OfferRefusedError: true,
  OutputError: true,
  PaymentRejectedError: true,
  PaymentUnknownError: true,
  ServiceError: true,
  SignInError: true,
  StableStudioError: true,
  StoreError: true,
  UnknownOperationError: true,
  WalletError: true,
}

/** Facts that every error has, whatever its class. */
export function facts(error: AnyStableStudioError) {
  const base: StableStudioError = error
  const phase: Phase = error.phase
  const payment: PaymentState = error.payment
  const job: Job | undefined = error.job
  // @ts-expect-error not a phase
  if (error.phase === 'submit') return undefined
  // @ts-expect-error facts are not changed
  error.payment = 'none'
  return { base, phase, payment, job, safe: error.safeToRetry satisfies boolean, plain: error.toJSON() }
}

/** `instanceof` narrows too, within one copy of the package. */
export const byClass = (error: unknown) => (error instanceof StableStudioError ? error.code : undefined)

export function links(receipt: Receipt, maybe: Receipt | undefined) {
  const url: string | undefined = explorerUrl(receipt)
  explorerUrl({ network: 'eip155:8453', transaction: '0x1' })
  explorerUrl({ network: 'eip155:8453' })
  // @ts-expect-error a receipt is needed
  explorerUrl(maybe)
  // @ts-expect-error a hash alone does not say on which network
  explorerUrl({ transaction: '0x1' })
  // @ts-expect-error there may be no page
  const certain: string = explorerUrl(receipt)
  return [url, certain]
}
