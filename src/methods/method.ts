// The interface between a generation and the protocol that pays for it. x402 and MPP both implement it.
import type { Deadline } from '../internal/time.ts'
import type { Protocol } from '../types.ts'
import type { Payer, Wallet } from '../wallet.ts'

/** The parts of a 402 answer that a payment method may read. */
export type Challenge = {
  /** URLs that an offer may have as its resource. */
  resources: readonly string[]
  /** Milliseconds since the epoch, on the service's clock. */
  now: number
  headers: Headers
  /** The body's text. Some runtimes hide the challenge's header. */
  body: string
}

/** What to pay, after the method's own checks. */
export type Offer = {
  protocol: Protocol
  /** Atomic units with 6 decimals. */
  amount: bigint
  /** CAIP-2. */
  network: string
  /** The token, as its network writes addresses. */
  asset: string
  /** The payee, as its network writes addresses. */
  payTo: string
  /** How long a payment stays valid, ms. */
  validityMs: number
}

/** A payment that is ready to be signed, once. Its identity is recorded before the wallet is asked. */
export type PreparedPayment = {
  /** As its network writes addresses. */
  payer: string
  /** Identifies the payment on chain: the EIP-3009 nonce, or the memo of a Tempo transfer. */
  nonce: string
  /** Seconds since the epoch. After this it can no longer move money. */
  validBefore: number
  /**
   * Signing moves the money, before the service gets the request. So it is recorded as sent first, and neither a
   * refusal nor expiry releases it. An error from `sign` with `payment: 'none'` means that no money moved.
   */
  final?: boolean | undefined
  /**
   * Asks the wallet, once. If signing moves the money, `late` gets the outcome after the deadline: the payment, or
   * `undefined` if the wallet refused.
   */
  sign(deadline: Deadline, late?: LateSignature): Promise<SignedPayment>
}

export type LateSignature = (signed: SignedPayment | undefined) => void

/** A signed payment. */
export type SignedPayment = {
  /** The one header that carries it. */
  header: PaymentHeader
  /** Seconds since the epoch, if the signature expires earlier than planned. */
  validBefore?: number | undefined
  /** Transaction hash, if the money has already moved. */
  transaction?: string | undefined
}

export type PaymentHeader = readonly [name: string, value: string]

/** What the answer to a payment says about its settlement. */
export type Settlement = {
  success: boolean
  /** Transaction hash in the network's format; anything else is left out. */
  transaction?: string | undefined
  /** Whether it names a transaction, in any format, that may still confirm. */
  pending?: boolean | undefined
  reason?: string | undefined
}

/** There is a receipt, and it may report success: only a clear answer decides. */
export const unreadableReceipt: Settlement = { success: false, pending: true }

/** The receipt in a header. A proxy may have duplicated it; the successful one wins. */
export function readReceipt<receipt extends { success: boolean }>(
  header: string,
  read: (part: string) => receipt | undefined,
): receipt | undefined {
  const receipts = header.split(', ').map(read)
  return receipts.find((one) => one?.success) ?? receipts.find((one) => one !== undefined)
}

/** An offer, and how to pay it. */
export type SelectedOffer = {
  offer: Offer
  prepare: PreparePayment
  /** Whether the offer can be paid more than once, as long as the service's terms stay the same. */
  reusable?: boolean | undefined
}

/** A received offer, with the method that would pay it. */
export type PricedOffer = SelectedOffer & {
  method: PaymentMethod
  /** Local ms since the epoch. */
  receivedAt: number
}

/** One way to pay. Created by `x402()` or `mpp()` and passed to the client as `payWith`. */
export type PaymentMethod = {
  /** Unique among a client's methods and recorded with each attempt: only the same method judges its answers. */
  readonly id: string
  readonly protocol: Protocol
  /** Who pays, if the method has its own account. Missing if it pays with the client's wallet. */
  readonly account?: Payer | undefined
  /**
   * The offer that this method would pay; `undefined` if the answer has none for its protocol.
   * @throws {OfferRefusedError} when an offer must not be signed.
   */
  select(challenge: Challenge): SelectedOffer | undefined
  /** The settlement that an answer reports; `undefined` if it reports none. */
  settlement(headers: Headers): Settlement | undefined
  /**
   * Makes the proof for a free route, instead of SIGN-IN-WITH-X. Resolves to the header to repeat the request with, or
   * `undefined` if the 402 answer asks for no such proof. Moves no money.
   * @throws {SignInError} when the challenge is not from this service.
   */
  prove?(challenge: Challenge, deadline: Deadline): Promise<PaymentHeader | undefined>
  /**
   * Whether two addresses on its networks are the same.
   * @default compares without letter case
   */
  isSameAddress?(one: string, other: string): boolean
  /**
   * Whether the network took a payment, if the method can ask it; `undefined` if the network does not say. Moves no
   * money.
   */
  isTaken?(payment: RecordedPayment, io: MethodIo): Promise<boolean | undefined>
}

/** What the ledger knows about a payment that may have been taken. */
export type RecordedPayment = {
  /** CAIP-2. */
  network: string
  asset: string
  payer: string
  payTo: string
  nonce: string
}

/** What a method uses to read its network. */
export type MethodIo = { fetch: typeof globalThis.fetch; signal?: AbortSignal | undefined }

/** Whether a method considers two addresses the same. */
export function isSameAddress(method: PaymentMethod | undefined, one: string, other: string): boolean {
  return method?.isSameAddress?.(one, other) ?? one.toLowerCase() === other.toLowerCase()
}

/** @param now milliseconds since the epoch on the service's clock. */
export type PreparePayment = (wallet: Wallet | undefined, now: number) => PreparedPayment

/**
 * Who pays, signs in and reads the jobs. It must be one address: with two, each would see only part of the paid jobs. A
 * string says what is wrong.
 */
export function payerOf(
  wallet: Wallet | undefined,
  methods: readonly PaymentMethod[],
): Payer | undefined | string {
  const accounts = [wallet, ...methods.map(({ account }) => account)].filter((one) => one !== undefined)
  const [first] = accounts
  const other = accounts.find(({ address }) => address !== first?.address)
  if (!first || !other) return first
  return `would pay from both ${first.address} and ${other.address}: create one client per address; they can share a store`
}
