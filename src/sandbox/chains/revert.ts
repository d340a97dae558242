// The token's reverts, and the reference facilitator's text for them, which repeats the whole call.
import type { Hex } from 'viem'
import type { Authorization } from '../../x402/exact.ts'
import type { Revert } from './evm-chain.ts'

/** Why the token refuses a signature. */
type BadSignature = 'v' | 's' | 'signer'

/** In USDC's own words. */
const texts: Record<Revert | BadSignature, string> = {
  'not-yet-valid': 'FiatTokenV2: authorization is not yet valid',
  expired: 'FiatTokenV2: authorization is expired',
  nonce: 'FiatTokenV2: authorization is used or canceled',
  s: "ECRecover: invalid signature 's' value",
  v: "ECRecover: invalid signature 'v' value",
  signer: 'FiatTokenV2: invalid signature',
  balance: 'ERC20: transfer amount exceeds balance',
}

/** Half of the curve's order: the token refuses a higher `s` (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** The token accepts only `v` 27 or 28 and a low `s`. */
export function malformation(signature: Hex): 'v' | 's' | undefined {
  if (BigInt(`0x${signature.slice(66, 130)}`) > halfOrder) return 's'
  return /(1b|1c)$/i.test(signature) ? undefined : 'v'
}

/** The first reason to revert: the token checks times and nonce, then the signature, then the balance. */
export function firstOf(
  revert: Revert | undefined,
  signature: BadSignature | undefined,
): Revert | BadSignature | undefined {
  return revert === 'balance' ? (signature ?? revert) : (revert ?? signature)
}

/** viem's error for the call, with the signature: whoever shows it reveals the payment. */
export function revertText(
  why: Revert | BadSignature,
  token: string,
  { from, to, value, validAfter, validBefore, nonce }: Authorization,
  signature: Hex,
): string {
  const r = signature.slice(0, 66)
  const s = `0x${signature.slice(66, 130)}`
  const v = Number.parseInt(signature.slice(130), 16)
  const args = [from, to, value, validAfter, validBefore, nonce, v, r, s].join(', ')
  return `The contract function "transferWithAuthorization" reverted with the following reason:
${texts[why]}

Contract Call:
  address:   ${token}
  function:  transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)
  args:                               (${args})

Docs: https://viem.sh/docs/contract/readContract
Details: execution reverted: ${texts[why]}
Version: viem@2.57.20`
}
