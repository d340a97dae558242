// An in-memory Tempo with one token: transfers with a memo, by signed transactions that expire and count once.
import { type Address, getAddress, type Hex, keccak256, size, slice } from 'viem'
import { formatUsd } from '../../internal/usd.ts'
import { tempoChainId, tempoCurrencies, tempoNetwork } from '../../methods/mpp/currencies.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'

/** A transfer, as a transaction or the parameters of a simulation describe it. */
export type Transfer = { from: Address; to: Address; amount: bigint; memo: Hex }

/** A signed transaction, read. */
export type TempoTransaction = Transfer & { hash: Hex; validBefore: number }

export type TempoRevert = 'expired' | 'nonce' | 'balance' | 'validity'

/** What a transfer was for; unknown as long as nobody named it as a payment. */
export type TempoPurpose = { operation: string; jobId: string | undefined }

export type TempoChain = {
  /** USDC.e, the only token. */
  token: Address
  mint(address: Address, amount: bigint): void
  balanceOf(address: Address): bigint
  /** `undefined` when it is no signed transaction with exactly one transfer of the token. */
  read(bytes: Hex): Promise<TempoTransaction | undefined>
  /** What a call of it would show, which sends nothing: whether it was taken before is not looked at. */
  simulate(transaction: TempoTransaction): TempoRevert | undefined
  /** Checks and transfers in one synchronous step. Its fee is nothing. */
  send(transaction: TempoTransaction, purpose?: TempoPurpose): Settlement | TempoRevert
  /** A transaction that was taken. */
  find(hash: Hex): TempoTransaction | undefined
  /** Says what a transfer that is on the chain already was for. */
  name(hash: Hex, purpose: TempoPurpose): void
  settlements(): readonly Settlement[]
}

const transferWithMemo = '0x95777d59'
/** An expiring nonce may not live longer, seconds. */
export const maxLife = 30

export function createTempoChain(clock: SandboxClock): TempoChain {
  const [token] = tempoCurrencies
  const balances = new Map<Address, bigint>()
  const taken = new Map<Hex, { transaction: TempoTransaction; settlement: Settlement }>()
  const balanceOf = (address: Address) => balances.get(getAddress(address)) ?? 0n
  const add = (address: Address, amount: bigint) => {
    balances.set(getAddress(address), balanceOf(address) + amount)
  }
  const simulate = ({ validBefore, from, amount }: TempoTransaction): TempoRevert | undefined => {
    const now = Math.floor(clock.now() / 1000)
    if (now >= validBefore) return 'expired'
    if (validBefore > now + maxLife) return 'validity'
    return balanceOf(from) < amount ? 'balance' : undefined
  }
  return {
    token,
    mint: add,
    balanceOf,
    read: (bytes) => readTransaction(bytes, token),
    simulate,
    send(transaction, purpose = { operation: 'transfer', jobId: undefined }) {
      const revert = taken.has(transaction.hash) ? 'nonce' : simulate(transaction)
      if (revert) return revert
      add(transaction.from, -transaction.amount)
      add(transaction.to, transaction.amount)
      const settlement = describe(transaction, purpose, clock.now())
      taken.set(transaction.hash, { transaction, settlement })
      return settlement
    },
    find: (hash) => taken.get(hash)?.transaction,
    name(hash, purpose) {
      const found = taken.get(hash)
      if (found) found.settlement = Object.freeze({ ...found.settlement, ...purpose })
    },
    settlements: () => [...taken.values()].map(({ settlement }) => settlement),
  }
}

/** viem reads Tempo's envelopes; it is loaded only where one is read, because older versions of it cannot. */
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

/** The transfer that a call makes; `undefined` when it makes none of this token. */
export function readTransfer(
  call: { to?: Address; data?: Hex } | undefined,
  token: Address,
): Omit<Transfer, 'from'> | undefined {
  const { to, data = '0x' } = call ?? {}
  if (to?.toLowerCase() !== token.toLowerCase() || size(data) !== 100) return undefined
  if (slice(data, 0, 4) !== transferWithMemo) return undefined
  return { to: getAddress(slice(data, 16, 36)), amount: BigInt(slice(data, 36, 68)), memo: slice(data, 68) }
}

function describe({ hash, from, to, amount, memo }: TempoTransaction, purpose: TempoPurpose, now: number) {
  return Object.freeze({
    transaction: hash,
    network: tempoNetwork,
    from,
    to,
    amount: amount.toString(),
    usd: formatUsd(amount),
    nonce: memo,
    ...purpose,
    settledAt: new Date(now).toISOString(),
  })
}
