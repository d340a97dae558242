// Verification of an x402 payment: the reasons and their order are those of the facilitator (`@x402/evm`, exact).
import { getAddress, type Hex, isAddress, isAddressEqual, recoverTypedDataAddress } from 'viem'
import { decodeText } from '../internal/base64.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import { type Authorization, authorizationTypedData } from '../x402/exact.ts'
import type { PaymentRequirements } from '../x402/schemas.ts'
import type { Chain } from './chain.ts'

/** A payment that matched an offer and was verified. */
export type VerifiedPayment = { network: string; authorization: Authorization; signature: Hex }

/** `crash` is an exception inside the real server: 500 without JSON. */
export type Verdict =
  | { outcome: 'verified'; payment: VerifiedPayment }
  | { outcome: 'refused'; reason: string; detail?: string }
  | { outcome: 'crash' }

/** An authorization that expires sooner than this is refused, seconds. */
const settleMargin = 6n
/** Half of the curve's order: the token refuses signatures above it (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** Reads the header, matches it with the offers and verifies it. Nothing changes on the chain. */
export async function verifyPayment(
  header: string,
  offers: readonly PaymentRequirements[],
  chain: Chain,
  now: number,
): Promise<Verdict> {
  const payload = readHeader(header)
  if (payload === undefined)
    return refuse('malformed_payment_header', 'the X-PAYMENT header is not base64 JSON')
  const accepted = own(payload, 'accepted')
  if (own(payload, 'x402Version') !== 2 || !isRecord(accepted)) return { outcome: 'crash' }
  const offer = offers.find((one) => matches(one, accepted))
  if (!offer) return refuse('requirements_mismatch')
  if (offer.network !== chain.network) return refuse('invalid_exact_svm_payload_transaction')
  const payment = readPayment(payload, offer.network)
  return payment ? verifyExact(payment, offer, accepted, chain, now) : { outcome: 'crash' }
}

/** Whether the authorization's window still allows a settlement; checked again at settlement. */
export function windowReason({ validBefore, validAfter }: Authorization, now: number): string | undefined {
  const seconds = BigInt(Math.floor(now / 1000))
  if (BigInt(validBefore) < seconds + settleMargin)
    return 'invalid_exact_evm_payload_authorization_valid_before'
  if (BigInt(validAfter) > seconds) return 'invalid_exact_evm_payload_authorization_valid_after'
  return undefined
}

/** Standard alphabet only: the real decoder refuses base64url, so this one must not be as lenient as ours. */
export function readHeader(header: string): unknown {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return undefined
  try {
    return JSON.parse(decodeText(header) ?? '')
  } catch {
    return undefined
  }
}

/** By `===`, so a payee in other letter case is another payee; `extra` is not compared. */
function matches(offer: PaymentRequirements, accepted: Record<string, unknown>): boolean {
  const fields = ['scheme', 'network', 'payTo', 'asset', 'amount', 'maxTimeoutSeconds'] as const
  return fields.every((field) => offer[field] === accepted[field])
}

function readPayment(payload: unknown, network: string): VerifiedPayment | undefined {
  const inner = own(payload, 'payload')
  const signature = ownString(inner, 'signature')
  const authorization = own(inner, 'authorization')
  if (signature === undefined || !isRecord(authorization)) return undefined
  const numbers = [authorization.value, authorization.validAfter, authorization.validBefore]
  const texts = [authorization.from, authorization.to, authorization.nonce]
  if (!numbers.every((one) => typeof one === 'string' && /^\d{1,78}$/.test(one))) return undefined
  if (!texts.every((one) => typeof one === 'string')) return undefined
  return { network, authorization: authorization as Authorization, signature: signature as Hex }
}

async function verifyExact(
  payment: VerifiedPayment,
  offer: PaymentRequirements,
  accepted: Record<string, unknown>,
  chain: Chain,
  now: number,
): Promise<Verdict> {
  const { authorization } = payment
  // The client's own `extra` names the domain that is verified; a false one fails on the token.
  const name = ownString(accepted.extra, 'name')
  const version = ownString(accepted.extra, 'version')
  if (!name || !version) return refuse('invalid_exact_evm_missing_eip712_domain')
  if (!(await isSigned(payment, { ...chain.asset, name, version }))) {
    return refuse('invalid_exact_evm_signature')
  }
  if (!isAddress(authorization.to) || getAddress(authorization.to) !== getAddress(offer.payTo)) {
    return refuse('invalid_exact_evm_recipient_mismatch')
  }
  const late = windowReason(authorization, now)
  if (late) return refuse(late)
  if (BigInt(authorization.value) !== BigInt(offer.amount)) {
    return refuse('invalid_exact_evm_payload_authorization_value_mismatch')
  }
  const failed = simulationReason(payment, { name, version }, chain)
  return failed ? refuse(failed, 'execution reverted') : { outcome: 'verified', payment }
}

async function isSigned(payment: VerifiedPayment, asset: Chain['asset']): Promise<boolean> {
  const { authorization, signature } = payment
  try {
    const typedData = authorizationTypedData(asset, authorization)
    return isAddressEqual(await recoverTypedDataAddress({ ...typedData, signature }), authorization.from)
  } catch {
    return false
  }
}

/** What the facilitator makes of a reverted simulation. */
function simulationReason(
  { authorization, signature }: VerifiedPayment,
  domain: { name: string; version: string },
  chain: Chain,
): string | undefined {
  const revert = chain.simulate(authorization)
  if (revert === 'nonce') return 'invalid_exact_evm_nonce_already_used'
  if (domain.name !== chain.asset.name) return 'invalid_exact_evm_token_name_mismatch'
  if (domain.version !== chain.asset.version) return 'invalid_exact_evm_token_version_mismatch'
  if (revert === 'balance') return 'invalid_exact_evm_insufficient_balance'
  return revert || !isCanonical(signature) ? 'invalid_exact_evm_transaction_simulation_failed' : undefined
}

/** The token's own ecrecover takes `v` 27 or 28 and a low `s` only. */
function isCanonical(signature: Hex): boolean {
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  return s <= halfOrder && /(1b|1c)$/i.test(signature)
}

function refuse(reason: string, detail?: string): Verdict {
  return { outcome: 'refused', reason, ...(detail !== undefined && { detail }) }
}
