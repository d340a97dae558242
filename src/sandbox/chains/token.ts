// What all in-memory chains share: the balances of one token, and its transfers.
import { getAddress } from 'viem'
import { formatUsd } from '../../internal/usd.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'

/** What a transfer paid for. */
export type Purpose = { operation: string; jobId: string | undefined }

/** A transfer that passed its chain's checks. */
type Transfer = { transaction: string; from: string; to: string; amount: bigint; nonce: string }

/** Amounts are atomic units. @param spell the one spelling of an address. */
export function createToken(
  network: string,
  clock: SandboxClock,
  spell: (address: string) => string = (address) => getAddress(address),
) {
  const balances = new Map<string, bigint>()
  const settlements = new Map<string, Settlement>()
  const balanceOf = (address: string) => balances.get(spell(address)) ?? 0n
  const mint = (address: string, amount: bigint) => {
    balances.set(spell(address), balanceOf(address) + amount)
  }
  return {
    mint,
    balanceOf,
    /** Whether it was ever given any. */
    exists: (address: string) => balances.has(spell(address)),
    owners: () => [...balances.keys()],
    move({ transaction, amount, nonce, ...transfer }: Transfer, purpose: Purpose): Settlement {
      const [from, to] = [spell(transfer.from), spell(transfer.to)]
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
    /** Sets what an earlier transfer paid for. */
    assign(transaction: string, purpose: Purpose): void {
      const settlement = settlements.get(transaction)
      if (settlement) settlements.set(transaction, Object.freeze({ ...settlement, ...purpose }))
    },
    settlements: () => [...settlements.values()],
  }
}
