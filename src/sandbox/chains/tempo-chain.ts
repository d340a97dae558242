// An in-memory Tempo with one token: transfers with a memo, by signed transactions that expire and are valid once.
import { type Address, getAddress, type Hex, keccak256, size, slice } from 'viem'
import { tempoChainId, tempoCurrencies, tempoNetwork } from '../../methods/mpp/currencies.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'
import { createToken, type Purpose, type Token } from './token.ts'

/** A transfer, from a transaction or the parameters of a simulation. */
export type Transfer = { from: Address; to: Address; amount: bigint; memo: Hex }

/** A decoded signed transaction. */
export type TempoTransaction = Transfer & { hash: Hex; validBefore: number }

type TempoRevert = 'expired' | 'nonce' | 'balance' | 'validity'

export type TempoChain = Pick<Token, 'mint' | 'balanceOf' | 'settlements' | 'assign'> & {
  /** USDC.e, the only token. */
  token: Address
  /** `undefined` unless it is a signed transaction with exactly one transfer of the token. */
  read(bytes: Hex): Promise<TempoTransaction | undefined>
  /** Whether it would revert now; whether it was taken before is not checked. */
  simulate(transaction: TempoTransaction): TempoRevert | undefined
  /** Checks and transfers in one synchronous step. There is no fee. */
  send(transaction: TempoTransaction, purpose?: Purpose): Settlement | TempoRevert
  /** A transaction that was taken. */
  find(hash: Hex): TempoTransaction | undefined
}

const transferWithMemo = '0x95777d59'
/** The longest validity of an expiring nonce, seconds. */
export const maxLife = 30

export function createTempoChain(clock: SandboxClock): TempoChain {
  const [token] = tempoCurrencies
  const { mint, balanceOf, settlements, move, assign } = createToken(tempoNetwork, clock)
  const taken = new Map<Hex, TempoTransaction>()
  const simulate = ({ validBefore, from, amount }: TempoTransaction): TempoRevert | undefined => {
    const now = Math.floor(clock.now() / 1000)
    if (now >= validBefore) return 'expired'
    if (validBefore > now + maxLife) return 'validity'
    return balanceOf(from) < amount ? 'balance' : undefined
  }
  return {
    ...{ token, mint, balanceOf, settlements, assign, simulate },
    read: (bytes) => readTransaction(bytes, token),
    send(transaction, purpose = { operation: 'transfer', jobId: undefined }) {
      const { hash, memo, ...transfer } = transaction
      const revert = taken.has(hash) ? 'nonce' : simulate(transaction)
      if (revert) return revert
      taken.set(hash, transaction)
      return move({ ...transfer, transaction: hash, nonce: memo }, purpose)
    },
    find: (hash) => taken.get(hash),
  }
}

/** Loads `viem/tempo` only when it is needed: older versions of viem lack it. */
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
