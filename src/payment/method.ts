// The seam between a generation and the protocol that pays for it: x402 and MPP are both one of these.
import type { Address } from 'viem'
import type { Deadline } from '../internal/time.ts'
import type { Protocol } from '../types.ts'
import type { Wallet } from '../wallet.ts'

/** A 402 answer, as far as a payment method may look at it. */
export type Challenge = {
  /** URLs that an offer may name as its resource. */
  resources: readonly string[]
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
  asset: Address
  payTo: Address
  /** How long a payment of it stays valid, ms. */
  validityMs: number
}

/** A payment that is ready to be signed, once. Its identity is known, and recorded, before the wallet is asked. */
export type PreparedPayment = {
  payer: Address
  /** What the chain will know the payment by; for EIP-3009 the authorization's nonce. */
  nonce: string
  /** Seconds since the epoch: afterwards it cannot move money any more. */
  validBefore: number
  /** Asks the wallet; resolves to the one header that carries the payment. */
  sign(deadline: Deadline): Promise<PaymentHeader>
}

export type PaymentHeader = readonly [name: string, value: string]

/** What the answer to a payment says of its settlement. */
export type Settlement = { success: boolean; transaction?: string | undefined; reason?: string | undefined }

/** An offer with the means to pay it. */
export type SelectedOffer = {
  offer: Offer
  prepare: PreparePayment
  /** Whether the service takes a payment of it more than once, as long as it asks for the same. */
  reusable?: boolean | undefined
}

/** One way to pay. Made by `x402()` or `mpp()`, and given to the client as `payWith`. */
export type PaymentMethod = {
  readonly protocol: Protocol
  /**
   * The offer that this method would pay; `undefined` when the answer has none of its protocol.
   * @throws {OfferRefusedError} when there is one that must not be signed.
   */
  select(challenge: Challenge): SelectedOffer | undefined
  /** The settlement that an answer reports; `undefined` when it says nothing. */
  settlement(headers: Headers): Settlement | undefined
}

/** @param now milliseconds since the epoch on the service's clock. */
export type PreparePayment = (wallet: Wallet, now: number) => PreparedPayment
