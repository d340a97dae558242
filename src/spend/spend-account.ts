// `createSpendAccount`: checks its options, opens the key, and puts the account together.
import type { Hex, LocalAccount, SignableMessage, TypedDataDefinition, WalletClient } from 'viem'
import { invalidOptions } from '../errors/invalid-options.ts'
import { readAddress } from '../internal/address.ts'
import {
  type Check,
  checkFunction,
  checkMs,
  checkOptions,
  checkSignal,
  checkThat,
  checkUsd,
  hasMethods,
} from '../internal/check.ts'
import { checkText } from '../internal/kind.ts'
import { createDeadline } from '../internal/time.ts'
import { checkOrigin, checkUrl, pageOrigin } from '../internal/url.ts'
import { parseUsd } from '../internal/usd.ts'
import { live } from '../methods/live-payee.ts'
import type { Rpc } from '../methods/x402/chain.ts'
import { createDatabase } from '../stores/database.ts'
import { indexedDbStore } from '../stores/indexed-db.ts'
import { assetOf, usdcAssets, type X402Network } from '../x402/assets.ts'
import { authorizationTypedData } from '../x402/exact.ts'
import { createBooks } from './books.ts'
import { createChain } from './chain.ts'
import { type Asked, deposit, depositMs, type SpendTransfer } from './deposit.ts'
import { badArgument, refused } from './errors.ts'
import { readPayment, readSignIn } from './guard.ts'
import { balanceOf, type Purse, type SpendBalance } from './purse.ts'
import type { SpendPrompt } from './send.ts'
import { openVault } from './vault.ts'
import { checkConfirmation, type exportWords, withdraw } from './withdraw.ts'

/** Options of {@link createSpendAccount}. */
export type SpendAccountOptions = {
  /** Of the account: the same name is the same account, in all tabs and after a reload. One for each app on an origin. @default 'stablestudio' */
  name?: string | undefined
  /** The only network that it pays on, CAIP-2. @default 'eip155:8453' (Base) */
  network?: X402Network | undefined
  /**
   * JSON-RPC of the network, which the page must be allowed to connect to: a URL, a path on the page's origin, or a viem
   * `PublicClient`. It tells the balance, and whether a deposit has arrived.
   * @default the network's public RPC
   */
  rpc?: Rpc | undefined
  /** The service's own origin: no sign-in for another one is signed. The client's `origin`. @default 'https://stablestudio.dev' */
  origin?: string | undefined
  /**
   * The only addresses that it pays.
   * @default StableStudio's known payee on its own origin and Base; elsewhere the first one is pinned
   */
  payees?: readonly string[] | undefined
  /**
   * The most that a deposit may bring the account to, USD: clearing the browser's storage loses what is in it.
   * @default '10'
   */
  maxBalance?: string | undefined
}

/** Options of `deposit` and `withdraw`. */
export type SpendOptions = {
  /** Called right before the wallet shows something, with a sentence to show beside it. Errors that it throws are ignored. */
  onPrompt?: ((prompt: SpendPrompt) => void) | undefined
  /** Ends the call; what was sent by then stays sent, and the next call finds it. */
  signal?: AbortSignal | undefined
  /** Time limit, ms. @default 480_000 (8 min): a person may take five of them */
  timeout?: number | undefined
}

/** An account of this page for small amounts: a viem `LocalAccount` that signs for the service only. */
export type SpendAccount = LocalAccount & {
  readonly network: X402Network
  /**
   * Asks the owner's wallet for one USDC transfer to this account, and resolves once it is on the chain. Safe to repeat: a
   * deposit that may have been sent is looked for before another is asked for.
   *
   * @param usd decimal string, such as `'5'`.
   * @throws {InvalidInputError} the amount would bring the account above `maxBalance`; nothing was sent.
   * @throws {WalletError} `insufficient_funds`, `wallet_rejected`, `wallet_wrong_chain`: nothing was sent;
   * `transfer_unknown`: it may be on its way, and the next call looks for it.
   * @throws {StoreError} this browser no longer keeps the key; nothing was sent.
   */
  deposit(walletClient: WalletClient, usd: string, options?: SpendOptions): Promise<SpendTransfer>
  /**
   * Brings USDC back to the wallet that is passed, and to no other address: the account signs, the wallet sends and pays
   * the network fee. Only what no open payment may still take. Safe to repeat: the same authorization is sent again until
   * it is taken or has expired.
   *
   * @param usd decimal string, or `'all'`.
   * @throws {WalletError} `insufficient_funds` when that much is not free; `transfer_unknown` when it may be on its way.
   */
  withdraw(walletClient: WalletClient, usd: string | 'all', options?: SpendOptions): Promise<SpendTransfer>
  /**
   * What it holds, and how much of that is free. Moves no money.
   * @throws {ServiceError} when the RPC does not say: no answer is never a balance of zero.
   */
  balance(options?: { signal?: AbortSignal | undefined }): Promise<SpendBalance>
  /**
   * The private key, for a person to keep: whoever sees it owns the money. Show it only when that person has asked for it.
   * @throws {InvalidInputError} unless `confirm` is exactly these words.
   */
  exportKey(options: { confirm: typeof exportWords }): Promise<Hex>
}

const publicRpcs: Record<X402Network, string> = {
  'eip155:8453': 'https://mainnet.base.org',
  'eip155:84532': 'https://sepolia.base.org',
}

/**
 * Opens this page's spend account, or makes it: a person tops it up once, and many pictures are then paid without a
 * prompt. Works for owners with a smart wallet, too, which the service lets neither sign in nor pay. Its key is encrypted
 * in IndexedDB under a WebCrypto key that cannot be exported. Clearing the browser's storage loses what the account holds.
 * Moves no money by itself.
 *
 * @throws {InvalidInputError} `invalid_config`, listing every wrong option.
 * @throws {StoreError} when this browser has no storage, or the kept key cannot be read; no key is ever replaced.
 * @throws {WalletError} `wallet_not_supported` on a page that is not served over https or localhost.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { createSpendAccount, indexedDbStore } from 'stablestudio/browser'
 *
 * const spend = await createSpendAccount()
 * await spend.deposit(walletClient, '5', { onPrompt: ({ text }) => show(text) })
 * const studio = new StableStudioClient({ wallet: spend, store: indexedDbStore(), baseUrl: '/api/stablestudio' })
 */
export async function createSpendAccount(options: SpendAccountOptions = {}): Promise<SpendAccount> {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidOptions('createSpendAccount', issues)
  const { name = 'stablestudio', network = 'eip155:8453', maxBalance = '10' } = options
  const place = `spend-account/${name}`
  const vault = await openVault(createDatabase(place))
  const { privateKeyToAccount } = await import('viem/accounts')
  const asset = usdcAssets[network]
  const purse: Purse = {
    ...{ key: privateKeyToAccount(vault.privateKey), network, asset, vault },
    chain: createChain(rpcOf(options.rpc ?? publicRpcs[network]), network),
    books: createBooks(indexedDbStore(place), network),
    maxBalance: parseUsd(maxBalance) ?? 0n,
  }
  return Object.freeze({ ...signing(purse, options), ...moving(purse) })
}

/** The account as viem has it. What is not for the service is refused, whoever asks. */
function signing(purse: Purse, { origin = live.origin, payees }: SpendAccountOptions): LocalAccount {
  const { key, asset, books, network } = purse
  const service = new URL(origin)
  const refuse = (what: string) => async (): Promise<never> => {
    throw refused(what)
  }
  const isPayee = async (payTo: Hex) => {
    if (payees) return payees.some((one) => readAddress(one) === payTo)
    const known = service.origin === live.origin ? live.payees[network] : undefined
    return payTo === (known ?? (await books.payee(service.origin, payTo)))
  }
  return {
    ...{ address: key.address, publicKey: key.publicKey, source: 'spendAccount', type: 'local' },
    sign: refuse('a bare hash'),
    signAuthorization: refuse('an EIP-7702 authorization'),
    signTransaction: refuse('a transaction'),
    signMessage: async ({ message }: { message: SignableMessage }) =>
      key.signMessage({ message: readSignIn(message, key.address, service) }),
    signTypedData: async (data: unknown) => {
      const payment = readPayment(data, asset, key.address)
      if (!(await isPayee(payment.to))) throw refused('a payment to someone else than the service')
      const { value, nonce, validBefore, to } = payment
      // Written first: what a withdrawal must leave.
      await books.sign({ amount: value, nonce, to, validBefore: Number(validBefore) })
      return key.signTypedData(authorizationTypedData(asset, payment) as TypedDataDefinition)
    },
  } as LocalAccount
}

function moving(purse: Purse): Omit<SpendAccount, keyof LocalAccount> {
  return {
    network: purse.network,
    deposit: async (walletClient, usd, options) => deposit(purse, walletClient, usd, readAsked(options)),
    withdraw: async (walletClient, usd, options) => withdraw(purse, walletClient, usd, readAsked(options)),
    balance: async (options) => balanceOf(purse, readAsked(options).deadline.signal),
    exportKey: async (options) => {
      checkConfirmation(options)
      return purse.vault.privateKey
    },
  }
}

function readAsked(options: SpendOptions = {}): Asked {
  const [issue] = checkOptions(options, { onPrompt: checkFunction, signal: checkSignal, timeout: checkMs })
  if (issue) throw badArgument(issue.path, issue.message)
  return {
    onPrompt: options.onPrompt,
    deadline: createDeadline(options.timeout ?? depositMs, options.signal),
  }
}

/** A path is on the page's own origin. */
function rpcOf(rpc: Rpc): Rpc {
  return typeof rpc === 'string' && rpc.startsWith('/') ? `${pageOrigin()}${rpc}` : rpc
}

const checks: Readonly<Record<keyof SpendAccountOptions, Check>> = {
  name: checkText,
  network: checkThat(
    (value) => assetOf(String(value)) !== undefined,
    `must be among ${Object.keys(usdcAssets).join(', ')}`,
  ),
  rpc(value) {
    if (hasMethods(value, ['request'])) return undefined
    if (typeof value === 'string' && /^\/(?![/\\])/.test(value) && pageOrigin()) return undefined
    // An RPC provider's key is often part of the query.
    const problem = checkUrl(typeof value === 'string' ? value.split('?')[0] : value)
    return problem && `${problem}, a path on the page's origin, or a viem PublicClient`
  },
  origin: checkOrigin,
  payees: checkThat(
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => readAddress(one) !== undefined),
    'must be a list of addresses',
  ),
  maxBalance: checkUsd,
}
