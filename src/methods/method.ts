// The seam between a generation and the protocol that pays for it: x402 and MPP are both one of these.
import type { Deadline } from '../internal/time.ts'
import type { Protocol } from '../types.ts'
import type { Payer, Wallet } from '../wallet.ts'

/** A 402 answer, as far as a payment method may look at it. */
export type Challenge = {
  /** URLs that an offer may name as its resource. */
  resources: readonly string[]
  /** Milliseconds since the epoch, on the service's clock. */
  now: number
  headers: Headers
  /** The body's text; some runtimes do not show the challenge's header. */
  body: string
}

/** What is to be paid, after the method's own checks. */
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
  /** How long a payment of it stays valid, ms. */
  validityMs: number
}

/** A payment that is ready to be signed, once. Its identity is known, and recorded, before the wallet is asked. */
export type PreparedPayment = {
  /** As its network writes addresses. */
  payer: string
  /** What the chain will know the payment by: EIP-3009's nonce, or the memo of a Tempo transfer. */
  nonce: string
  /** Seconds since the epoch: afterwards it cannot move money any more. */
  validBefore: number
  /**
   * Signing it moves the money, before the service is asked: so it is recorded as sent before, and never given back by
   * a refusal or by time. What `sign` throws with `payment: 'none'` moved nothing.
   */
  final?: boolean | undefined
  /**
   * Asks the wallet, once. Where signing moves the money, `late` hears what became of it after the deadline: the payment,
   * or `undefined` when the wallet refused in the end.
   */
  sign(deadline: Deadline, late?: LateSignature): Promise<SignedPayment>
}

export type LateSignature = (signed: SignedPayment | undefined) => void

/** A signed payment. */
export type SignedPayment = {
  /** The one header that carries it. */
  header: PaymentHeader
  /** Seconds since the epoch, where the signature lives for less than was known before. */
  validBefore?: number | undefined
  /** Hash of the transaction, where the money has moved already. */
  transaction?: string | undefined
}

export type PaymentHeader = readonly [name: string, value: string]

/** What the answer to a payment says of its settlement. */
export type Settlement = {
  success: boolean
  /** Hash of the transaction, in the form of its network; anything else is left out. */
  transaction?: string | undefined
  /** Whether it names a transaction, of whatever form, which may be confirmed yet. */
  pending?: boolean | undefined
  reason?: string | undefined
}

/** A receipt is there, and may be one of success: only a clear answer decides. */
export const unreadableReceipt: Settlement = { success: false, pending: true }

/** The receipt in a header, which a proxy may have doubled: of two, the one of success. */
export function readReceipt<receipt extends { success: boolean }>(
  header: string,
  read: (part: string) => receipt | undefined,
): receipt | undefined {
  const receipts = header.split(', ').map(read)
  return receipts.find((one) => one?.success) ?? receipts.find((one) => one !== undefined)
}

/** An offer with the means to pay it. */
export type SelectedOffer = {
  offer: Offer
  prepare: PreparePayment
  /** Whether the service takes a payment of it more than once, as long as it asks for the same. */
  reusable?: boolean | undefined
}

/** An offer that was asked for, with the method that would pay it. */
export type PricedOffer = SelectedOffer & {
  method: PaymentMethod
  /** Local ms since the epoch. */
  receivedAt: number
}

/** One way to pay. Made by `x402()` or `mpp()`, and given to the client as `payWith`. */
export type PaymentMethod = {
  /** Unique among a client's methods, and recorded with each attempt: only the same one judges its answers. */
  readonly id: string
  readonly protocol: Protocol
  /** Who pays, where the method brings its own account; missing when it pays with the client's wallet. */
  readonly account?: Payer | undefined
  /**
   * The offer that this method would pay; `undefined` when the answer has none of its protocol.
   * @throws {OfferRefusedError} when there is one that must not be signed.
   */
  select(challenge: Challenge): SelectedOffer | undefined
  /** The settlement that an answer reports; `undefined` when it says nothing. */
  settlement(headers: Headers): Settlement | undefined
  /**
   * Proves to a free route who asks, instead of SIGN-IN-WITH-X: the header to repeat the request with, or `undefined`
   * when its 402 answer asks for no such proof. Moves no money.
   * @throws {SignInError} when the challenge is not this service's.
   */
  prove?(challenge: Challenge, deadline: Deadline): Promise<PaymentHeader | undefined>
  /**
   * Whether two addresses of its networks are the same.
   * @default letter case does not count
   */
  isSameAddress?(one: string, other: string): boolean
  /**
   * Whether the network took a payment, where the method can ask it; `undefined` when the network does not tell. Moves
   * no money.
   */
  isTaken?(payment: RecordedPayment, io: MethodIo): Promise<boolean | undefined>
}

/** What the ledger knows of a payment that may have been taken. */
export type RecordedPayment = {
  /** CAIP-2. */
  network: string
  asset: string
  payer: string
  payTo: string
  nonce: string
}

/** What a method reads its network with. */
export type MethodIo = { fetch: typeof globalThis.fetch; signal?: AbortSignal | undefined }

/** Whether two addresses are the same to a method. */
export function isSameAddress(method: PaymentMethod | undefined, one: string, other: string): boolean {
  return method?.isSameAddress?.(one, other) ?? one.toLowerCase() === other.toLowerCase()
}

/** @param now milliseconds since the epoch on the service's clock. */
export type PreparePayment = (wallet: Wallet | undefined, now: number) => PreparedPayment

/**
 * Who pays, signs in and reads the jobs: one address, since two would each see only half of what was paid for. A text
 * says what is wrong.
 */
export function payerOf(
  wallet: Wallet | undefined,
  methods: readonly PaymentMethod[],
): Payer | undefined | string {
  const accounts = [wallet, ...methods.map(({ account }) => account)].filter((one) => one !== undefined)
  const [first] = accounts
  const other = accounts.find(({ address }) => address !== first?.address)
  if (!first || !other) return first
  return `would pay from ${other.address} beside ${first.address}: make one client for each address, on one store`
}
