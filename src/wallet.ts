// A small signer over viem accounts and wallet clients. The only file that calls a wallet.
import type { Account, Address, Hex, LocalAccount, WalletClient } from 'viem'
import type { ErrorFacts } from './errors/facts.ts'
import { WalletError } from './errors.ts'
import { checksum, isAddressLike } from './internal/address.ts'
import { createSpread } from './internal/spread.ts'
import { type Deadline, within } from './internal/time.ts'
import type { authorizationTypedData } from './x402/exact.ts'

type PaymentTypedData = ReturnType<typeof authorizationTypedData>

/** How long a call waits for a wallet. */
type Patience = Pick<Deadline, 'left' | 'signal'>

/** The account that pays. */
export type Payer = {
  /** EIP-55 checksummed; otherwise sign-in messages are refused. */
  address: Address
  /** Whether a person confirms each signature. */
  prompts: boolean
}

/** What the client needs from a wallet. */
export type Wallet = Payer & {
  /** Signs an authorization. From then on money can move, but nothing has been sent. */
  signTypedData(data: PaymentTypedData, deadline?: Patience): Promise<Hex>
  /** Signs a sign-in message; moves no money. */
  signMessage(message: string, deadline?: Patience): Promise<Hex>
}

/** What the `wallet` option accepts. */
export type WalletOption = LocalAccount | WalletClient

/** A person may take minutes to read a prompt, but a wallet that never answers must not hang the call. */
const answerTimeoutMs = 5 * 60_000
const chainTimeoutMs = 60_000

/** The wallet, or what is wrong with the value. Never repeats the value: it may be a key. */
export function toWallet(option: unknown): Wallet | string {
  if (typeof option === 'string') {
    return "must be a viem account or WalletClient, not a string; use privateKeyToAccount(…) from 'viem/accounts'"
  }
  if (typeof option !== 'object' || option === null) return 'must be a viem LocalAccount or WalletClient'
  const account = 'account' in option ? (option as WalletClient).account : (option as Account)
  if (!account) return 'is a WalletClient without an account: pass `account` to createWalletClient'
  if (!isAddressLike(String(account.address))) return 'has no valid address'
  if (account.type === 'local') return localWallet(account as LocalAccount)
  if ('account' in option && typeof (option as WalletClient).signTypedData === 'function') {
    if (account.type === 'json-rpc') return clientWallet(option as WalletClient, account)
    return 'is a smart account: only plain accounts (EOA) can sign in to collect the job'
  }
  return 'must be a viem LocalAccount or a WalletClient with an account'
}

function localWallet(account: LocalAccount): Wallet {
  const address = checksum(account.address)
  // viem derives these accounts from a key, so the signer is known. Custom ones, such as a KMS, are checked.
  const trusted = ['privateKey', 'hd', 'mnemonic'].includes(account.source)
  // Each signature takes at least a quarter of a millisecond; a thousand must not block the event loop.
  const spread = createSpread()
  const sign = async (signed: PaymentTypedData | string, make: () => Promise<Hex>, patience?: Patience) => {
    const inTurn = async () => {
      await spread()
      // The call may have ended while waiting for its turn.
      if (patience?.signal?.aborted) throw patience.signal.reason
      if (patience?.left() === 0) throw late(0)
      return make()
    }
    const asked = () => ask(inTurn, patience)
    return trusted ? asked() : checked(address, signed, asked)
  }
  return {
    address,
    prompts: false,
    signTypedData: (data, patience) => sign(data, () => account.signTypedData(data), patience),
    signMessage: (message, patience) => sign(message, () => account.signMessage({ message }), patience),
  }
}

function clientWallet(client: WalletClient, account: Account): Wallet {
  const address = checksum(account.address)
  return {
    address,
    prompts: true,
    async signTypedData(data, patience) {
      await useChain(client, data.domain.chainId, patience)
      return checked(address, data, () => ask(() => client.signTypedData({ account, ...data }), patience))
    },
    signMessage: (message, patience) =>
      checked(address, message, () => ask(() => client.signMessage({ account, message }), patience)),
  }
}

/** Wallets refuse typed data for an inactive chain, some by never answering. */
async function useChain(client: WalletClient, chainId: number, patience?: Patience): Promise<void> {
  const active = await ask(() => client.getChainId(), patience, chainTimeoutMs)
  if (active === chainId) return
  try {
    await ask(() => client.switchChain({ id: chainId }), patience, chainTimeoutMs)
  } catch (cause) {
    // Refusing the switch is refusing the payment.
    if (patience?.signal?.aborted || (cause instanceof WalletError && cause.code === 'wallet_rejected'))
      throw cause
    throw wrongChain(active, chainId, cause)
  }
}

function wrongChain(active: number, chainId: number, cause: unknown): WalletError {
  const name = chainNames[chainId] ?? `chain ${chainId}`
  const missing = chainOf(cause).some(({ code }) => code === 4902)
  const on = `It is on chain ${active}, and the payment needs ${name}`
  return walletError(missing ? `The wallet does not know ${name}.` : 'The wallet is on another chain.', {
    code: 'wallet_wrong_chain',
    details: missing ? `${on}.` : `${on}. Switching failed.`,
    hint: missing
      ? `Add ${name} to the wallet, in its settings or with viem's \`walletClient.addChain\`, then call again.`
      : `Switch the wallet to ${name}, then call again.`,
    cause,
  })
}

const chainNames: Record<number, string> = { 8453: 'Base (chain 8453)', 84532: 'Base Sepolia (chain 84532)' }

/** Calls a wallet and waits for it. Its errors become a {@link WalletError}; the caller's abort is passed through. */
export async function ask<value>(
  call: () => Promise<value>,
  patience: Patience | undefined,
  longestMs = answerTimeoutMs,
): Promise<value> {
  const signal = patience?.signal
  if (signal?.aborted) throw signal.reason
  const timeoutMs = Math.min(longestMs, patience?.left() ?? longestMs)
  try {
    return await within(Promise.resolve().then(call), timeoutMs, signal, () => late(timeoutMs))
  } catch (cause) {
    if (signal?.aborted || cause instanceof WalletError) throw cause
    const rejected = chainOf(cause).some((error) => error.code === 4001)
    throw walletError(rejected ? 'The wallet rejected the request.' : 'The wallet could not sign.', {
      code: rejected ? 'wallet_rejected' : 'wallet_failed',
      hint: rejected ? 'Nothing was signed. Call again when the user agrees.' : 'See `cause`.',
      cause,
    })
  }
}

function late(timeoutMs: number): WalletError {
  return walletError('The wallet did not answer.', {
    code: 'wallet_timeout',
    details: `It had ${Math.round(timeoutMs / 1000)} s.`,
    hint: 'Open the wallet and look for a pending request, then call again. A late answer is ignored.',
  })
}

/** An error and its causes. Mobile wallets wrap the real error as `data.originalError`. */
export function chainOf(error: unknown): { code?: unknown; message?: unknown }[] {
  const chain: { code?: unknown; message?: unknown }[] = []
  let current = error
  while (typeof current === 'object' && current !== null && chain.length < 10) {
    chain.push(current)
    const { cause, data } = current as { cause?: unknown; data?: { originalError?: unknown } }
    current = cause ?? data?.originalError
  }
  return chain
}

/** Asks for a signature and verifies that the expected account made it. */
async function checked(
  expected: Address,
  signed: PaymentTypedData | string,
  sign: () => Promise<Hex>,
): Promise<Hex> {
  // Loaded before anything is signed, and only here: accounts with a known key do not need it.
  const { signerOf } = await import('./internal/signer.ts')
  const plain = plainSignature(await sign())
  const signer = await signerOf(signed, plain).catch(() => undefined)
  if (signer?.toLowerCase() === expected.toLowerCase()) return plain
  throw walletError('The wallet signed with another account.', {
    code: 'wallet_failed',
    details: `Expected ${expected}, got ${signer ?? 'an unreadable signature'}.`,
    hint: 'Select the expected account in the wallet. Smart accounts do not work.',
  })
}

/** Normalizes to 65 bytes with `v` 27 or 28 and the lower `s`, the only form that the token contract accepts. */
function plainSignature(signature: Hex): Hex {
  if (!/^0x[0-9a-fA-F]{130}$/.test(String(signature))) {
    throw walletError('This wallet is a smart account, or its signature is unreadable.', {
      code: 'wallet_not_supported',
      details: 'The signature is not 65 bytes long.',
      hint: 'Use a plain account (EOA): no other can collect its jobs.',
    })
  }
  const [r, s] = [signature.slice(2, 66), BigInt(`0x${signature.slice(66, 130)}`)]
  const v = Number.parseInt(signature.slice(-2), 16)
  const odd = (v < 27 ? v : v - 27) === 1
  // Hardware wallets and key services sign with either `s`; the token contract accepts only the lower one (EIP-2).
  const high = s > curveOrder / 2n
  const low = (high ? curveOrder - s : s).toString(16).padStart(64, '0')
  return v === 0 || v === 1 || v === 27 || v === 28 ? `0x${r}${low}${odd === high ? '1b' : '1c'}` : signature
}

/** The order of secp256k1 (SEC 2 §2.4.1). */
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function walletError(message: string, facts: Omit<ErrorFacts, 'phase' | 'payment'>): WalletError {
  return new WalletError(message, { safeToRetry: true, ...facts, phase: 'sign', payment: 'none' })
}

/** The error for a call that needs a wallet, on a client without one. */
export function noWallet(): WalletError {
  return walletError('This client has no wallet.', {
    code: 'wallet_missing',
    hint: 'Pass `wallet`, or in `payWith` a method with its own account. Without either, only `quote` works.',
  })
}
