// The values of the public API: plain data, so that they can be stored, sent and used elsewhere.

/** Anything that `JSON.stringify` and `JSON.parse` keep unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The phases of a generation, in progress, errors and faults of the sandbox. An upload is one of its own. */
export type Phase = 'input' | 'quote' | 'check' | 'approve' | 'sign' | 'pay' | 'poll' | 'output' | 'upload'

/** The payment protocols that a 402 answer of the service can offer. */
export type Protocol = 'x402' | 'mpp' | (string & {})

/** What was paid, as the service and its facilitator confirmed it. */
export type Receipt = {
  /** USD, exact, at least two decimals: `'0.17'`. */
  usd: string
  /** Atomic units of the asset (USDC has 6 decimals), as a decimal string. */
  amount: string
  /** CAIP-2 network: `'eip155:8453'`. */
  network: string
  /** Token contract. */
  asset: string
  /** The wallet that paid; only this wallet may poll the job. */
  payer: string
  /** Who was paid. */
  payTo: string
  /** Transaction hash; missing when the service did not say. */
  transaction?: string
  /** ISO 8601. */
  settledAt: string
  /** What was paid to upload the files of the input; missing when nothing was. */
  uploads?: Receipt[]
}

/** A file on the service's blob store, for use as an input. */
export type Upload = {
  id: string
  url: string
  filename: string
  mediaType: string
  /** ISO 8601: how long the client relies on it (an estimate from the published lifetime). */
  expiresAt?: string
  /** Missing when the same bytes were uploaded before, so that nothing was paid. */
  receipt?: Receipt
}

/** A paid job: plain JSON, so that another process can wait for it. */
export type Job = {
  id: string
  operation: string
  pollUrl: string
  /** ISO 8601. */
  createdAt: string
  attemptId: string
  receipt: Receipt
}

/** The kind of asset that a job makes. */
export type AssetKind = 'image' | 'video' | 'svg'

/** Options of a download. */
export type DownloadOptions = {
  signal?: AbortSignal | undefined
  /** Time limit for all tries together, ms. @default 300_000 */
  timeout?: number | undefined
  /** A larger asset is refused. @default 536_870_912 (512 MiB) */
  maxBytes?: number | undefined
}

/** The asset that a job made, with the means to download it. */
export type Output<kind extends AssetKind = AssetKind> = {
  kind: kind
  /** The URL of the asset; gone about 20 minutes after the job completed. */
  url: string
  /** ISO 8601: when the service takes the asset down (an estimate from the published lifetime). */
  expiresAt: string
  jobId: string
  /** Missing only when the job was waited for by its id alone. */
  receipt?: Receipt
  /**
   * Downloads the asset; carries no header of the wallet. Two retries within the timeout while its host fails, since an
   * asset is soon gone. Moves no money.
   * @throws {OutputError} when the asset is gone, too large or not served over https.
   */
  blob(options?: DownloadOptions): Promise<Blob>
  /** Downloads the asset as bytes; like {@link Output.blob}. */
  bytes(options?: DownloadOptions): Promise<Uint8Array>
} & (kind extends 'video' ? { /** A still of the video. */ thumbnailUrl?: string } : { thumbnailUrl?: never })

/** A job as the service reports it. */
export type JobStatus<kind extends AssetKind = AssetKind> = {
  id: string
  type: string
  /** Unknown names mean "still working". */
  status: 'pending' | 'loading' | 'complete' | 'failed' | (string & {})
  /** 0 to 100. */
  progress: number
  input: unknown
  output?: Output<kind>
  error?: string
  createdAt: string
  updatedAt: string
}

/** Where a payment attempt stands. Only `released` and `rejected` mean that nothing was charged. */
export type AttemptState = 'reserved' | 'signed' | 'sent' | 'unknown' | 'settled' | 'rejected' | 'released'

/** One attempt to pay for one generation, from the ledger. */
export type Attempt = {
  id: string
  operation: string
  state: AttemptState
  /** USD, exact. */
  usd: string
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601: until when the signed authorization can move money. */
  validBefore?: string
  jobId?: string
  receipt?: Receipt
  idempotencyKey?: string
}

/** What {@link StableStudioClient.recover} found out about an open attempt. */
export type Recovery = {
  attempt: Attempt
  /**
   * `released`: provably not charged. `written-off`: charged, or counted as charged, for something that is lost, such as
   * the ticket of an upload whose answer never came.
   */
  outcome: 'job-found' | 'replayed' | 'released' | 'written-off' | 'still-open'
  job?: Job
}

/** A frozen snapshot of what is about to be signed. */
export type ProposedPayment = {
  readonly operation: string
  /** USD, exact. */
  readonly usd: string
  /** Atomic units. */
  readonly amount: bigint
  readonly network: string
  readonly asset: string
  readonly payTo: string
  readonly protocol: Protocol
  readonly attemptId: string
}

/** Called after all checks, before each payment signature; anything but `true` refuses. */
export type Approve = (payment: ProposedPayment) => boolean | Promise<boolean>
