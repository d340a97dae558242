// Entry `stablestudio`: the client, its errors and types, the in-memory store, and payment by x402.

export type { JobOptions, ListOptions } from './actions/jobs.ts'
export type { Quote } from './actions/quote.ts'
export type { RecoverOptions } from './actions/recover.ts'
export type { UploadOptions } from './actions/upload.ts'
export type { Progress, RunOptions, WaitOptions } from './call.ts'
export { type OperationId, operationIds } from './catalogue/ids.ts'
export type { Media } from './catalogue/media.ts'
export type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
export { type Jobs, StableStudioClient } from './client.ts'
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
export { memoryStore, type PaymentStore } from './ledger/store.ts'
export type {
  Challenge,
  LateSignature,
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
export { type X402Options, x402 } from './methods/x402/x402.ts'
export type {
  Approve,
  AssetKind,
  Attempt,
  AttemptState,
  DownloadOptions,
  Job,
  JobStatus,
  Json,
  Output,
  Phase,
  ProposedPayment,
  Protocol,
  Receipt,
  Recovery,
  Upload,
} from './types.ts'
export type { Payer, Wallet, WalletOption } from './wallet.ts'
