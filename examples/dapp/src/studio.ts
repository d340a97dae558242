// The client of this page: the injected wallet through viem, the ledger in IndexedDB, the service through the relay.
import { type ProposedPayment, StableStudioClient, x402 } from 'stablestudio'
import { indexedDbStore, type SpendAccount } from 'stablestudio/browser'
import { type Address, createWalletClient, custom, type EIP1193Provider, type WalletClient } from 'viem'
import { relayPath, type Settings } from './settings.ts'

export type StudioOptions = {
  settings: Settings
  /** Without a wallet the client can name prices and show the ledger, and nothing else. */
  wallet?: { provider: EIP1193Provider; account: Address } | undefined
  /** Pays instead of the wallet, without asking anybody. */
  spend?: SpendAccount | undefined
  approve(payment: ProposedPayment): Promise<boolean>
}

export function createStudio({ settings, wallet, spend, approve }: StudioOptions): StableStudioClient {
  const payer = spend ?? (wallet && walletClientOf(wallet))
  return new StableStudioClient({
    ...(payer && { wallet: payer }),
    baseUrl: relayPath,
    origin: settings.origin,
    limits: settings.limits,
    store: indexedDbStore(settings.sandbox ? 'stablestudio-sandbox' : 'stablestudio'),
    payWith: [x402({ networks: [settings.network] })],
    approve,
  })
}

export function walletClientOf({
  provider,
  account,
}: {
  provider: EIP1193Provider
  account: Address
}): WalletClient {
  return createWalletClient({ account, transport: custom(provider) })
}
