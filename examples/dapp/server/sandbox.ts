// The sandbox in the place of the service, on the page's own origin: StableStudio in memory, paid with play money.
import { toNodeListener } from 'stablestudio/node'
import { createProxy } from 'stablestudio/proxy'
import { createSandbox, type Sandbox } from 'stablestudio/sandbox'
import { isAddress } from 'viem'
import { type Listener, relayPath } from './relay.ts'

/** Base Sepolia: whatever a wallet signs here cannot move real money. */
const network = 'eip155:84532'
const purse = '10'
/** The sandbox's chain. */
const rpcPath = '/sandbox/rpc'

export type SandboxBehind = {
  sandbox: Sandbox
  /** Answers the relay's path, `/dapp.json`, `/sandbox/…` and the pictures; `undefined` when the path is none of these. */
  listenerFor(path: string, host: string): Listener | undefined
}

export type SandboxBehindOptions = {
  /** Jobs take their typical time divided by this. */
  speed?: number | undefined
  limits?: { perCall: string; perDay: string; total: string } | undefined
  sandbox?: Sandbox | undefined
}

export function createSandboxBehind(options: SandboxBehindOptions = {}): SandboxBehind {
  const { speed = 1.5, limits = { perCall: '0.50', perDay: '2.00', total: '20.00' } } = options
  const sandbox = options.sandbox ?? createSandbox({ network, speed, settleMs: 700 })
  const funded = new Set<string>()
  const fund = async ({ url }: Request) => {
    const address = new URL(url).searchParams.get('address') ?? ''
    if (!isAddress(address)) return new Response('No address.', { status: 400 })
    if (!funded.has(address.toLowerCase())) sandbox.fund(address, purse)
    funded.add(address.toLowerCase())
    return new Response(null, { status: 204 })
  }
  return {
    sandbox,
    listenerFor(path, host) {
      const origin = `http://${host}`
      if (path === '/dapp.json') {
        return toNodeListener(async () =>
          Response.json({ origin, network, rpc: rpcPath, limits, sandbox: true }),
        )
      }
      if (path === '/sandbox/fund') return toNodeListener(fund)
      if (path === rpcPath)
        return toNodeListener(async (request) =>
          sandbox.fetch(`${origin}/rpc`, { method: 'POST', body: await request.text() }),
        )
      // The sandbox believes it is at the page's own address, and so names its pictures there.
      if (path.startsWith('/generated/')) return toNodeListener((request) => sandbox.fetch(request))
      if (!path.startsWith(`${relayPath}/`)) return undefined
      return toNodeListener(createProxy({ basePath: relayPath, target: origin, fetch: sandbox.fetch }))
    },
  }
}
