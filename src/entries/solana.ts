/**
 * Payment by x402 on Solana, in USDC.
 *
 * @module stablestudio/solana
 */
export type {
  SolanaAccount,
  SolanaKitSigner,
  SolanaSigner,
  SolanaWalletAccount,
} from '../methods/solana/account.ts'
export { type SolanaAsset, type SolanaCluster, solanaAssets } from '../methods/solana/assets.ts'
export { solanaKey } from '../methods/solana/key.ts'
export { type SolanaOptions, solana } from '../methods/solana/solana.ts'
