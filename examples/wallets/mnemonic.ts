// The words of a wallet, as its backup has them: one of the accounts that they stand for.
import { mnemonicToAccount } from 'viem/accounts'

const words = process.env.MNEMONIC
if (!words) throw new Error('Set MNEMONIC: 12 to 24 words.')

/** m/44'/60'/0'/0/0, the first account of nearly all wallets; `addressIndex: 1` is the second. */
export const wallet = mnemonicToAccount(words, { addressIndex: 0 })
