// The client of this page: the injected wallet through viem, the ledger in IndexedDB, the service through the relay.
import { type ProposedPayment, StableStudioClient, x402 } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { type Address, createWalletClient, custom, type EIP1193Provider } from 'viem'
import { relayPath, type Settings } from './settings.ts'

export type StudioOptions = {
  settings: Settings
  /** Without a wallet the client can name prices and show the ledger, and nothing else. */
  wallet?: { provider: EIP1193Provider; account: Address } | undefined
  approve(payment: ProposedPayment): Promise<boolean>
}

export function createStudio({ settings, wallet, approve }: StudioOptions): StableStudioClient {
  return new StableStudioClient({
    ...(wallet && {
      wallet: createWalletClient({ account: wallet.account, transport: custom(wallet.provider) }),
    }),
    baseUrl: relayPath,
    origin: settings.origin,
    limits: settings.limits,
    store: indexedDbStore(settings.sandbox ? 'stablestudio-sandbox' : 'stablestudio'),
    payWith: [x402({ networks: [settings.network] })],
    approve,
  })
}
