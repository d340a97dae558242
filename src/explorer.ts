// Links to block explorers.
import type { Receipt } from './types.ts'

/** Explorers by CAIP-2 network, as named in each network's own documentation. */
const explorers: Record<string, (transaction: string) => string> = {
  'eip155:8453': (hash) => `https://basescan.org/tx/${hash}`,
  'eip155:84532': (hash) => `https://sepolia.basescan.org/tx/${hash}`,
  'eip155:4217': (hash) => `https://explore.tempo.xyz/tx/${hash}`,
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': (signature) => `https://explorer.solana.com/tx/${signature}`,
  'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1': (signature) =>
    `https://explorer.solana.com/tx/${signature}?cluster=devnet`,
}

/** A hash of EVM chains, or a signature of Solana. */
const isTransaction = (network: string, text: string) =>
  (network.startsWith('eip155:') ? /^0x[0-9a-fA-F]{64}$/ : /^[1-9A-HJ-NP-Za-km-z]{64,88}$/).test(text)

/**
 * The URL of a receipt's transaction on its network's explorer. Moves no money and sends no request.
 *
 * @returns `undefined` if the receipt has no transaction or its network has no known explorer.
 * @example
 * import { explorerUrl } from 'stablestudio'
 *
 * const image = await studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse' })
 * console.log(explorerUrl(image.receipt))
 */
export function explorerUrl({
  network,
  transaction,
}: Pick<Receipt, 'network' | 'transaction'>): string | undefined {
  const explorer = Object.hasOwn(explorers, network) ? explorers[network] : undefined
  return explorer && transaction && isTransaction(network, transaction) ? explorer(transaction) : undefined
}
