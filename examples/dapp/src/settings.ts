// What the page is set up for, from /dapp.json: the service, the network, the limits, and whether it is the sandbox.

/** As /dapp.json says it. */
export type Settings = {
  /** The service's own origin: what offers and sign-ins must name. */
  origin: string
  /** The only network that is paid on. */
  network: 'eip155:8453' | 'eip155:84532'
  /** JSON-RPC of the network, for the spend account: what it holds, and whether a top-up has arrived. */
  rpc: string
  /** USD decimal strings. */
  limits: { perCall: string; perDay: string; total: string }
  /** Play money: a demo wallet is offered. */
  sandbox: boolean
}

/** Where the server of this page relays to the service. */
export const relayPath = '/api/stablestudio'

const networks = {
  'eip155:8453': { name: 'Base', explorer: 'https://basescan.org/tx/' },
  'eip155:84532': { name: 'Base Sepolia', explorer: 'https://sepolia.basescan.org/tx/' },
} as const

export async function loadSettings(): Promise<Settings> {
  const response = await fetch('/dapp.json', { cache: 'no-store' })
  if (!response.ok) throw new Error(`/dapp.json answered with HTTP ${response.status}.`)
  return (await response.json()) as Settings
}

/** A network as people call it; its CAIP-2 name when it has no other here. */
export function networkName(network: string): string {
  return isKnown(network) ? networks[network].name : network
}

/** The page of a transaction; `undefined` where the chain or the hash is not what it should be. */
export function transactionUrl(network: string, transaction: string | undefined): string | undefined {
  if (!isKnown(network) || !/^0x[0-9a-f]{64}$/i.test(transaction ?? '')) return undefined
  return `${networks[network].explorer}${transaction}`
}

function isKnown(network: string): network is keyof typeof networks {
  return Object.hasOwn(networks, network)
}
