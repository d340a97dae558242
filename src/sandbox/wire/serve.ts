// The sandbox over HTTP, on runtimes with `node:http`.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { concatBytes } from '../../internal/body.ts'
import { readRawHeaders } from '../../internal/raw-headers.ts'
import { invalidConfig } from '../state/invalid.ts'
import type { SandboxServer } from '../state/types.ts'
import type { Handle } from './fetch.ts'
import { type Answer, bytesOf, halfOf, isBodiless } from './messages.ts'

/** Not a literal in `import()`, on which bundlers for browsers would fail. */
const httpModule = 'node:http'

export async function listen(
  handle: Handle,
  { port = 0, host = '127.0.0.1' }: { port?: number | undefined; host?: string | undefined } = {},
): Promise<SandboxServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalidConfig([{ path: 'port', message: 'must be an integer from 0 to 65535' }])
  }
  const { createServer } = await loadHttp()
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return describe(server, host)
}

async function loadHttp(): Promise<typeof import('node:http')> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ httpModule)
  } catch {
    throw invalidConfig([
      { path: 'listen', message: 'needs a runtime with node:http; use sandbox.fetch instead' },
    ])
  }
}

function describe(server: Server, host: string): SandboxServer {
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(handle: Handle, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  const incoming = {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`),
    headers: readRawHeaders(request.rawHeaders),
    body: concatBytes(chunks),
  }
  const outcome = await handle(incoming, gone.signal)
  if (outcome.kind === 'silence') return
  if (outcome.kind === 'lost') {
    request.socket.destroy()
    return
  }
  write(response, outcome.answer, outcome.kind === 'cut' && request.method !== 'HEAD')
}

function write(response: ServerResponse, { status, headers, body }: Answer, isCut: boolean): void {
  const bytes = bytesOf(body)
  if (isBodiless(status)) {
    response.writeHead(status, headers).end()
    return
  }
  // An empty body can only be cut if no length says that it is complete.
  const length = isCut && bytes.length === 0 ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { ...length, ...headers })
  if (!isCut) {
    response.end(response.req.method === 'HEAD' ? undefined : bytes)
    return
  }
  response.flushHeaders()
  response.write(halfOf(body), () => response.destroy())
}
