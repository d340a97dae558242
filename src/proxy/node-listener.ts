// A fetch handler as a listener for Node's http servers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readRawHeaders } from '../internal/raw-headers.ts'

/**
 * Turns a fetch handler, such as that of `createProxy`, into a listener for `node:http` or middleware for Express. Bodies
 * are streamed. Mount it before anything that reads bodies. Moves no money.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { toNodeListener } from 'stablestudio/node'
 * import { createProxy } from 'stablestudio/proxy'
 *
 * createServer(toNodeListener(createProxy())).listen(3000)
 */
export function toNodeListener(
  handler: (request: Request) => Promise<Response>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch(() => outgoing.destroy())
  }
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  // A body that was read already would look empty, and be priced as such.
  if (incoming.readableDidRead)
    return end(outgoing, 500, 'The body was read before it reached this listener.')
  const request = toRequest(incoming, outgoing)
  if (!request) return end(outgoing, 400, 'Not a request for a plain path.')
  const response = await handler(request)
  // A body that is too slow is not waited for. One that is only too large is still taken in, so that its sender reads
  // why it was refused.
  if (response.status === 504 && !incoming.complete) outgoing.shouldKeepAlive = false
  outgoing.writeHead(response.status, [...response.headers].flat())
  // Even without a stream there may be a body.
  if (!response.body) return void outgoing.end(new Uint8Array(await response.arrayBuffer()))
  // If the body breaks off, so does the connection: a part must not pass for the whole.
  await pipeline(Readable.fromWeb(response.body as never), outgoing)
}

/** `undefined` unless the path is plain: Node passes on whatever the request line holds. */
function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  // Express removes the mount point from `url`.
  const path = (incoming as { originalUrl?: string }).originalUrl ?? incoming.url ?? ''
  if (!path.startsWith('/') || /\\|\/(\.|%2e){1,2}([/?#]|$)/i.test(path)) return undefined
  const { method = 'GET', headers, rawHeaders, socket } = incoming
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const body = ['GET', 'HEAD'].includes(method) ? undefined : Readable.toWeb(incoming)
  const init = { method, headers: readRawHeaders(rawHeaders), signal: gone.signal, body, duplex: 'half' }
  try {
    const { origin } = new URL(`${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`)
    return new Request(`${origin}${path}`, init as RequestInit)
  } catch {
    return undefined
  }
}

function end(outgoing: ServerResponse, status: number, error: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ success: false, code: 'proxy_request_refused', error }))
}
