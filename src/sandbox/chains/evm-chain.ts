// An in-memory chain with USDC: EIP-3009 (nonces used once, validity windows).
import { type Address, type Hex, keccak256, numberToHex, stringToHex } from 'viem'
import { usdcAssets, type X402Network } from '../../x402/assets.ts'
import type { Authorization } from '../../x402/exact.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'
import { createToken, type Purpose } from './token.ts'

/** Why the token contract reverts a transfer. */
export type Revert = 'nonce' | 'not-yet-valid' | 'expired' | 'balance'

export type EvmChain = ReturnType<typeof createEvmChain>

export function createEvmChain(network: X402Network, clock: SandboxClock) {
  const { mint, balanceOf, settlements, move } = createToken(network, clock)
  const used = new Set<string>()
  const counts = new Map<Address, number>()
  /** EIP-3009 `authorizationState`: whether the nonce was used. */
  const isUsed = (from: Address, nonce: Hex) => used.has(nonceKey(from, nonce))
  /** Whether `transferWithAuthorization` would revert now. */
  const simulate = ({ validAfter, validBefore, from, nonce, value }: Authorization): Revert | undefined => {
    const now = BigInt(Math.floor(clock.now() / 1000))
    if (now <= BigInt(validAfter)) return 'not-yet-valid'
    if (now >= BigInt(validBefore)) return 'expired'
    if (isUsed(from, nonce)) return 'nonce'
    return balanceOf(from) < BigInt(value) ? 'balance' : undefined
  }
  return {
    ...{ network, asset: usdcAssets[network], mint, balanceOf, settlements, move, isUsed, simulate },
    /** How many transactions an account has sent. */
    sent: (from: Address) => counts.get(from) ?? 0,
    count: (from: Address) => void counts.set(from, (counts.get(from) ?? 0) + 1),
    /** Blocks of two seconds, as on Base. */
    head() {
      const seconds = Math.floor(clock.now() / 1000)
      return { number: numberToHex(Math.floor(seconds / 2)), timestamp: numberToHex(seconds) }
    },
    /** `transferWithAuthorization`: check and transfer in one synchronous step, so nothing can come between. */
    transfer(authorization: Authorization, purpose: Purpose, hash?: Hex): Settlement | Revert {
      const revert = simulate(authorization)
      if (revert) return revert
      const { from, to, value, nonce } = authorization
      const key = nonceKey(from, nonce)
      used.add(key)
      const transaction = hash ?? keccak256(stringToHex(`${network} ${key}`))
      return move({ transaction, from, to, amount: BigInt(value), nonce }, purpose)
    },
  }
}

function nonceKey(from: Address, nonce: Hex): string {
  return `${from} ${nonce}`.toLowerCase()
}
