// An in-memory chain with USDC: EIP-3009 (nonces used once, validity windows).
import { type Address, type Hex, keccak256, stringToHex } from 'viem'
import { type Asset, usdcAssets, type X402Network } from '../../x402/assets.ts'
import type { Authorization } from '../../x402/exact.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'
import { createToken, type Purpose, type Token } from './token.ts'

/** Why the token contract reverts a transfer. */
export type Revert = 'nonce' | 'not-yet-valid' | 'expired' | 'balance'

export type EvmChain = Pick<Token, 'mint' | 'balanceOf' | 'settlements'> & {
  network: X402Network
  asset: Asset
  /** EIP-3009 `authorizationState`: whether the nonce was used. */
  isUsed(from: Address, nonce: Hex): boolean
  /** Whether `transferWithAuthorization` would revert now. */
  simulate(authorization: Authorization): Revert | undefined
  /** `transferWithAuthorization`: check and transfer in one synchronous step, so nothing can come between. */
  transfer(authorization: Authorization, purpose: Purpose): Settlement | Revert
}

export function createEvmChain(network: X402Network, clock: SandboxClock): EvmChain {
  const { mint, balanceOf, settlements, move } = createToken(network, clock)
  const used = new Set<string>()
  const isUsed = (from: Address, nonce: Hex) => used.has(nonceKey(from, nonce))
  const simulate = ({ validAfter, validBefore, from, nonce, value }: Authorization): Revert | undefined => {
    const now = BigInt(Math.floor(clock.now() / 1000))
    if (now <= BigInt(validAfter)) return 'not-yet-valid'
    if (now >= BigInt(validBefore)) return 'expired'
    if (isUsed(from, nonce)) return 'nonce'
    return balanceOf(from) < BigInt(value) ? 'balance' : undefined
  }
  return {
    ...{ network, asset: usdcAssets[network], mint, balanceOf, settlements, isUsed, simulate },
    transfer(authorization, purpose) {
      const revert = simulate(authorization)
      if (revert) return revert
      const { from, to, value, nonce } = authorization
      const key = nonceKey(from, nonce)
      used.add(key)
      const transaction = keccak256(stringToHex(`${network} ${key}`))
      return move({ transaction, from, to, amount: BigInt(value), nonce }, purpose)
    },
  }
}

function nonceKey(from: Address, nonce: Hex): string {
  return `${from} ${nonce}`.toLowerCase()
}
