// The built dapp on a free port, with a sandbox behind its relay.
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, type PreviewServer, preview } from 'vite'
import { relay } from '../../../examples/dapp/server/relay.ts'
import {
  createSandboxBehind,
  type SandboxBehind,
  type SandboxBehindOptions,
} from '../../../examples/dapp/server/sandbox.ts'

export const dappRoot = fileURLToPath(new URL('../../../examples/dapp/', import.meta.url))

/** As `vite build` makes it, from the package as it is built. */
export async function buildDapp(): Promise<void> {
  await rm(`${dappRoot}dist`, { recursive: true, force: true })
  await build({ root: dappRoot, logLevel: 'warn' })
}

export type ServedDapp = { url: string; sandbox: SandboxBehind['sandbox']; close(): Promise<void> }

export async function serveDapp(options: SandboxBehindOptions = {}): Promise<ServedDapp> {
  const behind = createSandboxBehind({ speed: 4, ...options })
  const server = await preview({
    root: dappRoot,
    configFile: false,
    logLevel: 'warn',
    plugins: [relay({ instead: behind })],
    preview: { host: '127.0.0.1', port: 0, strictPort: true },
  })
  return { url: urlOf(server), sandbox: behind.sandbox, close: () => server.close() }
}

function urlOf({ httpServer }: PreviewServer): string {
  const address = httpServer.address()
  if (typeof address !== 'object' || !address) throw new Error('The preview server has no port.')
  return `http://127.0.0.1:${address.port}`
}
