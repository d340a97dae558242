// The sandbox over HTTP, on runtimes with `node:http`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { invalidOptions } from '../../errors/invalid-options.ts'
import { concatBytes } from '../../internal/body.ts'
import { checkInteger, checkOptions } from '../../internal/check.ts'
import { checkText } from '../../internal/kind.ts'
import { readRawHeaders } from '../../internal/raw-headers.ts'
import type { SandboxServer } from '../state/types.ts'
import type { Handle } from './fetch.ts'
import { type Answer, bytesOf, halfOf, isBodiless } from './messages.ts'

/** Not a literal in `import()`, on which bundlers for browsers would fail. */
const httpModule = 'node:http'

const checks = { port: checkInteger(0, 65_535), host: checkText }

export async function listen(
  handle: Handle,
  options: { port?: number | undefined; host?: string | undefined } = {},
): Promise<SandboxServer> {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidOptions('sandbox', issues)
  const { port = 0, host = '127.0.0.1' } = options
  const { createServer } = await loadHttp()
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : 0
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound, close }
}

async function loadHttp(): Promise<typeof import('node:http')> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ httpModule)
  } catch {
    throw invalidOptions('sandbox', [
      { path: 'listen', message: 'needs a runtime with node:http; use sandbox.fetch instead' },
    ])
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
  if (outcome.kind === 'lost') request.socket.destroy()
  else write(response, outcome.answer, outcome.kind === 'cut' && request.method !== 'HEAD')
}

function write(response: ServerResponse, { status, headers, body }: Answer, isCut: boolean): void {
  const bytes = bytesOf(body)
  if (isBodiless(status)) return void response.writeHead(status, headers).end()
  // An empty body can only be cut if no length says that it is complete.
  const length = isCut && bytes.length === 0 ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { ...length, ...headers })
  if (!isCut) return void response.end(response.req.method === 'HEAD' ? undefined : bytes)
  response.flushHeaders()
  response.write(halfOf(body), () => response.destroy())
}
