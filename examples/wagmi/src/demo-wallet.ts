// For the sandbox only: a wallet with a throw-away key that announces itself as injected wallets do (EIP-6963). It asks in
// the browser's own dialog before it sends.
import { createWalletClient, defineChain, type EIP1193Parameters, http, publicActions } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const base = defineChain({
  id: 8453,
  name: 'Base (sandbox)',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: ['/rpc'] } },
})

function keptKey(): `0x${string}` {
  const key = (localStorage.getItem('demo-key') as `0x${string}` | null) ?? generatePrivateKey()
  localStorage.setItem('demo-key', key)
  return key
}

export async function announceDemoWallet(): Promise<void> {
  const account = privateKeyToAccount(keptKey())
  const client = createWalletClient({ account, chain: base, transport: http('/rpc') }).extend(publicActions)
  if (!localStorage.getItem('demo-funded')) await fetch(`/fund?address=${account.address}`)
  localStorage.setItem('demo-funded', 'yes')
  const request = async ({ method, params }: EIP1193Parameters) => {
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [account.address]
    if (method === 'wallet_requestPermissions') return [{ parentCapability: 'eth_accounts' }]
    if (method !== 'eth_sendTransaction') return client.request({ method, params } as never)
    if (!window.confirm('Demo wallet: send this transaction?'))
      throw Object.assign(new Error('User rejected the request.'), { code: 4001 })
    const [{ to, data }] = params as [{ to: `0x${string}`; data: `0x${string}` }]
    return client.sendTransaction({ to, data })
  }
  const provider = { request, on() {}, removeListener() {} }
  const info = {
    uuid: crypto.randomUUID(),
    name: 'Demo wallet',
    icon: 'data:image/svg+xml,<svg/>',
    rdns: 'demo.wallet',
  }
  const announce = () =>
    window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: { info, provider } }))
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}
