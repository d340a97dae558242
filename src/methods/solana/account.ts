// Who pays on Solana: a key, a signer of `@solana/kit`, or a wallet of Wallet Standard, each known by its shape.
import { WalletError } from '../../errors.ts'
import { decode58 } from '../../internal/base58.ts'
import { hasMethods } from '../../internal/check.ts'
import { isRecord, own } from '../../internal/json.ts'
import type { Deadline } from '../../internal/time.ts'
import { ask, type Payer } from '../../wallet.ts'
import type { SolanaAsset } from './assets.ts'
import { sameBytes } from './bytes.ts'
import { verifies } from './ed25519.ts'
import { transactionOf } from './message.ts'
import { keyOf } from './token-account.ts'

/** A key that signs bytes as they are, such as {@link solanaKey} or a key management service. */
export type SolanaSigner = {
  /** Base58. */
  readonly address: string
  /** The Ed25519 signature of these bytes, 64 bytes. It is verified before it is used. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** A signer of `@solana/kit` that signs messages: `createKeyPairSignerFromBytes` and the like. */
export type SolanaKitSigner = {
  readonly address: string
  signMessages(
    messages: readonly { content: Uint8Array; signatures: Record<never, never> }[],
  ): Promise<readonly Readonly<Record<string, Uint8Array>>[]>
}

/** A wallet of Wallet Standard, and one of its accounts. It prompts a person for each signature. */
export type SolanaWalletAccount = {
  /** Must have the features `solana:signTransaction` and `solana:signMessage`. */
  wallet: { readonly features: Readonly<Record<string, unknown>> }
  account: { readonly address: string }
}

/** What the `account` option takes. */
export type SolanaAccount = SolanaSigner | SolanaKitSigner | SolanaWalletAccount

/** An account in one form, whatever its shape. */
export type SolanaPayer = Payer & {
  /** The transaction with this message, signed. A wallet may have changed it: it must be compared. */
  signTransaction(message: Uint8Array, deadline: Deadline, longestMs: number): Promise<Uint8Array>
  /** Moves no money. */
  signMessage(message: Uint8Array<ArrayBuffer>, deadline: Deadline): Promise<Uint8Array>
}

const mustBe =
  'must be solanaKey(…), a signer of @solana/kit, or { wallet, account } of a Wallet Standard wallet'

/** The payer, or what is wrong with the option. Never repeats the value: it may be a key. */
export function readPayer(option: unknown, { chain }: SolanaAsset): SolanaPayer | string {
  if (hasMethods(option, ['then'])) return 'is a Promise: await it'
  if (typeof option !== 'object' || option === null) return `${mustBe}, not ${typeof option}`
  const isWallet = 'wallet' in option
  // Read plainly: wallets have getters on their prototypes.
  const { address } = Object((isWallet ? own(option, 'account') : option) ?? {})
  if (!isWallet && !hasMethods(option, ['sign']) && !hasMethods(option, ['signMessages'])) return mustBe
  if (typeof address !== 'string' || !decode58(address, 32)) return 'has no valid address'
  if (!isWallet) return keyPayer(address, option as SolanaSigner | SolanaKitSigner)
  return walletPayer(address, option as SolanaWalletAccount, chain)
}

function keyPayer(address: string, account: SolanaSigner | SolanaKitSigner): SolanaPayer {
  const sign = async (message: Uint8Array) => {
    if ('sign' in account) return account.sign(message)
    const [signatures] = await account.signMessages([{ content: message, signatures: {} }])
    return signatures?.[address]
  }
  const signed = async (message: Uint8Array, deadline: Deadline, longestMs?: number) =>
    signatureOf(await ask(() => sign(Uint8Array.from(message)), deadline, longestMs, false))
  return {
    address,
    prompts: false,
    signTransaction: async (message, ...patience) =>
      transactionOf(message, await signed(message, ...patience)),
    signMessage: async (message, deadline) => {
      const signature = await signed(message, deadline)
      await checkSigned(address, signature, message)
      return signature
    },
  }
}

type SignTransaction = (input: {
  account: unknown
  transaction: Uint8Array
  chain: string
}) => Promise<readonly { signedTransaction: Uint8Array }[]>
type SignMessage = (input: {
  account: unknown
  message: Uint8Array
}) => Promise<readonly { signedMessage: Uint8Array; signature: Uint8Array }[]>

function walletPayer(
  address: string,
  { wallet, account }: SolanaWalletAccount,
  chain: string,
): SolanaPayer | string {
  const feature = <method>(name: string) => {
    const found = wallet?.features?.[`solana:${name}`] as Record<string, unknown> | undefined
    return typeof found?.[name] === 'function' ? (found[name].bind(found) as method) : undefined
  }
  const signTransaction = feature<SignTransaction>('signTransaction')
  const signMessage = feature<SignMessage>('signMessage')
  if (!signTransaction || !signMessage)
    return 'is a wallet that cannot sign without sending: it lacks solana:signTransaction or solana:signMessage'
  return {
    address,
    prompts: true,
    async signTransaction(message, deadline, longestMs) {
      const transaction = transactionOf(message)
      const answer = await ask(() => signTransaction({ account, transaction, chain }), deadline, longestMs)
      return bytesIn(answer, 'signedTransaction')
    },
    async signMessage(message, deadline) {
      const answer = await ask(() => signMessage({ account, message: Uint8Array.from(message) }), deadline)
      if (!sameBytes(bytesIn(answer, 'signedMessage'), message)) throw unreadable('It signed another text.')
      const signature = signatureOf(bytesIn(answer, 'signature'))
      await checkSigned(address, signature, message)
      return signature
    },
  }
}

/** The bytes in a wallet's answer. Wallets of other frames have their own `Uint8Array`. */
function bytesIn(answer: unknown, name: string): Uint8Array {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined
  const bytes = isRecord(first) ? first[name] : undefined
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  throw unreadable(`Its answer has no ${name}.`)
}

function signatureOf(signature: unknown): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(signature) && signature.byteLength === 64)
    return Uint8Array.from(new Uint8Array(signature.buffer, signature.byteOffset, 64))
  throw unreadable('It made no signature of 64 bytes.')
}

async function checkSigned(
  address: string,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
) {
  if (!(await verifies(keyOf(address), signature, message)))
    throw unreadable(`The signature is not one of ${address}.`)
}

function unreadable(details: string): WalletError {
  return new WalletError('The wallet could not sign.', {
    code: 'wallet_failed',
    details,
    hint: 'Nothing was sent. Check that the wallet has this account, then call again.',
  })
}
