// Checks that a Tempo transaction is the checked payment: one transfer and nothing else.
import {
  type Address,
  concat,
  type Hex,
  keccak256,
  maxUint256,
  numberToHex,
  pad,
  slice,
  stringToHex,
} from 'viem'
import { ServiceError } from '../../errors.ts'
import { showValue } from '../../internal/text.ts'
import type { MppChallenge } from './challenge.ts'
import { feeTokens, tempoChainId } from './currencies.ts'
import type { ChargeOffer } from './offer.ts'

/** A transaction as viem deserializes it. */
export type TempoTransaction = Readonly<Record<string, unknown>>

/** TIP-20 `transferWithMemo(address,uint256,bytes32)` */
const transferWithMemo = '0x95777d59' satisfies Hex
/** Expiring nonces are valid for at most 30 s on Tempo; mppx asks for 25. */
const maxLifeSeconds = 30

/** Fields that cannot change what is paid. `keyAuthorization` carries a signature by the account's own root key. */
const harmless = [
  'type',
  'chainId',
  'gas',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
  'nonce',
  'nonceKey',
  'validBefore',
  'validAfter',
  'calls',
  'from',
  'signature',
  'feeToken',
  'feePayerSignature',
  'keyAuthorization',
]

/**
 * The memo that binds the transfer to its challenge (mppx, tempo/Attribution): `keccak256("mpp")[0..3]`, version,
 * fingerprint of the realm, no client, and 7 bytes of the hash of the challenge id.
 */
export function memoOf({ id, realm }: Pick<MppChallenge, 'id' | 'realm'>): Hex {
  const hash = (text: string, bytes: number) => slice(keccak256(stringToHex(text)), 0, bytes)
  return concat([hash('mpp', 4), '0x01', hash(realm, 10), pad('0x', { size: 10 }), hash(id, 7)])
}

/** The exact call data of the transfer. */
export function transferOf({ recipient, amount, challenge }: ChargeOffer): Hex {
  const call = concat([transferWithMemo, pad(recipient), pad(numberToHex(amount)), memoOf(challenge)])
  return call.toLowerCase() as Hex
}

/**
 * @param maxFee the highest network fee, in units of 10⁻¹⁸ USD.
 * @throws {ServiceError} `response_malformed`, saying what differs from the checked payment.
 */
export function checkTransaction(
  transaction: TempoTransaction,
  offer: ChargeOffer,
  { payer, maxFee, now }: { payer: Address; maxFee: bigint; now: number },
): void {
  const { from, nonceKey, validBefore, feeToken, chainId } = transaction
  const last = Math.min(Math.ceil(now / 1000) + maxLifeSeconds, Math.floor(offer.expiresAt / 1000))
  const extra = Object.keys(transaction).find(
    (name) => !harmless.includes(name) && !isEmpty(transaction[name]),
  )
  if (chainId !== tempoChainId) throw altered('chain', chainId)
  if (!isPaymentCall(transaction.calls, offer)) throw altered('calls', 'another transfer')
  if (extra !== undefined) throw altered(extra, 'not part of a transfer')
  if (nonceKey !== maxUint256) throw altered('nonceKey', String(nonceKey))
  if (typeof validBefore !== 'number' || validBefore > last) throw altered('validBefore', validBefore)
  if (from !== undefined && String(from).toLowerCase() !== payer.toLowerCase()) throw altered('from', from)
  const known = feeTokens.some((one) => one.toLowerCase() === String(feeToken).toLowerCase())
  if (feeToken !== undefined && !known) throw altered('feeToken', feeToken)
  if (!offer.sponsored && feeOf(transaction) > maxFee)
    throw altered('fee', `${feeOf(transaction)} of ${maxFee}`)
}

/** @throws {ServiceError} unless the wallet is asked to send exactly the checked payment. */
export function checkCalls(
  { chainId, calls }: { chainId: unknown; calls: unknown },
  offer: ChargeOffer,
): void {
  if (Number(chainId) !== tempoChainId) throw altered('chain', chainId)
  if (!isPaymentCall(calls, offer)) throw altered('calls', 'another transfer')
}

/** The highest fee that the network can charge. */
export function feeOf({ gas, maxFeePerGas }: TempoTransaction): bigint {
  return typeof gas === 'bigint' && typeof maxFeePerGas === 'bigint' ? gas * maxFeePerGas : maxUint256
}

function isPaymentCall(calls: unknown, offer: ChargeOffer): boolean {
  if (!Array.isArray(calls) || calls.length !== 1) return false
  const { to, data, value, ...rest } = calls[0]
  if (Object.keys(rest).length > 0 || !isEmpty(value)) return false
  return (
    String(to).toLowerCase() === offer.currency.toLowerCase() &&
    String(data).toLowerCase() === transferOf(offer)
  )
}

function isEmpty(value: unknown): boolean {
  return (
    [undefined, null, 0n, 0, '0x', '0x0'].includes(value as never) ||
    (Array.isArray(value) && value.length === 0)
  )
}

function altered(what: string, found: unknown): ServiceError {
  return new ServiceError('The Tempo node did not prepare the checked payment.', {
    code: 'response_malformed',
    phase: 'sign',
    safeToRetry: true,
    details: `${what}: ${showValue(found)}.`,
    hint: 'Nothing was sent. Use a Tempo RPC that you trust (`rpcUrl` of `mpp`).',
  })
}
