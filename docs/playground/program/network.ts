// The network of a program: each request goes through a port to the sandbox in the page, and nowhere else.
import type { Answered, Sent } from '../wire.ts'

type Waiting = { url: string; resolve(response: Response): void; reject(error: unknown): void }

export function createFetch(port: MessagePort): typeof globalThis.fetch {
  const waiting = new Map<number, Waiting>()
  let last = 0
  port.onmessage = ({ data }: MessageEvent<Answered>) => {
    const asked = waiting.get(data.id)
    waiting.delete(data.id)
    if (!asked) return
    if ('lost' in data) asked.reject(new TypeError('Failed to fetch', { cause: data.lost }))
    else asked.resolve(toResponse(data, asked.url))
  }
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, url, headers, signal } = request
    signal.throwIfAborted()
    const body = await request.arrayBuffer()
    signal.throwIfAborted()
    last += 1
    const sent: Sent = { id: last, method, url, headers: [...headers], body }
    return new Promise<Response>((resolve, reject) => {
      waiting.set(sent.id, { url, resolve, reject })
      // The request has left, as on a real network: only its answer is not waited for any longer.
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      port.postMessage(sent, [body])
    })
  }
}

/** Statuses whose responses may have no body. */
const bodiless = [101, 103, 204, 205, 304]

function toResponse({ status, headers, body }: Extract<Answered, { status: number }>, url: string): Response {
  const response = new Response(bodiless.includes(status) ? null : body, { status, headers })
  return Object.defineProperty(response, 'url', { value: url })
}
