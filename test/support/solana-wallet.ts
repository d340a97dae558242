// A wallet of Wallet Standard for tests, which can change what it signs, be slow, or answer nonsense.
import type { SolanaWalletAccount } from '../../src/entries/solana.ts'
import { decodeTransaction } from '../../src/methods/solana/decode.ts'
import { countingKey } from './solana.ts'
import { type Ix, signedBy } from './solana-transaction.ts'

export type Behaviour = {
  /** What it does to the instructions before it signs. */
  change?: ((instructions: Ix[]) => Ix[]) | undefined
  /** Answers with these bytes instead. */
  answer?: (signed: Uint8Array) => unknown
  /** Before it answers. */
  wait?: () => Promise<void>
  message?: ((signed: { signedMessage: Uint8Array; signature: Uint8Array }) => unknown) | undefined
}

/** A wallet of Wallet Standard, with getters on its prototype as real ones have. */
export async function walletOf({ change, answer, wait, message }: Behaviour = {}) {
  const { key, signed, account } = await countingKey()
  const prompts = { payments: 0, texts: 0, chains: [] as unknown[] }
  class Wallet {
    get features() {
      return {
        'solana:signTransaction': { version: '1.0.0', signTransaction },
        'solana:signMessage': { version: '1.1.0', signMessage },
      }
    }
  }
  class WalletAccount {
    get address() {
      return key.address
    }
  }
  async function signTransaction({ transaction, chain }: { transaction: Uint8Array; chain: string }) {
    prompts.payments += 1
    prompts.chains.push(chain)
    const decoded = decodeTransaction(transaction)
    if (!decoded) throw new Error('unreadable')
    const made = change ? await changed(decoded, change) : await alike(decoded.message)
    await wait?.()
    return answer ? answer(made) : [{ signedTransaction: made }]
  }
  const alike = async (bytes: Uint8Array) =>
    Uint8Array.from([2, ...new Uint8Array(64), ...(await account.sign(bytes)), ...bytes])
  async function changed(
    decoded: NonNullable<ReturnType<typeof decodeTransaction>>,
    by: NonNullable<Behaviour['change']>,
  ) {
    const instructions = decoded.instructions.map(({ program, accounts, data }) => ({
      program,
      accounts: accounts.map((one, at) => [one, one === key.address, at === 0 || at === 2] as const),
      data: [...data],
    }))
    const [feePayer = ''] = decoded.keys
    return signedBy([account], { feePayer, blockhash: decoded.blockhash, instructions: by(instructions) })
  }
  async function signMessage({ message: text }: { message: Uint8Array }) {
    prompts.texts += 1
    const one = { signedMessage: text, signature: await account.sign(text) }
    return message ? message(one) : [one]
  }
  const option: SolanaWalletAccount = { wallet: new Wallet(), account: new WalletAccount() }
  return { option, prompts, signed, address: key.address }
}
