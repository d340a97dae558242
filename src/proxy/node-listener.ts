// A fetch handler as a listener for Node's http servers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { invalidOptions } from '../errors/invalid-options.ts'
import { wrongKind } from '../internal/kind.ts'
import { readRawHeaders } from '../internal/raw-headers.ts'
import { refuse } from './refusals.ts'

/**
 * Turns a fetch handler, such as that of `createProxy`, into a listener for `node:http` or middleware for Express. Bodies
 * are streamed. Mount it before anything that reads bodies, such as `express.json()`: a request whose body has already
 * been read is refused with `proxy_body_refused`. Moves no money.
 *
 * @throws {InvalidInputError} `invalid_config` when the handler is not a function.
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
  if (typeof handler !== 'function') {
    const message = wrongKind(handler, 'must be a fetch handler, such as createProxy()')
    throw invalidOptions('toNodeListener', [{ path: 'handler', message }])
  }
  return (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch(() => outgoing.destroy())
  }
}

async function answer(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await responseTo(handler, incoming, outgoing)
  // A body that is too slow is not waited for. One that is only too large is still taken in, so that its sender reads
  // why it was refused.
  if (response.status === 504 && !incoming.complete) outgoing.shouldKeepAlive = false
  outgoing.writeHead(response.status, [...response.headers].flat())
  // Even without a stream there may be a body.
  if (!response.body) return void outgoing.end(new Uint8Array(await response.arrayBuffer()))
  // If the body breaks off, so does the connection: a part must not pass for the whole.
  await pipeline(Readable.fromWeb(response.body as never), outgoing)
}

function responseTo(
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Response> | Response {
  // A body that was read already would look empty, and be priced as such.
  if (incoming.readableDidRead) return refuse('proxy_body_refused')
  const request = toRequest(incoming, outgoing)
  return request ? handler(request) : refuse('proxy_route_unknown')
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
