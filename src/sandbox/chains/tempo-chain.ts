// An in-memory Tempo with one token: transfers with a memo, by signed transactions that expire and are valid once.
import { type Address, getAddress, type Hex, keccak256, size, slice } from 'viem'
import { tempoChainId, tempoCurrencies, tempoNetwork } from '../../methods/mpp/currencies.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'
import { createToken, type Purpose } from './token.ts'

/** A transfer, from a transaction or the parameters of a simulation. */
export type Transfer = { from: Address; to: Address; amount: bigint; memo: Hex }

/** A decoded signed transaction. */
export type TempoTransaction = Transfer & { hash: Hex; validBefore: number }

type TempoRevert = 'expired' | 'balance' | 'validity'

const transferWithMemo = '0x95777d59'
/** The longest validity of an expiring nonce, seconds. */
export const maxLife = 30

export function createTempoChain(clock: SandboxClock) {
  // USDC.e, the only token.
  const [token] = tempoCurrencies
  const { mint, balanceOf, settlements, move, assign } = createToken(tempoNetwork, clock)
  const taken = new Map<Hex, TempoTransaction>()
  /** Whether it would revert now; whether it was taken before is not checked. */
  const simulate = ({
    validBefore,
    from,
    amount,
  }: Pick<TempoTransaction, 'validBefore' | 'from' | 'amount'>): TempoRevert | undefined => {
    const now = Math.floor(clock.now() / 1000)
    if (now >= validBefore) return 'expired'
    if (validBefore > now + maxLife) return 'validity'
    return balanceOf(from) < amount ? 'balance' : undefined
  }
  return {
    ...{ token, mint, balanceOf, settlements, assign, simulate },
    read: (bytes: Hex) => readTransaction(bytes, token),
    /** Checks and transfers in one synchronous step. There is no fee. */
    send(
      transaction: TempoTransaction,
      purpose: Purpose = { operation: 'transfer', jobId: undefined },
    ): Settlement | TempoRevert | 'nonce' {
      const { hash, memo, ...transfer } = transaction
      const revert = taken.has(hash) ? 'nonce' : simulate(transaction)
      if (revert) return revert
      taken.set(hash, transaction)
      return move({ ...transfer, transaction: hash, nonce: memo }, purpose)
    },
    /** A transaction that was taken. */
    find: (hash: Hex) => taken.get(hash),
  }
}

/**
 * The transaction, if it is signed and has exactly one transfer of the token. Loads `viem/tempo` only when it is needed: older versions of
 * viem lack it.
 */
async function readTransaction(bytes: Hex, token: Address): Promise<TempoTransaction | undefined> {
  const { Transaction } = await import('viem/tempo')
  try {
    const { from, calls, chainId, validBefore, signature } = Transaction.deserialize(bytes as never) as {
      from?: Address
      calls?: readonly { to?: Address; data?: Hex }[]
      chainId?: number
      validBefore?: number
      signature?: unknown
    }
    const transfer = calls?.length === 1 ? readTransfer(calls[0], token) : undefined
    if (!transfer || !from || !signature || chainId !== tempoChainId || !validBefore) return undefined
    return { ...transfer, from: getAddress(from), hash: keccak256(bytes), validBefore }
  } catch {
    return undefined
  }
}

/** The transfer of the token that a call makes, if it makes one. */
export function readTransfer(
  call: { to?: Address; data?: Hex } | undefined,
  token: Address,
): Omit<Transfer, 'from'> | undefined {
  const { to, data = '0x' } = call ?? {}
  if (to?.toLowerCase() !== token.toLowerCase() || size(data) !== 100) return undefined
  if (slice(data, 0, 4) !== transferWithMemo) return undefined
  return { to: getAddress(slice(data, 16, 36)), amount: BigInt(slice(data, 36, 68)), memo: slice(data, 68) }
}
