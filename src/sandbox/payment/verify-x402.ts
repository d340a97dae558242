// Verification of an x402 payment, with the facilitator's reasons in its order (`@x402/evm`, exact).
import { getAddress, type Hex, isAddress, isAddressEqual, recoverTypedDataAddress } from 'viem'
import { isRecord, own, ownString } from '../../internal/json.ts'
import type { Asset } from '../../x402/assets.ts'
import { type Authorization, authorizationTypedData } from '../../x402/exact.ts'
import type { PaymentRequirements } from '../../x402/header.ts'
import type { EvmChain } from '../chains/evm-chain.ts'
import { firstOf, malformation, revertText } from '../chains/revert.ts'
import type { World } from '../state/world.ts'

import { type VerifiedTransfer, verifySvm } from './verify-svm.ts'

/** A verified payment that matches an offer. */
export type VerifiedPayment = { network: string; authorization: Authorization; signature: Hex }

type Refusal = { reason: string; detail?: string }
/** `undefined`: an exception inside the real server, 500 without JSON. */
export type Verdict = VerifiedPayment | VerifiedTransfer | Refusal | undefined

/** An authorization that expires sooner than this is refused, seconds. */
const settleMargin = 6n

/** Reads the header, matches it with the offers and verifies it. Changes nothing on the chain. */
export async function verifyPayment(
  header: string,
  offers: readonly PaymentRequirements[],
  { chain, solana, settings }: World,
): Promise<Verdict> {
  const read = readHeader(header)
  if (!read.ok) {
    const detail = `X-PAYMENT header could not be decoded: ${read.problem}`
    return { reason: 'malformed_payment_header', detail }
  }
  const payload = read.value
  const accepted = own(payload, 'accepted')
  if (own(payload, 'x402Version') !== 2 || (accepted ?? undefined) === undefined) return undefined
  const offer = offers.find((one) => matches(one, accepted))
  if (!offer || !isRecord(accepted)) {
    const detail = 'Signed payment requirements did not match any server-built requirement'
    return { reason: 'requirements_mismatch', detail }
  }
  if (offer.network === solana.network) return verifySvm(payload, offer, solana)
  const payment = readPayment(payload, offer.network)
  if (!payment) return undefined
  // The client's own `extra` names the verified domain; a wrong one fails on the token.
  const name = ownString(accepted.extra, 'name')
  const version = ownString(accepted.extra, 'version')
  if (!name || !version) return { reason: 'invalid_exact_evm_missing_eip712_domain' }
  const whole = withNumbers(payment)
  return whole && verifyExact(whole, offer, { name, version }, chain, settings.clock.now())
}

/** Why the authorization's window does not allow a settlement; checked again at settlement. */
export function windowReason({ validBefore, validAfter }: Authorization, now: number): string | undefined {
  const seconds = BigInt(Math.floor(now / 1000))
  if (BigInt(validBefore) < seconds + settleMargin)
    return 'invalid_exact_evm_payload_authorization_valid_before'
  if (BigInt(validAfter) > seconds) return 'invalid_exact_evm_payload_authorization_valid_after'
  return undefined
}

/** Standard alphabet only, like the real decoder, which refuses base64url. */
export function readHeader(header: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(header))
    return { ok: false, problem: 'Invalid payment signature header' }
  try {
    const bytes = Uint8Array.from(atob(header), (character) => character.charCodeAt(0))
    return { ok: true, value: JSON.parse(new TextDecoder().decode(bytes)) }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** By `===`, so a payee in another letter case differs; `extra` is not compared. */
function matches(offer: PaymentRequirements, accepted: unknown): boolean {
  const fields = ['scheme', 'network', 'payTo', 'asset', 'amount', 'maxTimeoutSeconds'] as const
  return fields.every((field) => offer[field] === own(accepted, field))
}

function readPayment(payload: unknown, network: string): VerifiedPayment | undefined {
  const inner = own(payload, 'payload')
  const signature = ownString(inner, 'signature')
  const authorization = own(inner, 'authorization')
  if (signature === undefined || !isRecord(authorization)) return undefined
  // Anything else that is missing shows when the signature is verified.
  if (!['undefined', 'string'].includes(typeof (authorization.from ?? undefined))) return undefined
  return { network, authorization: authorization as Authorization, signature: signature as Hex }
}

/** Accepts whatever `BigInt()` does, hexadecimal and blanks too; on the rest the real facilitator throws. */
function withNumbers({ authorization, ...payment }: VerifiedPayment): VerifiedPayment | undefined {
  try {
    const { value, validAfter, validBefore } = authorization
    const [amount, after, before] = [value, validAfter, validBefore].map((one) => BigInt(one).toString())
    const numbers = { value: amount, validAfter: after, validBefore: before }
    return { ...payment, authorization: { ...authorization, ...numbers } as Authorization }
  } catch {
    return undefined
  }
}

async function verifyExact(
  payment: VerifiedPayment,
  offer: PaymentRequirements,
  domain: { name: string; version: string },
  chain: EvmChain,
  now: number,
): Promise<Verdict> {
  const { authorization } = payment
  if (!(await isSigned(payment, { ...chain.asset, ...domain }))) {
    return { reason: 'invalid_exact_evm_signature' }
  }
  if (!isAddress(authorization.to) || getAddress(authorization.to) !== getAddress(offer.payTo)) {
    return { reason: 'invalid_exact_evm_recipient_mismatch' }
  }
  const reason = windowReason(authorization, now)
  if (reason) return { reason }
  if (BigInt(authorization.value) !== BigInt(offer.amount)) {
    return { reason: 'invalid_exact_evm_payload_authorization_value_mismatch' }
  }
  return simulate(payment, domain, chain) ?? payment
}

async function isSigned(payment: VerifiedPayment, asset: Asset): Promise<boolean> {
  const { authorization, signature } = payment
  try {
    const typedData = authorizationTypedData(asset, authorization)
    return isAddressEqual(await recoverTypedDataAddress({ ...typedData, signature }), authorization.from)
  } catch {
    return false
  }
}

/** The facilitator's verdict on a reverted simulation; `undefined` when the transfer would succeed. */
function simulate(
  { authorization, signature }: VerifiedPayment,
  { name, version }: { name: string; version: string },
  chain: EvmChain,
): Refusal | undefined {
  const revert = chain.simulate(authorization)
  const isTokens = name === chain.asset.name && version === chain.asset.version
  const why = firstOf(revert, malformation(signature) ?? (isTokens ? undefined : 'signer'))
  if (!why) return undefined
  const detail = revertText(why, chain.asset.address, authorization, signature)
  const because = (problem: string) => ({ reason: `invalid_exact_evm_${problem}`, detail })
  if (revert === 'nonce') return because('nonce_already_used')
  if (name !== chain.asset.name) return because('token_name_mismatch')
  if (version !== chain.asset.version) return because('token_version_mismatch')
  const isPoor = chain.balanceOf(authorization.from) < BigInt(authorization.value)
  return because(isPoor ? 'insufficient_balance' : 'transaction_simulation_failed')
}
