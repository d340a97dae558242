// One request, one result: no redirects, no caching, bounded answers, one time limit. The only file that knows ky.
import { letGo, readBody } from './body.ts'
import { harmlessCause } from './cause.ts'
import { parseJson } from './json.ts'
import { noStore } from './no-store.ts'

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
  /**
   * How often it may be sent again, within its time, while its server fails. Never for a request that carries a payment
   * or a proof.
   * @default 0
   */
  retries?: number
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

/** Told each answer's URL and headers, and when its request was sent. */
type Observe = (url: string, headers: Headers, sentAt: number) => void

const defaultMaxBytes = 4 * 1024 * 1024
/** A timer that is set for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1

/** @param customFetch what carries every request. */
export function createHttp(customFetch: typeof fetch | undefined, observe: Observe): Http {
  let fixed: RequestInit | undefined
  return (request) => {
    // Every runtime knows `manual`; workers throw on `error`.
    fixed ??= { redirect: 'manual', ...noStore() }
    return exchange(request, fixed, customFetch ?? fetch, observe)
  }
}

/** Whether the answer is a redirect, which is never followed: it would carry a payment or a proof elsewhere. */
export function isRedirect(status: number): boolean {
  // A browser hides a refused redirect behind status 0.
  return status === 0 || (status >= 300 && status < 400)
}

/** Ends with the time limit or the caller's signal, even when `fetch` heeds neither. */
function exchange(
  request: HttpRequest,
  fixed: RequestInit,
  carry: typeof fetch,
  observe: Observe,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    const { url, signal, timeoutMs, maxBytes = defaultMaxBytes, retries = 0 } = request
    const stop = new AbortController()
    const sentAt = Date.now()
    let status: number | undefined
    const end = (result: HttpResult) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(result)
    }
    const fail = (reason: HttpFailure['reason'], error?: unknown) => {
      const cause =
        error === undefined ? undefined : harmlessCause(error, Object.values(request.headers ?? {}))
      end({ kind: 'failure', reason, cause, ...(status !== undefined && { status }) })
      stop.abort(error)
    }
    const abort = () => fail('aborted', signal?.reason)
    const timer = setTimeout(
      () => fail('timeout', new Error('timed out')),
      Math.min(timeoutMs, longestTimerMs),
    )
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort, { once: true })

    const run = async () => {
      request.onSend?.()
      const init = initOf(request, fixed, stop.signal)
      const answer = await (retries > 0
        ? sendAgain(carry, url, init, { limit: retries, told: (passing) => (status = passing) })
        : carry(url, init))
      // Of a `fetch` that does not heed the signal: no one waits for it any more.
      if (stop.signal.aborted) return letGo(answer)
      status = answer.status
      observe(url, answer.headers, sentAt)
      const bytes = await readBody(answer, maxBytes, stop.signal)
      if (bytes) end(toAnswer(answer, bytes))
      else fail('too_large')
    }
    run().catch((error) => fail('network', error))
  })
}

function initOf(
  { method, headers, body }: HttpRequest,
  fixed: RequestInit,
  signal: AbortSignal,
): RequestInit {
  return { ...fixed, method, signal, ...(headers && { headers }), ...(body !== undefined && { body }) }
}

/** Statuses of a server that may do better soon. */
const passing: readonly number[] = [408, 429, 500, 502, 503, 504]
const longestPauseMs = 5_000

/**
 * Loads ky with the first request that may be repeated: all others do without.
 *
 * @param told hears of each answer that is not the last word.
 */
async function sendAgain(
  carry: typeof fetch,
  url: string,
  init: RequestInit,
  { limit, told }: { limit: number; told: (status: number) => void },
): Promise<Response> {
  const { default: ky, isHTTPError } = await import('ky')
  const isPassing = (status: number) => passing.includes(status)
  // Not called as a method, which a browser's fetch refuses. What such an answer says is of no use, and may be large.
  const carried: typeof fetch = async (input, given) => {
    const answer = await carry(input, given)
    if (!isPassing(answer.status)) return answer
    told(answer.status)
    letGo(answer)
    return new Response(null, answer)
  }
  const retry = {
    limit,
    statusCodes: [...passing],
    afterStatusCodes: [429, 503],
    maxRetryAfter: longestPauseMs,
  }
  const options = { ...init, fetch: carried, retry, throwHttpErrors: isPassing, timeout: false } as const
  return ky(url, options).catch((error) => {
    if (isHTTPError(error)) return new Response(null, error.response)
    throw error
  })
}

function toAnswer({ status, headers }: Response, bytes: Uint8Array<ArrayBuffer>): HttpAnswer {
  const text = () => new TextDecoder().decode(bytes)
  return { kind: 'answer', status, headers, bytes, text, json: () => parseJson(text()) }
}
