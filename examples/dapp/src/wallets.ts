// The wallets of this browser (EIP-6963, else window.ethereum), and what they are being asked right now.
import type { Address, EIP1193Provider } from 'viem'

export type WalletChoice = { id: string; name: string; icon?: string | undefined; provider: EIP1193Provider }

/** What the wallet is showing to its owner at this moment. */
export type Asking = 'connect' | 'pay' | 'sign-in' | 'chain' | 'send'

type Announcement = CustomEvent<{
  info: { uuid: string; name: string; icon: string; rdns: string }
  provider: EIP1193Provider
}>

declare global {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface can be added to
  interface Window {
    ethereum?: EIP1193Provider
  }
}

/** Tells about every wallet as it announces itself; `window.ethereum` only where nothing does. */
export function discoverWallets(found: (wallet: WalletChoice) => void): void {
  const seen = new Set<string>()
  window.addEventListener('eip6963:announceProvider', (event) => {
    const { info, provider } = (event as Announcement).detail
    if (seen.has(info.rdns)) return
    seen.add(info.rdns)
    found({ id: info.rdns, name: info.name.slice(0, 40), icon: safeIcon(info.icon), provider })
  })
  window.dispatchEvent(new Event('eip6963:requestProvider'))
  const { ethereum } = window
  if (seen.size === 0 && ethereum) found({ id: 'injected', name: 'Browser wallet', provider: ethereum })
}

/** Only pictures that are part of the announcement: an address would tell a stranger about the visit. */
function safeIcon(icon: string): string | undefined {
  return /^data:image\/(png|jpeg|webp|svg\+xml)[;,]/.test(icon) ? icon : undefined
}

const askingOf: Record<string, Asking> = {
  eth_requestAccounts: 'connect',
  eth_signTypedData_v4: 'pay',
  personal_sign: 'sign-in',
  wallet_switchEthereumChain: 'chain',
  eth_sendTransaction: 'send',
  wallet_sendCalls: 'send',
}

/** The same provider; `notice` hears when it begins and stops to wait for its owner. */
export function watched(
  provider: EIP1193Provider,
  notice: (asking: Asking | undefined) => void,
): EIP1193Provider {
  const request = async (call: { method: string; params?: unknown }) => {
    const asking = askingOf[call.method]
    if (asking) notice(asking)
    try {
      return await provider.request(call as never)
    } finally {
      if (asking) notice(undefined)
    }
  }
  const watching = {
    request,
    on: (...listener: Parameters<EIP1193Provider['on']>) => provider.on?.(...listener),
    removeListener: (...listener: Parameters<EIP1193Provider['removeListener']>) =>
      provider.removeListener?.(...listener),
  }
  return watching as EIP1193Provider
}

/** The account that the wallet opens for this page; asks its owner unless `silently`. */
export async function accountOf(provider: EIP1193Provider, silently: boolean): Promise<Address | undefined> {
  const [first] = await provider.request({ method: silently ? 'eth_accounts' : 'eth_requestAccounts' })
  return first
}
