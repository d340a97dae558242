// A wallet on the visitor's phone, by WalletConnect. Needs: npm install wagmi @walletconnect/ethereum-provider
import type { WalletClient } from 'viem'
import { base } from 'viem/chains'
import { createConfig, http } from 'wagmi'
import { connect, getWalletClient } from 'wagmi/actions'
import { walletConnect } from 'wagmi/connectors'

/** @param projectId of https://dashboard.reown.com */
export async function phoneWallet(projectId: string): Promise<WalletClient> {
  const config = createConfig({ chains: [base], transports: { [base.id]: http() } })
  await connect(config, { connector: walletConnect({ projectId }) })
  return getWalletClient(config)
}
