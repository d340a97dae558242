// A small signer over viem accounts and wallet clients. The only file that calls a wallet.
import type { Account, Address, Hex, LocalAccount, WalletClient } from 'viem'
import type { ErrorFacts } from './errors/facts.ts'
import { WalletError } from './errors.ts'
import { checksum, isAddressLike } from './internal/address.ts'
import { hasMethods } from './internal/check.ts'
import { networkName } from './internal/networks.ts'
import { createSpread } from './internal/spread.ts'
import { type Deadline, within } from './internal/time.ts'
import type { authorizationTypedData } from './x402/exact.ts'

type PaymentTypedData = ReturnType<typeof authorizationTypedData>

/** How long a call waits for a wallet. @inline */
type Patience = Pick<Deadline, 'left' | 'signal' | 'instant'>

/** The account that pays. */
export type Payer = {
  /** As its network writes addresses. */
  address: string
  /** Whether a person confirms each signature. */
  prompts: boolean
}

/** What the client needs from a wallet. */
export type Wallet = Payer & {
  /** EIP-55 checksummed; otherwise sign-in messages are refused. */
  address: Address
  /** The chain that a wallet client with a local account was made for: on no other may it sign a payment. */
  chainId?: number | undefined
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

const mustBeWallet = 'must be a viem LocalAccount or a WalletClient with an account'
const overProvider = "createWalletClient({ account, transport: custom(window.ethereum) }) from 'viem'"

/** The wallet, or what is wrong with the value. Never repeats the value: it may be a key. */
export function toWallet(option: unknown): Wallet | string {
  if (typeof option === 'string') {
    return `${mustBeWallet}, not a string; use privateKeyToAccount(…) from 'viem/accounts'`
  }
  if (typeof option !== 'object' || option === null) return mustBeWallet
  const account = 'account' in option ? (option as WalletClient).account : (option as Account)
  if (!account) return 'is a WalletClient without an account: pass `account` to createWalletClient'
  if (hasMethods(option, ['request']) && !('account' in option)) return `is a provider: use ${overProvider}`
  if (hasMethods(option, ['getAddress', 'signMessage']))
    return `is an ethers signer: use privateKeyToAccount(wallet.privateKey) from 'viem/accounts', or ${overProvider}`
  if (!isAddressLike(String(account.address))) return 'has no valid address'
  if (account.type === 'local')
    return localWallet(account as LocalAccount, (option as WalletClient).chain?.id)
  if ('account' in option && typeof (option as WalletClient).signTypedData === 'function') {
    if (account.type === 'json-rpc') return clientWallet(option as WalletClient, account)
    return 'is a smart account: only plain accounts (EOA) can sign in to collect the job'
  }
  const isForeign = account.type !== 'smart' && hasMethods(option, ['signMessage', 'signTypedData'])
  return isForeign ? `${mustBeWallet}; use toAccount(…) from 'viem/accounts' on this account` : mustBeWallet
}

function localWallet(account: LocalAccount, chainId: number | undefined): Wallet {
  const address = checksum(account.address)
  // viem derives these accounts from a key, so the signer is known. Custom ones, such as a KMS, are checked.
  const trusted = ['privateKey', 'hd', 'mnemonic'].includes(account.source)
  // Each signature takes at least a quarter of a millisecond; a thousand must not block the event loop.
  const spread = createSpread()
  const sign = async (signed: PaymentTypedData | string, make: () => Promise<Hex>, patience?: Patience) => {
    const inTurn = async () => {
      if (!patience?.instant) await spread()
      // The call may have ended while waiting for its turn.
      if (patience?.signal?.aborted) throw patience.signal.reason
      if (patience?.left() === 0) throw late(0, false)
      return make()
    }
    const asked = () => ask(inTurn, patience, answerTimeoutMs, false)
    return trusted ? asked() : checked(address, signed, asked)
  }
  return {
    address,
    prompts: false,
    chainId,
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
export async function useChain(
  client: WalletClient,
  chainId: number,
  patience?: Patience,
  onSwitch?: () => void,
): Promise<void> {
  const active = await ask(() => client.getChainId(), patience, chainTimeoutMs)
  if (active === chainId) return
  onSwitch?.()
  try {
    await ask(() => client.switchChain({ id: chainId }), patience, chainTimeoutMs)
  } catch (cause) {
    // Refusing the switch is refusing the payment.
    if (patience?.signal?.aborted || (cause instanceof WalletError && cause.code === 'wallet_rejected'))
      throw cause
    throw wrongChain(active, chainId, cause)
  }
}

/** @throws {WalletError} `wallet_wrong_chain`, when the wallet was made for another chain than the payment's. */
export function checkChain(own: number | undefined, chainId: number): void {
  if (own === undefined || own === chainId) return
  throw walletError('The wallet is for another chain.', {
    code: 'wallet_wrong_chain',
    details: `Its client was created for ${nameOf(own)}, and the payment is on ${nameOf(chainId)}.`,
    hint: `Nothing was signed. Pass the account itself as \`wallet\`, or create the client for ${nameOf(chainId)}.`,
  })
}

const nameOf = (chainId: number) => networkName(`eip155:${chainId}`)

function wrongChain(active: number, chainId: number, cause: unknown): WalletError {
  const name = nameOf(chainId)
  const missing = chainOf(cause).some(({ code }) => code === 4902)
  const on = `It is on ${nameOf(active)}, and the payment needs ${name}`
  return walletError(missing ? `The wallet does not know ${name}.` : 'The wallet is on another chain.', {
    code: 'wallet_wrong_chain',
    details: missing ? `${on}.` : `${on}. Switching failed.`,
    hint: missing
      ? `Add ${name} to the wallet, in its settings or with viem's \`walletClient.addChain\`, then call again.`
      : `Switch the wallet to ${name}, then call again.`,
    cause,
  })
}

/** Calls a wallet and waits for it. Its errors become a {@link WalletError}; the caller's abort is passed through. */
export async function ask<value>(
  call: () => Promise<value>,
  patience: Patience | undefined,
  longestMs = answerTimeoutMs,
  prompts = true,
): Promise<value> {
  const signal = patience?.signal
  if (signal?.aborted) throw signal.reason
  const timeoutMs = Math.min(longestMs, patience?.left() ?? longestMs)
  try {
    return await within(Promise.resolve().then(call), timeoutMs, patience ?? {}, () =>
      late(timeoutMs, prompts),
    )
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

/** @param prompts whether a person is asked, who may have overlooked it. */
function late(timeoutMs: number, prompts: boolean): WalletError {
  return walletError('The wallet did not answer.', {
    code: 'wallet_timeout',
    details: `The client waited for ${Math.round(timeoutMs) / 1000} s.`,
    hint: prompts
      ? 'Open the wallet and look for a pending request, then call again. A late answer is ignored.'
      : 'Nothing was sent. Raise `timeout`, then call again. A late answer is ignored.',
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
  const { verified } = await import('./wallet/verify.ts')
  return verified(expected, signed, await sign(), walletError)
}

function walletError(message: string, facts: Omit<ErrorFacts, 'phase' | 'payment'>): WalletError {
  return new WalletError(message, facts)
}

/** The error for a call that needs a wallet, on a client without one. */
export function noWallet(): WalletError {
  return walletError('This client has no wallet.', {
    code: 'wallet_missing',
    hint: 'Pass `wallet`, or a method with its own account in `payWith`. Without either, only `quote` works.',
  })
}
