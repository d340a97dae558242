// A client on this machine's ledger, with limits that always exist. What the command and the MCP server pay with.
import { solana } from '../entries/solana.ts'
import { sqliteStore } from '../entries/sqlite.ts'
import { type ClientOptions, StableStudioClient, x402 } from '../index.ts'
import type { Payer } from './accounts.ts'
import { type Config, defaultLimits } from './config.ts'
import type { Places } from './places.ts'

export type StudioOptions = {
  places: Places
  config: Config
  pays?: Payer | undefined
  /** Another service than StableStudio: a sandbox that listens, or a server of one's own. */
  service?: string | undefined
  rpc?: string | undefined
  /** They can lower the owner's limits or raise them: the owner sets these, too. */
  limits?: ClientOptions['limits']
}

/** Free and limited. They tell balances, and whether an open payment was taken. */
const publicRpcs = {
  base: 'https://mainnet.base.org',
  solana: 'https://api.mainnet-beta.solana.com',
} as const

/** A client on the ledger of this machine. Opens no file yet. */
export function openStudio(options: StudioOptions): StableStudioClient {
  const { places, config, service, limits } = options
  return new StableStudioClient({
    store: sqliteStore(places.ledger),
    limits: { ...defaultLimits, ...config.limits, ...limits },
    ...(service !== undefined && { baseUrl: service, origin: service }),
    ...waysOf(options),
  })
}

function waysOf({ pays, config, service, rpc }: StudioOptions): Pick<ClientOptions, 'wallet' | 'payWith'> {
  // Another service has another chain, which is not looked at unless its RPC is named.
  const chain = pays && 'solana' in pays ? 'solana' : 'base'
  // The one in the settings is Base's.
  const known = chain === 'base' ? config.rpc : undefined
  const url = rpc ?? known ?? (service === undefined ? publicRpcs[chain] : undefined)
  const node = url === undefined ? {} : { rpc: url }
  if (pays && 'solana' in pays) return { payWith: [solana({ account: pays.solana, ...node })] }
  return { ...(pays && { wallet: pays.wallet }), payWith: [x402(node)] }
}
