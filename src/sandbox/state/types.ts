// The public types of the sandbox: its options, its members, and what they return.
import type { Address } from 'viem'
import type { X402Network } from '../../x402/assets.ts'
import type { Faults } from '../wire/fault-types.ts'

/** The clock of a sandbox, for jobs, sign-in proofs, authorizations, assets and `Date` headers. */
export type SandboxClock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Moves the clock forward by `ms`, without waiting. */
  advance(ms: number): void
}

/** Options of {@link createSandbox}. */
export type SandboxOptions = {
  /** @default system time plus what `advance()` added */
  clock?: SandboxClock | undefined
  /**
   * Work takes no time: jobs are done as soon as they are accepted, and a client with this sandbox's own `fetch` polls at
   * once and sets no timers. Time limits count only the pauses that it would have made. `speed`, `settleMs` and the
   * `ms` of slow answers have no effect; an answer that never comes is a network error.
   * @default false
   */
  instant?: boolean | undefined
  /** Divides the typical time of jobs. @default 1 */
  speed?: number | undefined
  /** The EVM network of the offers (CAIP-2). @default 'eip155:8453' (Base) */
  network?: X402Network | undefined
  /** The payee, spelled in offers exactly like this. @default the live service's payee */
  payTo?: Address | undefined
  /**
   * Sets the price of an operation (`'{model}/{op}'` or `'upload'`): a USD decimal string such as `'0.17'`, or
   * `undefined` for the list price. If it throws or returns anything else, the ceiling is quoted, as the real service does.
   * @default the list price of the body
   */
  price?: ((operation: string, body: Record<string, unknown>) => string | undefined) | undefined
  /** How long a settlement takes, real ms; balances and nonces may change meanwhile. @default 0 */
  settleMs?: number | undefined
  /** Seed for ids and job times: the same seed, clock and calls give the same results. @default 1 */
  seed?: number | undefined
}

/** A chain of the sandbox: the EVM network of its x402 offers, the Solana cluster beside it, or Tempo. CAIP-2. */
export type SandboxNetwork =
  | X402Network
  | 'eip155:4217'
  | 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
  | 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1'

/** One USDC transfer of an in-memory chain. */
export type Settlement = {
  /** Transaction hash; on Solana the transaction's signature. */
  transaction: string
  /** CAIP-2. */
  network: string
  from: string
  to: string
  /** Atomic units (6 decimals), decimal string. */
  amount: string
  /** In USD: `'0.17'`. */
  usd: string
  /** Nonce of the EIP-3009 authorization; on Tempo and Solana the transfer's memo. */
  nonce: string
  /** `'{model}/{op}'`, or `'upload'`; on Tempo `'transfer'` until it is claimed as a payment. */
  operation: string
  /** The job made by the request that settled; none for an upload. */
  jobId?: string | undefined
  /** ISO 8601. */
  settledAt: string
}

/** A job of the sandbox. */
export type SandboxJob = {
  id: string
  /** The service's name for it: `'gpt-image-1-generate'`. */
  type: string
  operation: string
  /** The wallet that may poll it. */
  owner: string
  status: 'pending' | 'loading' | 'complete' | 'failed'
  /** 0 to 100. */
  progress: number
  /** The request's body plus `model`. */
  input: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601: when it completes or fails. */
  endsAt: string
}

/** One request that reached the sandbox, without header values. */
export type SandboxRequest = {
  method: string
  /** Path without the query. */
  path: string
  /** Milliseconds since the epoch, on the sandbox's clock. */
  at: number
  /** Whether it carried a payment header. */
  paid: boolean
  /** Whether it carried a sign-in proof. */
  signedIn: boolean
  /** Status of the answer; 0 while, or if, there is none. */
  status: number
}

/** A listening sandbox. */
export type SandboxServer = {
  /** For the client's `baseUrl`: `'http://127.0.0.1:4021'`. */
  url: string
  port: number
  /** Stops listening and closes open connections. */
  close(): Promise<void>
}

/** StableStudio in memory. */
export type Sandbox = {
  /**
   * For the client's `fetch` option: serves `https://stablestudio.dev`, its blob hosts and every loopback origin. Any
   * other host is a network error; nothing leaves the process.
   */
  fetch: typeof globalThis.fetch
  /**
   * Gives a wallet USDC.
   * @param usd decimal string such as `'5'` or `'0.50'`.
   * @param network @default the EVM network of the x402 offers, or for an address of Solana the cluster beside it
   */
  fund(address: string, usd: string, network?: SandboxNetwork): void
  /** A wallet's USDC as a USD string such as `'4.83'`, on the network that `fund` would take. */
  balance(address: string, network?: SandboxNetwork): string
  /** Every transfer so far, oldest first. */
  settlements(): readonly Settlement[]
  /** Every job so far, oldest first, without deleted ones. */
  jobs(): readonly SandboxJob[]
  /** The last 1000 requests, oldest first: for counting round trips. */
  requests(): readonly SandboxRequest[]
  /** Failures on demand. */
  faults: Faults
  clock: SandboxClock
  /**
   * Serves the sandbox over HTTP (Node, Bun, Deno).
   * @param options `port` 0 picks a free one. @default { port: 0, host: '127.0.0.1' }
   * @throws {InvalidInputError} `invalid_config` for wrong options, and on runtimes without `node:http`.
   */
  listen(options?: { port?: number | undefined; host?: string | undefined }): Promise<SandboxServer>
}
