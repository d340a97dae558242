// USDC on Solana, and the programs of a payment, known locally: nothing of it is taken from a server.

/** A cluster of Solana that payments are made on. */
export type SolanaCluster = 'mainnet' | 'devnet'

/** USDC of one cluster. */
export type SolanaAsset = {
  /** CAIP-2: the beginning of the cluster's genesis hash. */
  network: string
  /** The token's mint. */
  mint: string
  /** As Wallet Standard names the cluster. */
  chain: 'solana:mainnet' | 'solana:devnet'
}

/** Source: Circle's list of USDC contract addresses; CAIP-30 for the networks. */
export const solanaAssets: Readonly<Record<SolanaCluster, SolanaAsset>> = {
  mainnet: {
    network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
    mint: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
    chain: 'solana:mainnet',
  },
  devnet: {
    network: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
    mint: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU',
    chain: 'solana:devnet',
  },
}

export const decimals = 6

export const programs = {
  system: '11111111111111111111111111111111',
  compute: 'ComputeBudget111111111111111111111111111111',
  token: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  tokenAccount: 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
  memo: 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  /** Assertions that wallets insert: they read accounts and change nothing. */
  lighthouse: 'L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95',
} as const
