// An encrypted wallet file, as `stablestudio wallet new`, `cast wallet new` and geth write it. Needs: npm install ox
import { readFile } from 'node:fs/promises'
import { Keystore } from 'ox'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

/** Takes a fraction of a second for files of the first two, and several seconds for those of geth: open it once. */
export async function openWalletFile(path: string, password: string): Promise<PrivateKeyAccount> {
  const file = JSON.parse(await readFile(path, 'utf8')) as Keystore.Keystore
  return privateKeyToAccount(Keystore.decrypt(file, await Keystore.toKeyAsync(file, { password })))
}
