// A fetch handler as a listener of Node's http servers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readRawHeaders } from '../internal/raw-headers.ts'

/**
 * A fetch handler, such as the one of `createProxy`, as a listener of `node:http`, or as a middleware of Express. Bodies
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
  // What was read already would look empty, and be priced as such.
  if (incoming.readableDidRead)
    return end(outgoing, 500, 'Something in front of this listener has read the body.')
  const request = toRequest(incoming, outgoing)
  if (!request) return end(outgoing, 400, 'This is no request for a plain path.')
  const response = await handler(request)
  // A body that was too slow for its time is not waited for any longer; one that is only too large is let in, so that
  // its sender reads why it was refused.
  if (response.status === 504 && !incoming.complete) outgoing.shouldKeepAlive = false
  outgoing.writeHead(response.status, [...response.headers].flat())
  // An answer without a stream may have a body all the same.
  if (!response.body) return void outgoing.end(new Uint8Array(await response.arrayBuffer()))
  // A body that breaks off breaks the connection too: a part must not pass for the whole.
  await pipeline(Readable.fromWeb(response.body as never), outgoing)
}

/** `undefined` for what is no plain path: Node hands through whatever stands in the request line. */
function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  // Express takes the mount point off `url`.
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
