// The built dapp on a free port, with a sandbox behind its relay.
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, createServer, preview } from 'vite'
import { type RelayOptions, relay } from '../../../examples/dapp/server/relay.ts'
import {
  createSandboxBehind,
  type SandboxBehind,
  type SandboxBehindOptions,
} from '../../../examples/dapp/server/sandbox.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'

export const dappRoot = fileURLToPath(new URL('../../../examples/dapp/', import.meta.url))

/** As `vite build` makes it, from the package as it is built. */
export async function buildDapp(): Promise<void> {
  await rm(`${dappRoot}dist`, { recursive: true, force: true })
  await build({ root: dappRoot, logLevel: 'warn' })
}

export type ServedDapp = { url: string; sandbox: SandboxBehind['sandbox']; close(): Promise<void> }

export async function serveDapp(options: SandboxBehindOptions = {}): Promise<ServedDapp> {
  const behind = createSandboxBehind({ speed: 4, ...options })
  return { sandbox: behind.sandbox, ...(await serve({ instead: behind })) }
}

/** As it is deployed: its own dapp.json, the relay to https://stablestudio.dev; only that is the sandbox. */
export async function serveDeployedDapp(): Promise<ServedDapp> {
  const sandbox = createSandbox({ speed: 4 })
  return { sandbox, ...(await serve({ proxy: { fetch: sandbox.fetch } })) }
}

async function serve(options: RelayOptions): Promise<Pick<ServedDapp, 'url' | 'close'>> {
  const server = await preview({
    root: dappRoot,
    configFile: false,
    logLevel: 'warn',
    plugins: [relay(options)],
    preview: { host: '127.0.0.1', port: 0, strictPort: true },
  })
  return { url: urlOf(server), close: () => server.close() }
}

/** The dapp as developers run it, with modules that were not bundled. */
export async function serveSources(): Promise<ServedDapp> {
  const behind = createSandboxBehind({ speed: 4 })
  const server = await createServer({
    root: dappRoot,
    configFile: false,
    logLevel: 'error',
    plugins: [relay({ instead: behind })],
    server: { host: '127.0.0.1', port: 0 },
  })
  await server.listen()
  return { url: urlOf(server), sandbox: behind.sandbox, close: () => server.close() }
}

function urlOf({ httpServer }: { httpServer: { address(): unknown } | null }): string {
  const address = httpServer?.address() as { port: number } | null
  if (!address) throw new Error('The server has no port.')
  return `http://127.0.0.1:${address.port}`
}
