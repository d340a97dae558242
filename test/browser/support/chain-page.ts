// A page on a real chain: anvil with USDC, a service that settles every payment there, and the page with React and wagmi.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { formatUnits, type Hex, parseAbi } from 'viem'
import { relayPath } from '../../../examples/dapp/server/relay.ts'
import { toNodeListener } from '../../../src/entries/node.ts'
import { createProxy } from '../../../src/entries/proxy.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { findAnvil, type RealChain, startChain, usdc } from '../../interop/real/chain.ts'
import { closeServer, urlOf } from './plain-page.ts'

const html =
  '<!doctype html><meta charset="utf-8"><title>spend</title><main></main><script type="module" src="/page.js"></script>'

const abi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
])

export type ChainPage = Awaited<ReturnType<typeof serveChainPage>>

export async function serveChainPage() {
  const [script, chain] = await Promise.all([bundle(), startChain(findAnvil(import.meta.url))])
  const sandbox = createSandbox({ speed: 200 })
  const service = settling(chain, sandbox)
  let isSilent = false
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/'
    const origin = `http://${request.headers.host}`
    if (path.startsWith(`${relayPath}/`))
      return toNodeListener(createProxy({ basePath: relayPath, target: origin, fetch: service }))(
        request,
        response,
      )
    if (path.startsWith('/generated/')) return toNodeListener((one) => sandbox.fetch(one))(request, response)
    if (path === '/rpc' && isSilent) return void response.writeHead(503).end()
    if (path === '/rpc') return toNodeListener((one) => relayRpc(chain.rpcUrl, one))(request, response)
    response.setHeader('content-type', path === '/page.js' ? 'text/javascript' : 'text/html')
    response.end(path === '/page.js' ? script : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: urlOf(server),
    chain,
    sandbox,
    /** The chain answers the page no more, until called with `false`. */
    silence(silent: boolean) {
      isSilent = silent
    },
    async close() {
      await closeServer(server)
      chain.close()
    },
  }
}

async function relayRpc(rpcUrl: string, request: Request): Promise<Response> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await request.text(),
  })
  return new Response(await answer.text(), { headers: { 'content-type': 'application/json' } })
}

/** The sandbox as service; what it is paid moves on the real chain first, as a facilitator does it. */
function settling({ sender }: RealChain, sandbox: ReturnType<typeof createSandbox>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const payment = request.headers.get('payment-signature')
    if (payment) {
      const { signature, authorization } = JSON.parse(atob(payment)).payload
      const { from, to, value, validAfter, validBefore, nonce } = authorization
      const args = [
        from,
        to,
        BigInt(value),
        BigInt(validAfter),
        BigInt(validBefore),
        nonce,
        signature,
      ] as const
      const moved = await sender
        .writeContract({ address: usdc, abi, functionName: 'transferWithAuthorization', args })
        .then((hash: Hex) => sender.waitForTransactionReceipt({ hash }))
        .then(({ status }) => status === 'success')
        .catch(() => false)
      // Without it the sandbox refuses the payment for want of funds.
      if (moved) sandbox.fund(from, formatUnits(BigInt(value), 6))
    }
    return sandbox.fetch(request)
  }
}

/** The sources, with one viem and one React. */
async function bundle(): Promise<string> {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [at('./spend-page.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    tsconfig: at('../../../tsconfig.json'),
    nodePaths: [at('../node_modules')],
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: {
      viem: at('../../../node_modules/viem'),
      react: at('../../../node_modules/react'),
      'react-dom': at('../../../node_modules/react-dom'),
    },
  })
  return outputFiles[0]?.text ?? ''
}
