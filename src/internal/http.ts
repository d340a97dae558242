// The only file that knows ky: one request, one result; no retries, no redirects, no caching, bounded answers.
import ky from 'ky'
import { harmlessCause } from './cause.ts'
import { parseJson } from './json.ts'

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** A larger answer is not read to its end. @default 4 MiB */
  maxBytes?: number
}

/** An answer of whatever status. */
export type HttpAnswer = {
  kind: 'answer'
  status: number
  headers: Headers
  bytes: Uint8Array<ArrayBuffer>
  /** The answer as text; not parsed before someone asks. */
  text(): string
  /** The answer as JSON; `undefined` when it is none. */
  json(): unknown
}

/** No answer that could be read. Whether the request arrived is not known. */
export type HttpFailure = {
  kind: 'failure'
  reason: 'network' | 'timeout' | 'aborted' | 'too_large'
  cause: unknown
  /** The status, when headers had arrived. */
  status?: number
}

export type HttpResult = HttpAnswer | HttpFailure

export type Http = (request: HttpRequest) => Promise<HttpResult>

const defaultMaxBytes = 4 * 1024 * 1024

/**
 * @param customFetch what carries every request.
 * @param observe is told each answer's URL and headers, and when its request was sent.
 */
export function createHttp(
  customFetch: typeof fetch | undefined,
  observe: (url: string, headers: Headers, sentAt: number) => void,
): Http {
  return async (request) => {
    const stop = new AbortController()
    const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal
    const timer = setTimeout(() => stop.abort(timedOut), request.timeoutMs)
    let status: number | undefined
    try {
      const sentAt = Date.now()
      const response = await abortable(fetchOnce(request, customFetch, signal), signal)
      status = response.status
      observe(request.url, response.headers, sentAt)
      const bytes = await abortable(readBytes(response, request.maxBytes ?? defaultMaxBytes, signal), signal)
      if (!bytes) return { kind: 'failure', reason: 'too_large', cause: undefined, status }
      return toAnswer(response, bytes)
    } catch (error) {
      const reason = request.signal?.aborted ? 'aborted' : stop.signal.aborted ? 'timeout' : 'network'
      return {
        kind: 'failure',
        reason,
        cause: harmlessCause(error, Object.values(request.headers ?? {})),
        ...(status !== undefined && { status }),
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

const timedOut = 'timed out'

/** Whether the answer is a redirect, which is never followed: it would carry a payment or a proof elsewhere. */
export function isRedirect(status: number): boolean {
  // A browser hides a refused redirect behind status 0.
  return status === 0 || (status >= 300 && status < 400)
}

function fetchOnce(request: HttpRequest, customFetch: typeof fetch | undefined, signal: AbortSignal) {
  return ky(request.url, {
    method: request.method,
    headers: request.headers ?? {},
    ...(request.body !== undefined && { body: request.body }),
    ...(customFetch && { fetch: customFetch }),
    ...(supportsCacheMode() && { cache: 'no-store' as const }),
    signal,
    // Every runtime knows `manual`; workers throw on `error`.
    redirect: 'manual',
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
  })
}

function supportsCacheMode(): boolean {
  try {
    // Older workers throw on this option.
    new Request('https://stablestudio.dev', { cache: 'no-store' })
    return true
  } catch {
    return false
  }
}

/** Rejects as soon as the signal aborts, also around a `fetch` that ignores it. */
function abortable<value>(work: Promise<value>, signal: AbortSignal): Promise<value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** The body, or `undefined` when it is larger than allowed. */
async function readBytes(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const announced = Number(response.headers.get('content-length') ?? 0)
  if (announced > maxBytes) {
    await response.body?.cancel().catch(() => {})
    return undefined
  }
  const reader = response.body?.getReader()
  if (!reader) return new Uint8Array()
  // A custom fetch may not know the signal; the connection must be let go all the same.
  signal.addEventListener('abort', () => reader.cancel().catch(() => {}), { once: true })
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(chunks, length)
    length += value.byteLength
    if (length > maxBytes) {
      await reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(value)
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

function toAnswer(response: Response, bytes: Uint8Array<ArrayBuffer>): HttpAnswer {
  const text = () => new TextDecoder().decode(bytes)
  const { status, headers } = response
  return { kind: 'answer', status, headers, bytes, text, json: () => parseJson(text()) }
}
