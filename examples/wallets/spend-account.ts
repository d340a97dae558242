// An account of the page for small amounts, filled from any wallet, a smart one too: one prompt for many pictures.
import { createSpendAccount, type SpendAccount } from 'stablestudio/browser'
import type { WalletClient } from 'viem'

/** Fills it when there is less than a dollar left. */
export async function spendAccount(
  owner: WalletClient,
  rpc = 'https://mainnet.base.org',
): Promise<SpendAccount> {
  const wallet = await createSpendAccount({ rpc })
  const { available } = await wallet.balance()
  if (Number(available) < 1) await wallet.deposit(owner, '5')
  return wallet
}
