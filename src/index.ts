// Entry `stablestudio`: the client, its errors and types, the store in memory, and payment by x402.
export type { Progress, RunOptions, WaitOptions } from './actions/call.ts'
export type { ListOptions } from './actions/jobs.ts'
export type { Quote } from './actions/quote.ts'
export type { RecoverOptions } from './actions/recover.ts'
export type { UploadOptions } from './actions/upload.ts'
export { type OperationId, operationIds } from './catalogue/ids.ts'
export type { Media } from './catalogue/media.ts'
export type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
export { type Jobs, StableStudioClient } from './client.ts'
export type { ClientOptions, LimitOptions } from './config.ts'
export {
  ApprovalDeniedError,
  type ErrorCode,
  type ErrorPhase,
  type InputIssue,
  InvalidInputError,
  isStableStudioError,
  JobFailedError,
  JobTimeoutError,
  LimitExceededError,
  OfferRefusedError,
  OutputError,
  PaymentRejectedError,
  type PaymentState,
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
export type { Rpc } from './payment/chain.ts'
export type {
  Challenge,
  LateSignature,
  Offer,
  PaymentHeader,
  PaymentMethod,
  PreparedPayment,
  PreparePayment,
  SelectedOffer,
  Settlement,
} from './payment/method.ts'
export type { Approve, PaymentRequest } from './payment/policy.ts'
export { memoryStore, type PaymentStore } from './payment/store.ts'
export { type X402Options, x402 } from './payment/x402.ts'
export type {
  AssetKind,
  Attempt,
  AttemptState,
  DownloadOptions,
  Job,
  JobStatus,
  Json,
  Output,
  Protocol,
  Receipt,
  Recovery,
  Upload,
} from './types.ts'
export type { WalletOption } from './wallet.ts'
