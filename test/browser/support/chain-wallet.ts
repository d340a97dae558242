// A wallet of a real chain whose owner is the test: a plain account, or a smart wallet that its owner's key moves. It counts
// what a person is asked.
import type { BrowserContext } from 'playwright-core'
import {
  type Address,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  type Hex,
  http,
  parseAbi,
  publicActions,
} from 'viem'
import { generatePrivateKey, nonceManager, privateKeyToAccount } from 'viem/accounts'
import type { RealChain } from '../../interop/real/chain.ts'

type Kind = 'connect' | 'send' | 'sign'
const kindOf: Record<string, Kind> = {
  eth_requestAccounts: 'connect',
  wallet_requestPermissions: 'connect',
  eth_sendTransaction: 'send',
  wallet_sendCalls: 'send',
  personal_sign: 'sign',
  eth_signTypedData_v4: 'sign',
  wallet_switchEthereumChain: 'send',
}

export type ChainWallet = Awaited<ReturnType<typeof createChainWallet>>
type Call = { method: string; params?: readonly unknown[] }
type SentCall = { to: Address; data?: Hex }

export async function createChainWallet(chain: RealChain, kind: 'plain' | 'smart') {
  const key = privateKeyToAccount(generatePrivateKey(), { nonceManager })
  const address = kind === 'plain' ? key.address : privateKeyToAccount(generatePrivateKey()).address
  await chain.fuel(key.address)
  if (kind === 'smart') await chain.placeSmartWallet(address, key.address)
  await chain.fund(address, '20')
  const base = defineChain({
    id: 8453,
    name: 'Base on anvil',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [chain.rpcUrl] } },
  })
  const client = createWalletClient({ account: key, chain: base, transport: http(chain.rpcUrl) }).extend(
    publicActions,
  )
  const asked: string[] = []
  const prompts = { connect: 0, send: 0, sign: 0 }
  let connected = false
  /** What becomes of the next transaction instead of being sent and answered. */
  let instead: 'refuse' | 'lose-answer' | undefined

  const execute = (call: SentCall) =>
    client.sendTransaction(
      kind === 'plain'
        ? { to: call.to, data: call.data ?? '0x' }
        : {
            to: address,
            data: encodeFunctionData({
              abi: parseAbi(['function execute(address to, uint256 value, bytes data) returns (bytes)']),
              args: [call.to, 0n, call.data ?? '0x'],
            }),
          },
    )

  async function send(call: SentCall): Promise<Hex> {
    const now = instead
    instead = undefined
    if (now === 'refuse') throw Object.assign(new Error('User rejected the request.'), { code: 4001 })
    const hash = await execute(call)
    if (now === 'lose-answer') await new Promise(() => {})
    return hash
  }

  async function answer({ method, params = [] }: Call): Promise<unknown> {
    asked.push(method)
    const kindAsked = kindOf[method]
    if (kindAsked) prompts[kindAsked] += 1
    if (kindAsked === 'connect') connected = true
    if (method === 'wallet_requestPermissions') return [{ parentCapability: 'eth_accounts' }]
    if (method === 'eth_requestAccounts' || method === 'eth_accounts')
      return connected ? [address.toLowerCase()] : []
    if (method === 'eth_sendTransaction') {
      if (kind === 'smart') throw Object.assign(new Error('Use wallet_sendCalls.'), { code: 4200 })
      return send(params[0] as SentCall)
    }
    if (method === 'wallet_sendCalls') {
      if (kind === 'plain') throw Object.assign(new Error('No wallet_sendCalls.'), { code: 4200 })
      return { id: await send((params[0] as { calls: [SentCall] }).calls[0]) }
    }
    if (method === 'wallet_getCallsStatus') {
      const receipt = await client.getTransactionReceipt({ hash: params[0] as Hex }).catch(() => undefined)
      const status = receipt ? (receipt.status === 'success' ? 200 : 500) : 100
      return { version: '2.0.0', id: params[0], chainId: '0x2105', status, atomic: true, receipts: [] }
    }
    if (kindAsked) throw Object.assign(new Error(`No ${method} here.`), { code: 4200 })
    return client.request({ method, params } as never)
  }

  const safely = async (call: Call) => {
    try {
      return { result: await answer(call) }
    } catch (error) {
      const { code = -32603, message } = error as { code?: number; message: string }
      return { error: { code, message } }
    }
  }

  return {
    address,
    asked,
    prompts,
    next(what: 'refuse' | 'lose-answer') {
      instead = what
    },
    async install(context: BrowserContext) {
      await context.exposeFunction('askChainWallet', safely)
      await context.addInitScript(provideWallet)
    },
  }
}

/** Runs in the page, before anything else: announces the wallet as EIP-6963 says. */
function provideWallet(): void {
  type Answer = { result: unknown } | { error: { code: number; message: string } }
  const { askChainWallet } = window as unknown as { askChainWallet(call: Call): Promise<Answer> }
  const provider = {
    async request(call: Call) {
      const answer = await askChainWallet(call)
      if ('result' in answer) return answer.result
      throw Object.assign(new Error(answer.error.message), answer.error)
    },
    on() {},
    removeListener() {},
  }
  const info = {
    uuid: '350670db-19fa-4704-a166-e52e178b59d2',
    name: 'Chain Wallet',
    icon: 'data:image/svg+xml,<svg/>',
    rdns: 'chain.wallet',
  }
  const announce = () =>
    window.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }),
    )
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}
