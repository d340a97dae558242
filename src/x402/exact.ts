// Scheme `exact` on EVM (specs/schemes/exact/scheme_exact_evm.md): one EIP-3009 TransferWithAuthorization.
import type { Address, Hex } from 'viem'
import { randomHex } from '../internal/hex.ts'
import type { Asset } from './assets.ts'
import { encodePaymentSignature } from './header.ts'
import type { ExactOffer } from './offer.ts'

/** EIP-3009: whoever holds it and its signature can move `value` from `from` to `to`, once, until `validBefore`. */
export type Authorization = {
  from: Address
  to: Address
  /** Atomic units, decimal. */
  value: string
  /** Seconds since the epoch, decimal. */
  validAfter: string
  /** Seconds since the epoch, decimal. */
  validBefore: string
  /** 32 random bytes; the token contract accepts each once. */
  nonce: Hex
}

const allTypes = {
  EIP712Domain: [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ],
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

/**
 * Without the domain's own type, viem's `serializeTypedData` drops the domain, and the service of an account that sends
 * this text would sign something else. The compiler does not know of it: with it, viem takes no number as `chainId`.
 */
const authorizationTypes: Pick<typeof allTypes, 'TransferWithAuthorization'> = allTypes

/**
 * The authorization that pays an offer. Moves nothing before it is signed and sent.
 *
 * @param now milliseconds since the epoch, on the service's clock.
 */
export function createAuthorization(offer: ExactOffer, from: Address, now: number): Authorization {
  return {
    from,
    to: offer.payTo,
    value: offer.amount.toString(),
    validAfter: '0',
    validBefore: String(Math.floor(now / 1000) + offer.validitySeconds),
    nonce: `0x${randomHex(32)}`,
  }
}

/** The EIP-712 typed data of an authorization; its domain comes from the local table, never from the server. */
export function authorizationTypedData(asset: Asset, authorization: Authorization) {
  return {
    domain: {
      name: asset.name,
      version: asset.version,
      chainId: asset.chainId,
      verifyingContract: asset.address,
    },
    // A copy: an account that changes what it is given must not change what others are given.
    types: { ...authorizationTypes },
    primaryType: 'TransferWithAuthorization',
    message: {
      from: authorization.from,
      to: authorization.to,
      value: BigInt(authorization.value),
      validAfter: BigInt(authorization.validAfter),
      validBefore: BigInt(authorization.validBefore),
      nonce: authorization.nonce,
    },
  } as const
}

/** The `PAYMENT-SIGNATURE` header of a signed authorization. Echoes the offer verbatim, since servers compare it. */
export function encodeExactPayment(offer: ExactOffer, authorization: Authorization, signature: Hex): string {
  return encodePayment(offer, { signature, authorization })
}

/** The header of a payment on any chain. */
export function encodePayment(
  { accepted, challenge }: Pick<ExactOffer, 'accepted' | 'challenge'>,
  payload: Record<string, unknown>,
): string {
  const { resource, extensions } = challenge
  return encodePaymentSignature({
    x402Version: 2,
    ...(resource && { resource }),
    accepted,
    payload,
    ...(extensions && { extensions }),
  })
}
