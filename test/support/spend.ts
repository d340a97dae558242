// A page with a spend account: a browser profile of its own, the sandbox as service and chain, and the owner's wallet.
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { createSpendAccount, type SpendAccountOptions } from 'stablestudio/browser'
import { createSandbox } from 'stablestudio/sandbox'
import {
  type Address,
  createWalletClient,
  custom,
  defineChain,
  type EIP1193RequestFn,
  type Hex,
  http,
  type WalletClient,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { onTestFinished, vi } from 'vitest'

/** A fresh browser profile. */
export function freshProfile(): void {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('IDBKeyRange', IDBKeyRange)
}

export type Asked = { method: string; params: readonly unknown[] }

/** What a wallet does instead of answering by itself; `undefined` lets it answer. */
export type Instead = (asked: Asked, send: () => Promise<unknown>) => Promise<unknown> | undefined

export type Page = Awaited<ReturnType<typeof openPage>>

/** @param instead what the wallet does instead of sending. */
export async function openPage({ usd = '20', smart = false, instead }: PageOptions = {}) {
  freshProfile()
  const sandbox = createSandbox({ speed: 1000 })
  const server = await sandbox.listen()
  onTestFinished(() => server.close())
  const rpc = `${server.url}/rpc`
  const asked: Asked[] = []
  const owner = privateKeyToAccount(generatePrivateKey())
  sandbox.fund(owner.address, usd)
  const wallet = injected({ rpc, asked, key: owner, smart, instead })
  const open = (options: SpendAccountOptions = {}) => createSpendAccount({ rpc, ...options })
  return { sandbox, server, rpc, owner, wallet, asked, open, prompts: () => asked.filter(isPrompt) }
}

export type PageOptions = { usd?: string; smart?: boolean; instead?: Instead | undefined }

const isPrompt = ({ method }: Asked) => /^(eth_sendTransaction|wallet_sendCalls)$/.test(method)

const base = (rpc: string) =>
  defineChain({
    id: 8453,
    name: 'Base',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  })

type Injected = {
  rpc: string
  asked: Asked[]
  key: ReturnType<typeof privateKeyToAccount>
  smart: boolean
  instead: Instead | undefined
}

/** A wallet behind EIP-1193, as pages have it: it signs and sends, and counts what it is asked. */
function injected({ rpc, asked, key, smart, instead }: Injected): WalletClient {
  const chain = base(rpc)
  const inside = createWalletClient({ account: key, chain, transport: http(rpc) })
  const calls = new Map<string, Hex>()
  const answer = async ({ method, params }: Asked): Promise<unknown> => {
    if (method === 'eth_sendTransaction' && !smart) {
      const [{ to, data }] = params as [{ to: Address; data: Hex }]
      return inside.sendTransaction({ to, data })
    }
    if (method === 'wallet_sendCalls' && smart) {
      const [{ calls: sent }] = params as [{ calls: [{ to: Address; data: Hex }] }]
      const id = `calls-${calls.size}`
      calls.set(id, await inside.sendTransaction(sent[0]))
      return { id }
    }
    if (method === 'wallet_getCallsStatus')
      return { id: params[0], status: 200, version: '2.0.0', receipts: [] }
    if (method === 'eth_sendTransaction' || method === 'wallet_sendCalls')
      throw Object.assign(new Error('Unsupported.'), { code: 4200 })
    return inside.request({ method, params } as never)
  }
  const request = (async (one: { method: string; params?: readonly unknown[] }) => {
    const call = { method: one.method, params: one.params ?? [] }
    asked.push(call)
    const send = () => answer(call)
    return (await instead?.(call, send)) ?? send()
  }) as EIP1193RequestFn
  return createWalletClient({ account: key.address, transport: custom({ request }, { retryCount: 0 }) })
}

/** A wallet whose answer is lost: the page is closed, or reloaded, once it was asked. @param sends whether it sends first. */
export function losing(sends: boolean, times = 1) {
  let left = times
  let page = new AbortController()
  const instead: Instead = ({ method }, send) => {
    if (method !== 'eth_sendTransaction' || left <= 0) return undefined
    left -= 1
    return (sends ? send() : Promise.resolve()).then(() => {
      page.abort(new Error('closed'))
      return new Promise(() => {})
    })
  }
  /** For one call. */
  const untilLost = () => {
    page = new AbortController()
    return { signal: page.signal }
  }
  return { instead, untilLost }
}
