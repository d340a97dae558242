// The only file that knows ky: one request, one result; no retries, no redirects, no caching, bounded answers.
import ky, { isTimeoutError, type Options } from 'ky'
import { harmlessCause } from './cause.ts'
import { parseJson } from './json.ts'
import { noStore } from './no-store.ts'
import { within } from './time.ts'

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** A larger answer is not read to its end. @default 4 MiB */
  maxBytes?: number
  /** Told when the request leaves, which may be later than it was asked for. */
  onSend?: (() => void) | undefined
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
  let options: Options | undefined
  return async (request) => {
    options ??= {
      ...fixedOptions,
      ...(customFetch && { fetch: heeding(customFetch) }),
      ...noStore(),
    }
    const { url, signal, timeoutMs } = request
    const sentAt = Date.now()
    request.onSend?.()
    let status: number | undefined
    let late = false
    const timedOut = () => {
      late = true
      return new Error('timed out')
    }
    try {
      const answer = await ky(url, optionsOf(request, options))
      status = answer.status
      observe(url, answer.headers, sentAt)
      const left = Math.max(1, sentAt + timeoutMs - Date.now())
      const bytes = await readBytes(answer, request.maxBytes ?? defaultMaxBytes, (read) =>
        within(read, left, signal, timedOut),
      )
      if (!bytes) return { kind: 'failure', reason: 'too_large', cause: undefined, status }
      return toAnswer(answer, bytes)
    } catch (error) {
      return {
        kind: 'failure',
        reason: signal?.aborted ? 'aborted' : late || isTimeoutError(error) ? 'timeout' : 'network',
        cause: harmlessCause(error, Object.values(request.headers ?? {})),
        ...(status !== undefined && { status }),
      }
    }
  }
}

/** Whether the answer is a redirect, which is never followed: it would carry a payment or a proof elsewhere. */
export function isRedirect(status: number): boolean {
  // A browser hides a refused redirect behind status 0.
  return status === 0 || (status >= 300 && status < 400)
}

/** Every runtime knows `manual`; workers throw on `error`. */
const fixedOptions: Options = { redirect: 'manual', retry: 0, throwHttpErrors: false }

function optionsOf({ method, headers, body, signal, timeoutMs }: HttpRequest, options: Options): Options {
  return {
    ...options,
    method,
    timeout: timeoutMs,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  }
}

/** A `fetch` that does not heed the signal is left behind when it aborts. */
function heeding(customFetch: typeof fetch): typeof fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const { signal } = input as Request
      const stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      const settle = <value>(how: (value: value) => void) => {
        return (value: value) => {
          signal.removeEventListener('abort', stop)
          how(value)
        }
      }
      if (signal.aborted) return stop()
      Promise.resolve(customFetch(input, init)).then(settle(resolve), settle(reject))
    })
}

/** The body, or `undefined` when it is larger than allowed. What is not read to its end is let go. */
async function readBytes(
  response: Response,
  maxBytes: number,
  limited: <value>(read: Promise<value>) => Promise<value>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = response.body?.getReader()
  if (!reader) return new Uint8Array()
  const letGo = () => void reader.cancel().catch(() => {})
  try {
    const announced = Number(response.headers.get('content-length') ?? 0)
    const bytes = announced > maxBytes ? undefined : await limited(readAll(reader, maxBytes))
    if (!bytes) letGo()
    return bytes
  } catch (error) {
    letGo()
    throw error
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(chunks, length)
    length += value.byteLength
    if (length > maxBytes) return undefined
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
