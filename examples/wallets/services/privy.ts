// A server wallet of Privy. For a wallet with an owner, createViemAccount also takes an `authorizationContext`.
import type { PrivyClient } from '@privy-io/node'
import { createViemAccount } from '@privy-io/node/viem'
import type { WalletOption } from 'stablestudio'

/** @param privy new PrivyClient({ appId, appSecret }) */
export async function privyWallet(privy: PrivyClient, walletId: string): Promise<WalletOption> {
  const { address } = await privy.wallets().get(walletId)
  return createViemAccount(privy, { walletId, address: address as `0x${string}` })
}
