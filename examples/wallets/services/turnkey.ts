// A wallet of Turnkey. A policy that wants a second approval fails the payment, and nothing is sent.
import type { TurnkeyServerClient } from '@turnkey/sdk-server'
import { createAccount } from '@turnkey/viem'
import type { LocalAccount } from 'viem/accounts'

/**
 * @param client new Turnkey({ apiBaseUrl: 'https://api.turnkey.com', defaultOrganizationId, … }).apiClient()
 * @param address of the account that signs.
 */
export function turnkeyWallet(
  client: TurnkeyServerClient,
  organizationId: string,
  address: `0x${string}`,
): Promise<LocalAccount> {
  return createAccount({ client, organizationId, signWith: address })
}
