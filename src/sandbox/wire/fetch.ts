// The sandbox's `fetch`: network errors, aborts and answers like those of a real fetch.
import { untilAborted } from '../../internal/time.ts'
import { isKnownHost } from '../routes/router.ts'
import type { Outcome } from './exchange.ts'
import { type Answer, bytesOf, halfOf, type Incoming, isBodiless } from './messages.ts'

/** Handles an incoming request; the signal only ends the wait for a slow answer. */
export type Handle = (incoming: Incoming, signal: AbortSignal | undefined) => Promise<Outcome>

/** @param impatient whether an answer that never comes is an error at once. */
export function createFetch(handle: Handle, impatient: boolean): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    // The caller's own signal, if any: the caller expects to see its reason.
    const signal = init?.signal === undefined && input instanceof Request ? input.signal : init?.signal
    signal?.throwIfAborted()
    const url = new URL(request.url)
    if (!isKnownHost(url)) throw networkError('ENOTFOUND', url)
    const body = new Uint8Array(await request.arrayBuffer())
    signal?.throwIfAborted()
    const incoming = { method: request.method, url, headers: request.headers, body }
    const outcome = await untilAborted(handle(incoming, signal ?? undefined), signal)
    if (outcome.kind === 'lost') throw networkError(outcome.code, url)
    if (outcome.kind === 'silence' && impatient) throw networkError('ETIMEDOUT', url)
    if (outcome.kind === 'silence') return untilAborted(new Promise<Response>(() => {}), signal)
    return toResponse(outcome.answer, url, outcome.kind === 'cut' && request.method !== 'HEAD')
  }
}

function toResponse({ status, headers, body }: Answer, url: URL, isCut: boolean): Response {
  const whole = bytesOf(body)
  const length = isCut && whole.length > 0 && { 'content-length': String(whole.length) }
  const content = isBodiless(status) ? null : isCut ? cutStream(body) : whole
  const response = new Response(content, { status, headers: { ...headers, ...length } })
  return Object.defineProperty(response, 'url', { value: url.href })
}

/** Half of the body, then the error of a broken connection. */
function cutStream(body: Answer['body']): ReadableStream<Uint8Array<ArrayBuffer>> {
  const half = halfOf(body)
  let given = half.length === 0
  return new ReadableStream(
    {
      pull(controller) {
        if (given) {
          const cause = Object.assign(new Error('other side closed'), { code: 'ECONNRESET' })
          controller.error(new TypeError('terminated', { cause }))
        } else controller.enqueue(half)
        given = true
      },
    },
    // An error discards queued chunks, so nothing is enqueued before it is requested.
    { highWaterMark: 0 },
  )
}

/** What fetch throws without an answer: a TypeError, not one of the package's errors. */
function networkError(code: 'ECONNREFUSED' | 'ECONNRESET' | 'ENOTFOUND' | 'ETIMEDOUT', url: URL): TypeError {
  const cause = Object.assign(new Error(`${code} ${url.host}`), { code })
  return new TypeError('fetch failed', { cause })
}
