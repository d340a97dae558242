// Turns options into the config: validates them all at once, with every problem in one error. Defaults live here.
import { invalidOptions } from './errors/invalid-options.ts'
import { isSolanaAddress, readAddress } from './internal/address.ts'
import {
  type Check,
  checkFields,
  checkFlag,
  checkFunction,
  checkInteger,
  checkMs,
  checkOptions,
  checkPromptBudget,
  checkThat,
  checkUsd,
  hasMethods,
} from './internal/check.ts'
import { checkBaseUrl, checkOrigin, checkUrl, defaultOrigin, isLocal, pageOrigin } from './internal/url.ts'
import { parseUsd } from './internal/usd.ts'
import type { Limits } from './ledger/limits.ts'
import type { PaymentStore } from './ledger/store.ts'
import { type PaymentMethod, payerOf } from './methods/method.ts'
import type { Approve } from './types.ts'
import { type Payer, toWallet, type Wallet, type WalletOption } from './wallet.ts'

/** Spend limits, as USD decimal strings such as `'0.50'`. They cover everything paid through one store. */
export type LimitOptions = {
  /** The most that one payment may cost. */
  perCall?: string | undefined
  /** The most that may be spent through this store in one day (UTC). */
  perDay?: string | undefined
  /** The most that may ever be spent through this store. */
  total?: string | undefined
}

/** Options of {@link StableStudioClient}. */
export type ClientOptions = {
  /**
   * The wallet that pays: a viem local account, or a `WalletClient` with an account. It signs one USDC authorization
   * per generation, and sign-in messages for polling. Smart accounts are not supported: the service lets only plain
   * accounts sign in.
   * @default the account of a method in `payWith` that has its own; without one, only `quote` works
   */
  wallet?: WalletOption | undefined
  /**
   * Caps on spending, checked and reserved before anything is signed.
   * @default none; one payment is still at most the list price of its input plus 25 %
   */
  limits?: LimitOptions | undefined
  /**
   * Called after all checks, before each payment signature. It can only veto: anything but `true` refuses.
   * @default none
   */
  approve?: Approve | undefined
  /**
   * The only addresses that may be paid.
   * @default StableStudio's known payee on its own origin; elsewhere the first payee is pinned and any change is
   * refused
   */
  payees?: readonly string[] | undefined
  /**
   * Where payment attempts are recorded before they are sent. Use a durable store when real money is involved.
   * @default memoryStore()
   */
  store?: PaymentStore | undefined
  /**
   * Ways to pay, in order of preference. The first one that the service offers is used, and a generation is never paid
   * twice. A method with its own account must use the wallet's address.
   * @default [x402()]
   */
  payWith?: readonly PaymentMethod[] | undefined
  /**
   * Where requests go: an https URL or, in a web page, the path of `stablestudio/proxy` on the page's origin, such as
   * `/api/stablestudio`. Paths work only in web pages.
   * @default 'https://stablestudio.dev'
   */
  baseUrl?: string | undefined
  /**
   * The service's own origin, which offers and sign-in challenges must name. With a proxy as `baseUrl`, this is still the
   * service's.
   * @default 'https://stablestudio.dev'
   */
  origin?: string | undefined
  /**
   * The `fetch` used for every request.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * Time limits of single requests, ms, at most 2147483647 (24 days).
   * @default { quote: 30_000, pay: 150_000, poll: 30_000 }
   */
  timeouts?: { quote?: number | undefined; pay?: number | undefined; poll?: number | undefined } | undefined
  /**
   * How many of this client's requests may run at once; the others queue. A payment runs from the price to the accepted
   * job. Reads are all requests that move no money.
   * @default { payments: 8, reads: 32 }
   */
  concurrency?: { payments?: number | undefined; reads?: number | undefined } | undefined
  /**
   * Where uploads are PUT.
   * @default 'https://vercel.com/api/blob/'; `/api/blob` under a `baseUrl` that is not the service itself (a proxy
   * relays it) or is on this machine (tests stay local)
   */
  blobUrl?: string | undefined
  /**
   * Pays with a known offer for the same operation and price-relevant fields, without asking for the price: one round
   * trip instead of two. If the price has changed, the service refuses and charges nothing. The client then asks for
   * the price, checks the new offer and signs again.
   * @default false
   */
  reuseOffers?: boolean | undefined
  /**
   * Keeps the request of an open attempt in the store, so that it can be replayed after a crash. With `false`, only
   * salted hashes of the input are kept, and the job list and the expiry decide an open attempt.
   * @default true
   */
  keepRequests?: boolean | undefined
  /**
   * With a wallet that prompts a person for each signature (account type `json-rpc`): how many prompts to spend on one
   * generation, including the payment, 2 to 100. With fewer prompts you learn later that the job is done. A very long
   * job prompts again, rarely, until the call's deadline. Moves no money.
   * @default 3
   */
  promptBudget?: number | undefined
}

/** The validated options, with their defaults. */
export type Config = {
  readonly wallet: Wallet | undefined
  /** The owner of the attempts and jobs: the wallet, else the account of a payment method. */
  readonly payer: Payer | undefined
  readonly limits: Limits
  readonly approve: Approve | undefined
  readonly payees: readonly string[] | undefined
  readonly store: PaymentStore | undefined
  readonly payWith: readonly PaymentMethod[] | undefined
  readonly baseUrl: string
  readonly origin: string
  readonly fetch: typeof globalThis.fetch | undefined
  readonly timeouts: { readonly quote: number; readonly pay: number; readonly poll: number }
  readonly concurrency: { readonly payments: number; readonly reads: number }
  readonly reuseOffers: boolean
  readonly blobUrl: string
  readonly keepRequests: boolean
  readonly promptBudget: number
}

const checks: Record<keyof ClientOptions, Check> = {
  wallet: (value) => {
    const wallet = toWallet(value)
    return typeof wallet === 'string' ? wallet : undefined
  },
  limits: checkFields(['perCall', 'perDay', 'total'], checkUsd),
  approve: checkFunction,
  payees: checkThat(
    (value) => Array.isArray(value) && value.length > 0 && readPayees(value) !== undefined,
    'must be a list of at least one address: EVM checksummed or in lower case, Solana in base58',
  ),
  store: checkThat(
    (value) => hasMethods(value, ['get', 'set', 'delete', 'keys']) && !(value instanceof Map),
    'must be a PaymentStore with get, set, delete and keys',
  ),
  payWith: checkThat(
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => hasMethods(one, ['select', 'settlement'])),
    'must be a list of payment methods such as [x402()]',
  ),
  baseUrl: checkBaseUrl,
  origin: checkOrigin,
  fetch: checkFunction,
  timeouts: checkFields(['quote', 'pay', 'poll'], checkMs),
  concurrency: checkFields(['payments', 'reads'], checkInteger(1, 1000)),
  blobUrl: checkUrl,
  reuseOffers: checkFlag,
  keepRequests: checkFlag,
  promptBudget: checkPromptBudget,
}

/** @throws {InvalidInputError} listing every problem with the options. */
export function readConfig(options: ClientOptions): Config {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidOptions('StableStudioClient', issues)
  const origin = new URL(options.origin ?? defaultOrigin).origin
  const baseUrl = absolute(options.baseUrl ?? defaultOrigin)
  const { quote = 30_000, pay = 150_000, poll = 30_000 } = options.timeouts ?? {}
  const { payments = 8, reads = 32 } = options.concurrency ?? {}
  const wallet = options.wallet && (toWallet(options.wallet) as Wallet)
  const payer = payerOf(wallet, options.payWith ?? [])
  if (typeof payer === 'string')
    throw invalidOptions('StableStudioClient', [{ path: 'payWith', message: payer }])
  return Object.freeze({
    wallet,
    payer,
    limits: readLimits(options.limits),
    approve: options.approve,
    payees: options.payees && readPayees(options.payees),
    store: options.store,
    payWith: options.payWith && Object.freeze([...options.payWith]),
    baseUrl,
    origin,
    fetch: options.fetch,
    timeouts: Object.freeze({ quote, pay, poll }),
    concurrency: Object.freeze({ payments, reads }),
    reuseOffers: options.reuseOffers ?? false,
    blobUrl: options.blobUrl ?? blobUrlOf(baseUrl, origin),
    keepRequests: options.keepRequests ?? true,
    promptBudget: options.promptBudget ?? 3,
  })
}

/** The addresses, with checksums for EVM chains; `undefined` if one of them is not an address. */
function readPayees(payees: readonly unknown[]): string[] | undefined {
  const read = payees.map((payee) => (isSolanaAddress(payee) ? payee : readAddress(payee)))
  return read.every((one) => one !== undefined) ? read : undefined
}

function readLimits(limits: LimitOptions = {}): Limits {
  const entries = Object.entries(limits).filter(([, usd]) => usd !== undefined)
  return Object.fromEntries(entries.map(([name, usd]) => [name, parseUsd(usd as string)]))
}

/** No trailing slash: frameworks redirect those, and redirects are never followed. */
function blobUrlOf(baseUrl: string, origin: string): string {
  const relayed = isLocal(baseUrl) || new URL(baseUrl).origin !== origin
  return relayed ? `${baseUrl}/api/blob` : 'https://vercel.com/api/blob/'
}

function absolute(baseUrl: string): string {
  const whole = baseUrl.startsWith('/') ? `${pageOrigin()}${baseUrl}` : baseUrl
  return whole.replace(/\/+$/, '')
}
