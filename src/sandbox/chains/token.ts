// What both in-memory chains share: the balances of one token, and its transfers.
import { type Address, getAddress, type Hex } from 'viem'
import { formatUsd } from '../../internal/usd.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'

/** What a transfer paid for. */
export type Purpose = { operation: string; jobId: string | undefined }

/** A transfer that passed its chain's checks. */
type Transfer = { transaction: Hex; from: Address; to: Address; amount: bigint; nonce: Hex }

export type Token = {
  mint(address: Address, amount: bigint): void
  /** Atomic units. */
  balanceOf(address: Address): bigint
  move(transfer: Transfer, purpose: Purpose): Settlement
  /** Sets what an earlier transfer paid for. */
  assign(transaction: Hex, purpose: Purpose): void
  settlements(): readonly Settlement[]
}

export function createToken(network: string, clock: SandboxClock): Token {
  const balances = new Map<Address, bigint>()
  const settlements = new Map<Hex, Settlement>()
  const balanceOf = (address: Address) => balances.get(getAddress(address)) ?? 0n
  const mint = (address: Address, amount: bigint) => {
    balances.set(getAddress(address), balanceOf(address) + amount)
  }
  return {
    mint,
    balanceOf,
    move({ transaction, amount, nonce, ...transfer }, purpose) {
      const [from, to] = [getAddress(transfer.from), getAddress(transfer.to)]
      mint(from, -amount)
      mint(to, amount)
      const settlement = Object.freeze({
        ...{ transaction, network, from, to, amount: amount.toString(), usd: formatUsd(amount), nonce },
        ...purpose,
        settledAt: new Date(clock.now()).toISOString(),
      })
      settlements.set(transaction, settlement)
      return settlement
    },
    assign(transaction, purpose) {
      const settlement = settlements.get(transaction)
      if (settlement) settlements.set(transaction, Object.freeze({ ...settlement, ...purpose }))
    },
    settlements: () => [...settlements.values()],
  }
}
