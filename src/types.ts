// The values that cross the public API: plain data, so that they can be stored, sent and picked up elsewhere.

/** Anything that survives `JSON.stringify` and `JSON.parse` unchanged. */
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
  /** Transaction hash; missing when the service did not tell. */
  transaction?: string
  /** ISO 8601. */
  settledAt: string
  /** What was paid besides, to upload the files of the input; missing when nothing was. */
  uploads?: Receipt[]
}

/** A file on the service's blob store, for use as an input. */
export type Upload = {
  id: string
  url: string
  filename: string
  mediaType: string
  /** ISO 8601: until when the client counts on it (an estimate from the published lifetime). */
  expiresAt?: string
  /** Missing when the same bytes were uploaded before, and nothing was paid. */
  receipt?: Receipt
}

/** A paid job: plain JSON, so another process can wait for it. */
export type Job = {
  id: string
  operation: string
  pollUrl: string
  /** ISO 8601. */
  createdAt: string
  attemptId: string
  receipt: Receipt
}

/** What a finished job made. */
export type AssetKind = 'image' | 'video' | 'svg'

/** Options of a download. */
export type DownloadOptions = {
  signal?: AbortSignal | undefined
  /** For all tries together, ms. @default 300_000 */
  timeout?: number | undefined
  /** A larger asset is refused. @default 536_870_912 (512 MiB) */
  maxBytes?: number | undefined
}

/** What a job made, with the means to fetch it. */
export type Output<kind extends AssetKind = AssetKind> = {
  kind: kind
  /** Where the asset lies; gone about 20 minutes after the job was done. */
  url: string
  /** ISO 8601: when the service takes the asset down (an estimate from the published lifetime). */
  expiresAt: string
  jobId: string
  /** Missing only when the job was waited for by its id alone. */
  receipt?: Receipt
  /**
   * Downloads the asset, without any header of the wallet. Tried again twice, within its timeout, while the host of the
   * asset fails or cannot be reached: an asset is soon gone. Moves no money.
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

/** Where an attempt to pay stands. Only `released` and `rejected` mean that nothing was charged. */
export type AttemptState = 'reserved' | 'signed' | 'sent' | 'unknown' | 'settled' | 'rejected' | 'released'

/** One attempt to pay for one generation, as the ledger keeps it. */
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

/** What {@link StableStudioClient.recover} found out about one open attempt. */
export type Recovery = {
  attempt: Attempt
  /**
   * `released`: provably not charged. `written-off`: charged, or counted as charged, and what it bought cannot be had any
   * more, such as the ticket of an upload whose answer was lost.
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
