// Real HTTP to a sandbox on this machine, counted. Both ends call the service by its own name, as behind a proxy that
// ends TLS. By `node:http`, whose timers are not those that the jumping clock replaces.
import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JumpClock } from './jump-clock.ts'
import { origin } from './subject.ts'

type Fetch = typeof globalThis.fetch

export type Counted = { fetch: Fetch; payTrips(): number; pollTrips(): number; polls(): number }

/** A `fetch` that carries every request to a server's port, and counts. */
export function createCountingFetch(port: number, clock: JumpClock): Counted {
  let payTrips = 0
  let pollTrips = 0
  let polls = 0
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init)
    const isPoll = request.url.includes('/api/jobs/')
    if (isPoll) pollTrips += 1
    else payTrips += 1
    clock.hold()
    const answer = await carry(request, port)
    if (isPoll && answer.status === 200) polls += 1
    if (answer.status === 200) clock.release()
    return Object.defineProperty(answer, 'url', { value: request.url })
  }
  return { fetch, payTrips: () => payTrips, pollTrips: () => pollTrips, polls: () => polls }
}

/** Serves what `fetch` answers on a free port of this machine. */
export async function serve(fetch: Fetch): Promise<number> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request
    const body = method === 'GET' ? null : await readBody(request)
    const headers = pairs(request.rawHeaders).filter(([name]) => !/^(host|connection)$/i.test(name))
    const answer = await fetch(`${origin}${url}`, { method, headers, body })
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function carry(request: Request, port: number): Promise<Response> {
  const { method } = request
  const headers = Object.fromEntries(request.headers)
  const body = method === 'GET' ? undefined : Buffer.from(await request.arrayBuffer())
  const { pathname } = new URL(request.url)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = send({ host: '127.0.0.1', port, path: pathname, method, headers }, resolve)
    sent.on('error', reject).end(body)
  })
  const { statusCode: status = 0, rawHeaders } = answer
  return new Response(await readBody(answer), { status, headers: pairs(rawHeaders) })
}

async function readBody(message: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

/** Node keeps names and values in turn. */
function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as [string, string]] : []))
}
