// A server wallet of the Coinbase Developer Platform. Its account is none of viem's, so toAccount makes one of it.
import { CdpClient } from '@coinbase/cdp-sdk'
import { type LocalAccount, toAccount } from 'viem/accounts'

/** Reads CDP_API_KEY_ID, CDP_API_KEY_SECRET and CDP_WALLET_SECRET. The same name is the same account. */
export async function cdpWallet(name: string, cdp = new CdpClient()): Promise<LocalAccount> {
  return toAccount(await cdp.evm.getOrCreateAccount({ name }))
}
