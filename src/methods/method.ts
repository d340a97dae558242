// The interface between a generation and the protocol that pays for it. x402 on EVM, MPP and
// x402 on Solana implement it, and others can.
import type { RejectionCategory } from '../errors.ts'
import { isSameAddress as isSame } from '../internal/address.ts'
import type { Deadline } from '../internal/time.ts'
import type { ProofSigner } from '../siwx/proof.ts'
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
  /** Identifies the payment on chain: the EIP-3009 nonce, or the memo of a transfer on Tempo or Solana. */
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
   * `undefined` if the wallet refused. `io` is for what the method asks its network before it signs.
   */
  sign(deadline: Deadline, late?: LateSignature, io?: MethodIo): Promise<SignedPayment>
}

export type LateSignature = (signed: SignedPayment | undefined) => void

/** A signed payment. */
export type SignedPayment = {
  /** The one header that carries it. */
  header: PaymentHeader
  /** Seconds since the epoch, if the signature expires earlier than planned. */
  validBefore?: number | undefined
  /**
   * Milliseconds since the epoch, on the service's clock, if it cannot settle until `validBefore`: after this it is neither
   * sent nor sent again. One that is signed later is discarded.
   */
  sendBefore?: number | undefined
  /** Recorded with the payment: what the network's answer about its end depends on. */
  lifetime?: Lifetime | undefined
  /** Transaction hash, if the money has already moved. */
  transaction?: string | undefined
}

/** When a payment on Solana ends: with its blockhash. */
export type Lifetime = {
  blockhash: string
  /** The last block that can take it, decimal. */
  lastValidBlockHeight?: string | undefined
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
  /**
   * How long after its arrival it may be signed, ms. Later, after an approval for instance, the service is asked again, and
   * only the same terms are signed.
   * @default a quarter of the offer's `validityMs`
   */
  freshForMs?: number | undefined
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
   * Signs proofs for SIGN-IN-WITH-X with its own account, if the client has no wallet: one round trip instead of the two of
   * `prove`. Moves no money.
   */
  signer?(deadline: Deadline): ProofSigner
  /**
   * The category of a refusal of one of its payments, in the facilitator's words. A category means that nothing was charged,
   * except for `replay`, which says that the payment was used. `undecided` says nothing, and `undefined` leaves it to the
   * reasons of x402.
   */
  decide?(reason: string, text: string): RejectionCategory | 'undecided' | undefined
  /**
   * Whether two addresses on its networks are the same.
   * @default compares addresses of EVM chains without letter case, and others exactly
   */
  isSameAddress?(one: string, other: string): boolean
  /**
   * Whether the network took a payment, if the method can ask it; `undefined` if the network does not say. `false` is
   * final: only from a node that has seen the payment expire. Moves no money.
   */
  isTaken?(payment: RecordedPayment, io: MethodIo): Promise<boolean | undefined>
  /**
   * What an address holds, if the method can ask its network. Moves no money.
   * @throws {ServiceError} when the network does not say: no answer is not a balance of zero.
   */
  holding?(owner: string, io: MethodIo): Promise<Holding>
}

/** What an address holds of the token that a method pays with. */
export type Holding = {
  /** CAIP-2. */
  network: string
  asset: string
  /** Atomic units with 6 decimals. */
  amount: bigint
}

/** What the ledger knows about a payment that may have been taken. */
export type RecordedPayment = {
  /** CAIP-2. */
  network: string
  asset: string
  payer: string
  payTo: string
  nonce: string
  /** Seconds since the epoch. */
  validBefore: number
  lifetime?: Lifetime | undefined
}

/** What a method uses to read its network. */
export type MethodIo = { fetch: typeof globalThis.fetch; signal?: AbortSignal | undefined }

/** Whether a method considers two addresses the same. */
export function isSameAddress(method: PaymentMethod | undefined, one: string, other: string): boolean {
  return method?.isSameAddress?.(one, other) ?? isSame(one, other)
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
