// Links to block explorers.
import type { Receipt } from './types.ts'

/** Explorers by CAIP-2 network, as named in each network's own documentation. */
const explorers: Record<string, string> = {
  'eip155:8453': 'https://basescan.org/tx/',
  'eip155:84532': 'https://sepolia.basescan.org/tx/',
  'eip155:4217': 'https://explore.tempo.xyz/tx/',
}

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
  return explorer && transaction && /^0x[0-9a-fA-F]{64}$/.test(transaction)
    ? explorer + transaction
    : undefined
}
