// An in-memory chain with one token: USDC with EIP-3009 (balances, nonces used once, validity windows).
import { type Address, getAddress, type Hex, keccak256, stringToHex } from 'viem'
import { formatUsd } from '../../internal/usd.ts'
import { type Asset, usdcAssets, type X402Network } from '../../x402/assets.ts'
import type { Authorization } from '../../x402/exact.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'

/** Why the token contract reverts a transfer. */
export type Revert = 'nonce' | 'not-yet-valid' | 'expired' | 'balance'

/** What a transfer was for; kept beside it. */
export type Purpose = { operation: string; jobId: string | undefined }

export type Chain = {
  network: X402Network
  asset: Asset
  mint(address: Address, amount: bigint): void
  /** Atomic units. */
  balanceOf(address: Address): bigint
  /** EIP-3009 `authorizationState`: whether the nonce was used. */
  isUsed(from: Address, nonce: Hex): boolean
  /** Whether `transferWithAuthorization` would revert now. */
  simulate(authorization: Authorization): Revert | undefined
  /** `transferWithAuthorization`: check and transfer in one synchronous step, so nothing can come between. */
  transfer(authorization: Authorization, purpose: Purpose): Settlement | Revert
  settlements(): readonly Settlement[]
}

export function createChain(network: X402Network, clock: SandboxClock): Chain {
  const balances = new Map<Address, bigint>()
  const used = new Set<string>()
  const settlements: Settlement[] = []
  const balanceOf = (address: Address) => balances.get(getAddress(address)) ?? 0n
  const add = (address: Address, amount: bigint) => {
    balances.set(getAddress(address), balanceOf(address) + amount)
  }
  const simulate = (authorization: Authorization): Revert | undefined => {
    const now = BigInt(Math.floor(clock.now() / 1000))
    if (now <= BigInt(authorization.validAfter)) return 'not-yet-valid'
    if (now >= BigInt(authorization.validBefore)) return 'expired'
    if (used.has(nonceKey(authorization.from, authorization.nonce))) return 'nonce'
    return balanceOf(authorization.from) < BigInt(authorization.value) ? 'balance' : undefined
  }
  return {
    network,
    asset: usdcAssets[network],
    mint: add,
    balanceOf,
    isUsed: (from, nonce) => used.has(nonceKey(from, nonce)),
    simulate,
    transfer(authorization, purpose) {
      const revert = simulate(authorization)
      if (revert) return revert
      used.add(nonceKey(authorization.from, authorization.nonce))
      add(authorization.from, -BigInt(authorization.value))
      add(authorization.to, BigInt(authorization.value))
      const settlement = describe(network, authorization, purpose, clock.now())
      settlements.push(settlement)
      return settlement
    },
    settlements: () => [...settlements],
  }
}

function describe(
  network: X402Network,
  authorization: Authorization,
  purpose: Purpose,
  now: number,
): Settlement {
  const { value, nonce } = authorization
  const from = getAddress(authorization.from)
  return Object.freeze({
    transaction: keccak256(stringToHex(`${network} ${nonceKey(from, nonce)}`)),
    network,
    from,
    to: getAddress(authorization.to),
    amount: value,
    usd: formatUsd(BigInt(value)),
    nonce,
    ...purpose,
    settledAt: new Date(now).toISOString(),
  })
}

function nonceKey(from: Address, nonce: Hex): string {
  return `${from} ${nonce}`.toLowerCase()
}
