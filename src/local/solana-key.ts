// Keys of Solana, as wallets and `solana-keygen` write them.
import type { Hex } from 'viem'
import { solanaKey } from '../entries/solana.ts'
import { isStableStudioError } from '../index.ts'
import { decode58 } from '../internal/base58.ts'
import { parseJson } from '../internal/json.ts'
import { type SolanaFacts, walletError } from './keystore.ts'

/** @throws {WalletError} when the text is no key of Solana. The message never repeats it. */
export async function readSolanaKey(text: string): Promise<{ key: Hex; solana: SolanaFacts }> {
  const secret = text.trim()
  try {
    // It also looks whether both halves belong together.
    const { address } = await solanaKey(secret)
    const list = parseJson(secret)
    const bytes = Array.isArray(list) ? Uint8Array.from(list) : decode58(secret, 64)
    if (!bytes) throw new TypeError('Not 64 bytes.')
    const hex = Buffer.from(bytes).toString('hex')
    return { key: `0x${hex.slice(0, 64)}`, solana: { address, publicKey: hex.slice(64) } }
  } catch (error) {
    if (!isStableStudioError(error)) throw error
    throw walletError(
      'This is not a key of Solana.',
      'Nothing was written. It must be 64 bytes: base58, as wallets export them, or the JSON array of solana-keygen.',
    )
  }
}
