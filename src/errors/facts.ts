// What errors say besides their message: a closed set of codes, the state of the payment, and what to do now.
import type { AttemptState, Job, Phase } from '../types.ts'

/** Machine-readable reason. The set is closed, so a `switch` over it can be exhaustive. */
export type ErrorCode =
  | 'invalid_config'
  | 'invalid_input'
  | 'max_price_required'
  | 'idempotency_conflict'
  | 'unknown_operation'
  | 'offer_malformed'
  | 'offer_expired'
  | 'no_usable_offer'
  | 'version_not_supported'
  | 'network_not_allowed'
  | 'asset_not_allowed'
  | 'domain_mismatch'
  | 'transfer_method_not_allowed'
  | 'price_above_list'
  | 'price_above_max'
  | 'price_changed'
  | 'payee_not_allowed'
  | 'payee_changed'
  | 'validity_too_long'
  | 'resource_mismatch'
  | 'limit_per_call'
  | 'limit_per_day'
  | 'limit_total'
  | 'approval_denied'
  | 'wallet_missing'
  | 'wallet_rejected'
  | 'wallet_wrong_chain'
  | 'wallet_timeout'
  | 'wallet_not_supported'
  | 'wallet_failed'
  | 'signature_refused'
  | 'transfer_unknown'
  | 'insufficient_funds'
  | 'payment_rejected'
  | 'payment_unknown'
  | 'delivery_lost'
  | 'job_failed'
  | 'job_timeout'
  | 'signin_refused'
  | 'signin_mismatch'
  | 'service_error'
  | 'network_error'
  | 'timeout'
  | 'clock_skewed'
  | 'redirect_refused'
  | 'response_malformed'
  | 'store_failed'
  | 'store_corrupt'
  | 'output_expired'
  | 'output_too_large'
  | 'output_not_allowed'
  | 'output_failed'
  | 'aborted'
  | 'internal'

/**
 * What is known about the money: `none` nothing signed · `signed` signed, never sent · `sent` on its way ·
 * `settled` paid · `rejected` refused, nothing charged · `unknown` sent, and no answer decides.
 */
export type PaymentState = 'none' | 'signed' | 'sent' | 'settled' | 'rejected' | 'unknown'

/** The facts that an error carries besides its message. Each class has its own defaults. */
export type ErrorFacts = {
  /** @default 'internal' */
  code?: ErrorCode | undefined
  /** @default 'input' */
  phase?: Phase | undefined
  /** @default 'none' */
  payment?: PaymentState | undefined
  /** Whether the call can be repeated without paying twice. @default false */
  safeToRetry?: boolean | undefined
  details?: string | undefined
  hint?: string | undefined
  cause?: unknown
  requestId?: string | undefined
  attemptId?: string | undefined
  job?: Job | undefined
}

/** Whether money has moved or may have. If so, no error may suggest paying again. */
export function mayHavePaid(payment: PaymentState | AttemptState): boolean {
  return payment === 'sent' || payment === 'settled' || payment === 'unknown'
}

type Paid = { job?: Job | undefined; keyed?: boolean; isUpload?: boolean }

/** The only advice to give once money has moved or may have. */
export function adviceAfterPayment({ job, keyed, isUpload }: Paid): string {
  if (isUpload) return 'Call recover(), or upload() with the same bytes, to find out what became of it.'
  if (job) return 'The job is paid: wait(error.job) collects it, here or in another process.'
  return keyed
    ? 'recover() finds its job, or shows that it was not taken. So does this call with the same idempotencyKey.'
    : 'recover() finds its job, or shows that it was not taken.'
}
