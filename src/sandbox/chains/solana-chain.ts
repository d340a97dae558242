// An in-memory Solana with USDC: blockhashes that age by the clock, and transactions that are taken once.
import { sha256 } from '@noble/hashes/sha2.js'
import { encode58 } from '../../internal/base58.ts'
import { type SolanaAsset, solanaAssets } from '../../methods/solana/assets.ts'
import { concat } from '../../methods/solana/bytes.ts'
import type { X402Network } from '../../x402/assets.ts'
import type { SandboxClock, Settlement } from '../state/types.ts'
import { createToken, type Purpose } from './token.ts'

/** Why a node refuses a transaction, as its JSON says it. */
export type SolanaError = 'BlockhashNotFound' | 'AlreadyProcessed' | { InstructionError: unknown[] }

/** A decoded payment. */
export type SolanaTransfer = {
  from: string
  to: string
  amount: bigint
  memo: string
  blockhash: string
  /** What was signed: its hash tells equal transactions. */
  message: Uint8Array
}

/** A transaction that was taken. */
export type SolanaTransaction = { transaction: string; from: string; to: string; memo: string; at: number }

const slotMs = 250
/** In slots: a blockhash is good for so many. */
const lifeSlots = 150

export type SolanaChain = ReturnType<typeof createSolanaChain>

export function createSolanaChain(beside: X402Network, clock: SandboxClock) {
  const asset: SolanaAsset = beside === 'eip155:8453' ? solanaAssets.mainnet : solanaAssets.devnet
  const { network } = asset
  const { mint, balanceOf, exists, owners, settlements, move } = createToken(
    network,
    clock,
    (address) => address,
  )
  const taken = new Map<string, SolanaTransaction>()
  /** Blockhashes that somebody was told, with their slots. */
  const told = new Map<string, number>()
  const slot = () => Math.floor(clock.now() / slotMs)
  const isValid = (blockhash: string) =>
    slot() - (told.get(blockhash) ?? Number.NEGATIVE_INFINITY) <= lifeSlots
  /** What a simulation says. Like the reference facilitator on a real node, it knows what was taken before. */
  const simulate = ({ message, blockhash, from, to, amount }: SolanaTransfer): SolanaError | undefined => {
    if (taken.has(hashOf(message))) return 'AlreadyProcessed'
    if (!isValid(blockhash)) return 'BlockhashNotFound'
    if (!exists(from) || !exists(to)) return { InstructionError: [2, 'InvalidAccountData'] }
    return balanceOf(from) < amount ? { InstructionError: [2, { Custom: 1 }] } : undefined
  }
  return {
    ...{ asset, network, mint, balanceOf, exists, owners, settlements, simulate, isValid, height: slot },
    latestBlockhash() {
      const now = slot()
      for (const [old, at] of told) if (now - at > 2 * lifeSlots) told.delete(old)
      const blockhash = encode58(sha256(new TextEncoder().encode(`${network} ${now}`)))
      told.set(blockhash, now)
      return { blockhash, lastValidBlockHeight: now + lifeSlots }
    },
    /** Checks and transfers in one synchronous step. */
    transfer(payment: SolanaTransfer, purpose: Purpose): Settlement | SolanaError {
      const error = simulate(payment)
      if (error) return error
      const { from, to, amount, memo, message } = payment
      const hash = sha256(message)
      const transaction = encode58(concat(hash, sha256(hash)))
      taken.set(encode58(hash), { transaction, from, to, memo, at: clock.now() })
      return move({ transaction, from, to, amount, nonce: memo }, purpose)
    },
    /** Transactions of an owner's token account, newest first. */
    historyOf: (owner: string) =>
      [...taken.values()].filter(({ from, to }) => [from, to].includes(owner)).reverse(),
  }
}

const hashOf = (message: Uint8Array) => encode58(sha256(message))
