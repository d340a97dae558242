// The spend account of this page, and the client that pays with it.
import { StableStudioClient, x402 } from 'stablestudio'
import { createSpendAccount, indexedDbStore, type SpendAccount } from 'stablestudio/browser'
import { isSandbox } from './settings.ts'

const name = isSandbox ? 'sandbox' : 'pictures'
const rpc = isSandbox ? '/rpc' : 'https://mainnet.base.org'
const origin = isSandbox ? location.origin : 'https://stablestudio.dev'

/** One for the page: everything that React mounts twice gets the same one. */
export const spendAccount: Promise<SpendAccount> = createSpendAccount({ name, rpc, origin })

export function createStudio(wallet: SpendAccount): StableStudioClient {
  return new StableStudioClient({
    wallet,
    baseUrl: '/api/stablestudio',
    origin,
    limits: { perCall: '0.50', perDay: '5' },
    store: indexedDbStore(name),
    payWith: [x402({ networks: ['eip155:8453'] })],
  })
}
