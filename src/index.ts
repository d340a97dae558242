/**
 * The client, its errors and types, the in-memory store, and payment by x402.
 *
 * @module stablestudio
 */
export type { JobOptions, Jobs, ListOptions } from './actions/jobs.ts'
export type { PaymentName } from './actions/payment.ts'
export type { PaymentsOptions } from './actions/payments.ts'
export type { PruneOptions } from './actions/prune.ts'
export type { Quote } from './actions/quote.ts'
export type { RecoverOptions } from './actions/recover.ts'
export type { UploadOptions } from './actions/upload.ts'
export type { Progress, RunOptions, WaitOptions } from './call.ts'
export { describeOperation, operations } from './catalogue/describe.ts'
export type { FieldSchema, OperationDescription, OperationSummary } from './catalogue/description.ts'
export type { Media } from './catalogue/fields.ts'
export type { OperationId } from './catalogue/ids.ts'
export type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
export { StableStudioClient } from './client.ts'
export type { ClientOptions, LimitOptions } from './config.ts'
export type { ErrorCode, PaymentState } from './errors/facts.ts'
export {
  type AnyStableStudioError,
  ApprovalDeniedError,
  type InputIssue,
  InvalidInputError,
  isStableStudioError,
  JobFailedError,
  JobTimeoutError,
  LimitExceededError,
  OfferRefusedError,
  OutputError,
  PaymentRejectedError,
  PaymentUnknownError,
  type RejectionCategory,
  ServiceError,
  SignInError,
  StableStudioError,
  StoreError,
  UnknownOperationError,
  WalletError,
} from './errors.ts'
export type { StudioEventName, StudioEvents, StudioListener } from './events.ts'
export { explorerUrl } from './explorer.ts'
export type { Deadline } from './internal/time.ts'
export { memoryStore, type PaymentStore } from './ledger/store.ts'
export type {
  Challenge,
  Holding,
  LateSignature,
  Lifetime,
  MethodIo,
  Offer,
  PaymentHeader,
  PaymentMethod,
  PreparedPayment,
  PreparePayment,
  RecordedPayment,
  SelectedOffer,
  Settlement,
  SignedPayment,
} from './methods/method.ts'
export type { Rpc } from './methods/x402/chain.ts'
export type { X402Options } from './methods/x402/exact-method.ts'
export { x402 } from './methods/x402/x402.ts'
export type {
  Approve,
  AssetKind,
  Attempt,
  AttemptState,
  Balance,
  Budget,
  DownloadOptions,
  Job,
  JobStatus,
  Json,
  Left,
  Output,
  OutputData,
  Phase,
  ProposedPayment,
  Protocol,
  Receipt,
  Recovery,
  Upload,
} from './types.ts'
export type { Payer, Wallet, WalletOption } from './wallet.ts'
