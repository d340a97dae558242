// The values of the public API. They are plain data, so they can be stored, sent and used elsewhere.

/** Anything that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The phases of a generation, used in progress, errors and sandbox faults. An upload is a separate phase. */
export type Phase = 'input' | 'quote' | 'check' | 'approve' | 'sign' | 'pay' | 'poll' | 'output' | 'upload'

/** The payment protocols that the service's 402 answer can offer. */
export type Protocol = 'x402' | 'mpp' | (string & {})

/** What was paid, as the service and its facilitator confirmed it. */
export type Receipt = {
  /** USD, exact, with at least two decimals: `'0.17'`. */
  usd: string
  /** Atomic units of the asset (USDC has 6 decimals), as a decimal string. */
  amount: string
  /** CAIP-2 network: `'eip155:8453'`. */
  network: string
  /** Token contract. */
  asset: string
  /** The wallet that paid; only this wallet may poll the job. */
  payer: string
  /** The payee. */
  payTo: string
  /** Transaction hash. Missing if the service did not report one. */
  transaction?: string
  /** ISO 8601. */
  settledAt: string
  /** What was paid to upload the input's files. Missing if nothing was. */
  uploads?: Receipt[]
}

/** A file on the service's blob store, for use as an input. */
export type Upload = {
  id: string
  url: string
  filename: string
  mediaType: string
  /** ISO 8601. How long the client relies on it, estimated from the published lifetime. */
  expiresAt?: string
  /** Missing if the same bytes were uploaded before, so nothing was paid. */
  receipt?: Receipt
}

/** A paid job: plain JSON, so that another process can wait for it. Its operation decides what `wait` resolves to. */
export type Job<operation extends string = string> = {
  id: string
  operation: operation
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

/** The plain data of an {@link Output}: what is left of one after `JSON.parse(JSON.stringify(output))`. */
export type OutputData<kind extends AssetKind = AssetKind> = {
  kind: kind
  /** The URL of the asset. Expires about 20 minutes after the job completes. */
  url: string
  /** ISO 8601. When the service removes the asset, estimated from the published lifetime. */
  expiresAt: string
  jobId: string
  /** Missing if `wait` was given only the job's id. */
  receipt?: Receipt
} & (kind extends 'video' ? { /** A still of the video. */ thumbnailUrl?: string } : { thumbnailUrl?: never })

/** The asset that a job made, with methods to download it. JSON drops the methods: see {@link OutputData}. */
export type Output<kind extends AssetKind = AssetKind> = OutputData<kind> & {
  /**
   * Downloads the asset, without any wallet headers. Retries up to four times within the timeout if the host fails: an
   * asset expires soon. Moves no money.
   * @throws {InvalidInputError} when an option is wrong; nothing was downloaded.
   * @throws {OutputError} when the asset is gone, too large or not served over https.
   */
  blob(options?: DownloadOptions): Promise<Blob>
  /** Downloads the asset as bytes; like `blob`. */
  bytes(options?: DownloadOptions): Promise<Uint8Array<ArrayBuffer>>
}

/** The statuses that the service has. @inline */
export type StatusName = 'pending' | 'loading' | 'complete' | 'failed'

/** A job as the service reports it. */
export type JobStatus<kind extends AssetKind = AssetKind> = {
  id: string
  type: string
  /** Unknown names mean "still working". */
  status: StatusName | (string & {})
  /** 0 to 100. */
  progress: number
  input: unknown
  output?: Output<kind>
  error?: string
  createdAt: string
  updatedAt: string
}

/** The state of a payment attempt. Only `released` and `rejected` mean that nothing was charged. */
export type AttemptState = 'reserved' | 'signed' | 'sent' | 'unknown' | 'settled' | 'rejected' | 'released'

/** What the payer holds, for one way to pay. */
export type Balance = {
  protocol: Protocol
  /** CAIP-2. */
  network: string
  asset: string
  /** USD, exact. */
  usd: string
  /** Atomic units. */
  amount: string
}

/** A limit over time, and what is left of it. USD, exact. */
export type Left = {
  limit: string
  spent: string
  /** Held back for payments that are still open. */
  reserved: string
  /** What is neither spent nor reserved. */
  left: string
}

/** The limits that are set. They cover everything paid through the store, by all processes. */
export type Budget = {
  /** The most that one payment may cost. USD, exact. */
  perCall?: string
  perDay?: Left & {
    /** ISO 8601: the next midnight in UTC, by the service's clock. */
    endsAt: string
  }
  total?: Left
}

/** One attempt to pay for one generation, from the ledger. */
export type Attempt = {
  id: string
  operation: string
  state: AttemptState
  /** USD, exact. */
  usd: string
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601. Until then the signed authorization can move money. */
  validBefore?: string
  jobId?: string
  receipt?: Receipt
  idempotencyKey?: string
}

/** What {@link StableStudioClient.recover} found for an open attempt. */
export type Recovery = {
  attempt: Attempt
  /**
   * `job-found`: what was bought is known: a job, or an upload's ticket. `replayed`: the same request was sent again, and
   * the service answered with what was bought. `released`: not charged. `written-off`: charged, or counted as charged,
   * for something that is lost, such as an upload ticket whose answer never came. `still-open`: not decided yet.
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

/** Called after all checks, before each payment signature. Anything but `true` refuses the payment. */
export type Approve = (payment: ProposedPayment) => boolean | Promise<boolean>
