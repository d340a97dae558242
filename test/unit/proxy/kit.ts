// A relay before a recording server, and requests to it as a page of its own origin sends them.
import { createProxy, type ProxyOptions } from '../../../src/entries/proxy.ts'
import { startUpstream, type Upstream } from '../../support/upstream.ts'

export const app = 'https://app.example'
export const mount = `${app}/api/stablestudio`
export const generate = '/api/generate/gpt-image-2/generate'
export const blob = '/api/blob?pathname=uploads%2F1%2Fa.png'

export type Relay = Upstream & {
  /** `path` is what follows the mount point. */
  ask(path: string, init?: RequestInit): Promise<Response>
  proxy: (request: Request) => Promise<Response>
}

export async function startRelay(
  options: ProxyOptions = {},
  answer?: Parameters<typeof startUpstream>[0],
): Promise<Relay> {
  const upstream = await startUpstream(answer)
  const proxy = createProxy({ target: upstream.url, ...options })
  return { ...upstream, proxy, ask: (path, init) => proxy(new Request(`${mount}${path}`, init)) }
}

export const post = (body: BodyInit = '{}', headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
})

export const put = (body: BodyInit = 'bytes', headers: Record<string, string> = {}): RequestInit =>
  ({
    method: 'PUT',
    headers: {
      authorization: 'Bearer vercel_blob_client_1',
      'x-content-type': 'image/png',
      'x-api-version': '11',
      ...headers,
    },
    body,
    duplex: 'half',
  }) as RequestInit

/** What a refusal says. */
export async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code
}

/** A body of so many bytes that comes in pieces, without a length; counts what was taken of it. */
export function trickle(length: number, piece = 64 * 1024) {
  const taken = { bytes: 0 }
  const stream = new ReadableStream({
    pull(controller) {
      if (taken.bytes >= length) return controller.close()
      taken.bytes += piece
      controller.enqueue(new Uint8Array(piece))
    },
  })
  return { stream, taken }
}

export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
