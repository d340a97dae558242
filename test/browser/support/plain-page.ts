// A page without the dapp: the package in a script, and the relay to a sandbox on its origin.
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createSandboxBehind, type SandboxBehind } from '../../../examples/dapp/server/sandbox.ts'

const html =
  '<!doctype html><meta charset="utf-8"><title>harness</title><script type="module" src="/harness.js"></script>'

export type PlainPage = { url: string; sandbox: SandboxBehind['sandbox']; close(): Promise<void> }

export async function servePlainPage(): Promise<PlainPage> {
  const script = await bundle()
  const behind = createSandboxBehind({ speed: 4 })
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/'
    const listener = behind.listenerFor(path, request.headers.host ?? '')
    if (listener) return listener(request, response)
    const isScript = path === '/harness.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: urlOf(server), sandbox: behind.sandbox, close: () => closeServer(server) }
}

/** The sources, through the paths of tsconfig.json. */
async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('./harness.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
  })
  return outputFiles[0]?.text ?? ''
}

export function urlOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no port.')
  return `http://127.0.0.1:${address.port}`
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
