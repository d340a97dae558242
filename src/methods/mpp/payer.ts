// Who pays on Tempo: a local account, with every signature checked first, or a wallet that sends the transaction.
import {
  type Account,
  type Address,
  createClient,
  custom,
  type Hex,
  http,
  type LocalAccount,
  numberToHex,
} from 'viem'
import { isRecord } from '../../internal/json.ts'
import { chainOf, type Payer, toWallet } from '../../wallet.ts'
import { tempoChainId } from './currencies.ts'
import type { Libraries } from './require.ts'

/** The parts of a viem `WalletClient` that are used. Its full type depends on its chain. @inline */
type MppWallet = {
  account?: Account | undefined
  request(call: never, options?: { retryCount?: number }): Promise<unknown>
  signTypedData(data: never): Promise<Hex>
}

/** What the `account` option takes. */
export type MppAccount = LocalAccount | MppWallet

/** The payer from the `account` option, and whether it can sign a transaction without sending it. */
export type TempoPayer = Payer & {
  address: Address
  option: MppAccount
  local: boolean
  chainId: number | undefined
}

/** The payer, or what is wrong with the option. Never repeats the value: it may be a key. */
export function readPayer(option: unknown): TempoPayer | string {
  const wallet = toWallet(option)
  if (typeof wallet === 'string') return wallet
  const local = isLocal(option as MppAccount)
  if (local && typeof (option as LocalAccount).signTransaction !== 'function')
    return 'cannot sign transactions'
  const { address, prompts, chainId } = wallet
  return { address, prompts, chainId, option: option as MppAccount, local }
}

function isLocal(option: MppAccount): option is LocalAccount {
  return !('account' in option) && 'type' in option && option.type === 'local'
}

/** What an account may sign. */
export type Guard = {
  /** Throws to refuse a transaction. */
  transaction(transaction: unknown): Promise<void>
  /** Throws to refuse the calls that a wallet would send. */
  calls(request: { chainId: unknown; calls: unknown }): void
  /** Throws to refuse typed data. */
  typedData(data: unknown): void
}

export type GuardedPayer = {
  account: Account
  client: ReturnType<typeof createClient>
  /** Whether it was asked for a signature and did not refuse. */
  asked(): boolean
  refusal(): unknown
  /** The signed transaction, if it was signed here. */
  signed(): Hex | undefined
  /** Blocks all further signatures: the call has ended, and leftover work must not pay. */
  revoke(): void
}

export type TempoNode = { rpcUrl: string; fetch: typeof globalThis.fetch | undefined }

/** Wraps a payer so that the guard checks everything it signs. */
export function guardPayer(
  { option, local, address }: TempoPayer,
  guard: Guard,
  node: TempoNode,
  { chains }: Libraries,
): GuardedPayer {
  const state = {
    asked: false,
    revoked: false,
    refusal: undefined as unknown,
    signed: undefined as Hex | undefined,
  }
  const pass = async (check: () => void | Promise<void>) => {
    try {
      await check()
      if (state.revoked) throw new Error('The call for this signature has ended.')
      // A failure that is not a refusal may follow a send, so asking again could pay twice.
      if (state.asked) throw new Error('The wallet already has this payment.')
    } catch (error) {
      state.refusal ??= error
      throw error
    }
    state.asked = true
  }
  const refused = () => {
    state.asked = false
  }
  const chain = chains.tempo
  const account = local
    ? guardAccount(option as LocalAccount, guard, pass, (bytes) => {
        state.signed = bytes
      })
    : ({ type: 'json-rpc', address } as const)
  const transport = local
    ? http(node.rpcUrl, { retryCount: 0, ...(node.fetch && { fetchFn: node.fetch }) })
    : custom(
        { request: (call) => relay(option as MppWallet, call, guard, { pass, refused }) },
        { retryCount: 0 },
      )
  return {
    account,
    client: createClient({ chain, transport }) as never,
    asked: () => state.asked,
    refusal: () => state.refusal,
    signed: () => state.signed,
    revoke: () => {
      state.revoked = true
    },
  }
}

type Pass = (check: () => void | Promise<void>) => Promise<void>

function guardAccount(account: LocalAccount, guard: Guard, pass: Pass, keep: (bytes: Hex) => void): Account {
  const refuse = () => pass(() => Promise.reject(new Error('A payment does not need this signature.')))
  return {
    ...account,
    sign: refuse,
    signMessage: refuse,
    signAuthorization: refuse,
    async signTransaction(transaction: never, options: never) {
      await pass(() => guard.transaction(transaction))
      const bytes = await account.signTransaction(transaction, options)
      keep(bytes)
      return bytes
    },
    async signTypedData(data: never) {
      await pass(() => guard.typedData(data))
      return account.signTypedData(data)
    },
  } as never
}

const signing = ['wallet_sendCalls', 'eth_sendTransaction', 'eth_signTypedData_v4']

/** A wallet may sign only the payment or a proof. Reads pass through. */
async function relay(
  wallet: MppWallet,
  call: { method: string; params?: unknown },
  guard: Guard,
  { pass, refused }: { pass: Pass; refused: () => void },
): Promise<unknown> {
  const { method, params } = call
  if (!signing.includes(method)) {
    if (/sign|send/i.test(method))
      await pass(() => Promise.reject(new Error(`A payment needs no ${method}.`)))
    return wallet.request(call as never)
  }
  const asked = method === 'eth_sendTransaction' ? onTempo(params) : params
  await pass(() => checkCall(method, asked, guard))
  try {
    // viem would retry three times, and the wallet would send every time.
    return await wallet.request({ ...call, params: asked } as never, { retryCount: 0 })
  } catch (error) {
    if (isRefusal(error)) refused()
    throw error
  }
}

/** The user refused, or the wallet lacks the method (EIP-1193, JSON-RPC). Any other failure may follow a send. */
const refusalCodes: readonly unknown[] = [4001, 4200, -32601, -32004]
const unknownMethod =
  /request method is not supported|does not exist \/ is not available|missing or invalid\. request\(\)|unsupported wc_ method/i

function isRefusal(error: unknown): boolean {
  return chainOf(error).some(
    ({ code, message }) => refusalCodes.includes(code) || unknownMethod.test(String(message)),
  )
}

/** viem names no chain in a transaction: the wallet would send it on whichever chain it is on by then. */
function onTempo(params: unknown): unknown[] {
  const [transaction, ...rest] = Array.isArray(params) ? params : []
  return [{ chainId: numberToHex(tempoChainId), ...transaction }, ...rest]
}

function checkCall(method: string, params: unknown, guard: Guard): void {
  const [first, second] = Array.isArray(params) ? params : []
  const { chainId, calls, to, data, value } = isRecord(first) ? first : {}
  if (method === 'eth_signTypedData_v4') guard.typedData(JSON.parse(String(second)))
  else guard.calls({ chainId, calls: calls ?? [{ to, data, value }] })
}
