// A wallet for the sandbox only: a throw-away key in this browser behind the same interface as an injected wallet.
import {
  type Address,
  createWalletClient,
  defineChain,
  type EIP1193Provider,
  type Hex,
  http,
  type TypedDataDefinition,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const place = 'sandbox-demo-key'
const answerMs = 600

/** Signs without asking: the page asks in its own dialog, and the money is not real. */
export function createDemoWallet(chainId: number, rpc: string): EIP1193Provider {
  const account = privateKeyToAccount(keptKey())
  const chain = defineChain({
    id: chainId,
    name: 'Sandbox',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpc] } },
  })
  const sender = createWalletClient({ account, chain, transport: http(rpc) })
  let active = chainId
  const answer = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [account.address]
    if (method === 'eth_chainId') return `0x${active.toString(16)}`
    if (method === 'wallet_switchEthereumChain') {
      active = Number((params[0] as { chainId: string }).chainId)
      return null
    }
    // Long enough to be seen.
    await new Promise((resolve) => setTimeout(resolve, answerMs))
    if (method === 'personal_sign') return account.signMessage({ message: { raw: params[0] as Hex } })
    if (method === 'eth_signTypedData_v4') {
      return account.signTypedData(JSON.parse(String(params[1])) as TypedDataDefinition)
    }
    if (method === 'eth_sendTransaction') {
      const [{ to, data }] = params as [{ to: Address; data: Hex }]
      return sender.sendTransaction({ to, data })
    }
    throw Object.assign(new Error('The demo wallet cannot do that.'), { code: 4200 })
  }
  const provider = {
    request: ({ method, params = [] }: { method: string; params?: readonly unknown[] }) =>
      answer(method, params),
    on: () => {},
    removeListener: () => {},
  }
  return provider as unknown as EIP1193Provider
}

function keptKey(): Hex {
  const kept = localStorage.getItem(place)
  if (kept && /^0x[0-9a-f]{64}$/.test(kept)) return kept as Hex
  const key = generatePrivateKey()
  localStorage.setItem(place, key)
  return key
}
