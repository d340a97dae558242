// The wallet in the visitor's browser: a person confirms each signature in its window.
import { createWalletClient, custom, type WalletClient } from 'viem'
import { base } from 'viem/chains'
import 'viem/window'

export async function injectedWallet(): Promise<WalletClient> {
  const provider = window.ethereum
  if (!provider) throw new Error('There is no wallet in this browser.')
  const [account] = await provider.request({ method: 'eth_requestAccounts' })
  if (!account) throw new Error('No account was connected.')
  return createWalletClient({ account, chain: base, transport: custom(provider) })
}
