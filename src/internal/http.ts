// One request, one result: no redirects, no caching, bounded answers, one time limit. What carries a payment or a proof
// is sent once, by plain `fetch`; ky repeats what may be repeated. The only file that knows ky.
import { letGo, readBody } from './body.ts'
import { harmlessCause } from './cause.ts'
import { parseJson } from './json.ts'
import { noStore } from './no-store.ts'
import { type Secrets, secretsIn } from './secrets.ts'
import { type Instant, instantOf } from './time.ts'

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  timeoutMs: number
  signal?: AbortSignal | undefined
  /** A larger answer is a failure. @default 4 MiB */
  maxBytes?: number
  /** Whether to read the body of a success only: the error page of a file host is of no use. */
  skipErrors?: boolean
  /** Called when the request leaves, which may be later than it was asked for. */
  onSend?: (() => void) | undefined
  /**
   * How often it may be sent again, within its time limit, while the server fails or the answer breaks off. Never for a
   * request that carries a payment or a proof.
   * @default 0
   */
  retries?: number
}

/** An answer, whatever its status. */
export type HttpAnswer = {
  kind: 'answer'
  status: number
  headers: Headers
  bytes: Uint8Array<ArrayBuffer>
  /** The body as text, decoded on demand. */
  text(): string
  /** The body as JSON; `undefined` when it is not JSON. */
  json(): unknown
}

/** No answer that could be read. The request may have arrived all the same. */
export type HttpFailure = {
  kind: 'failure'
  reason: 'network' | 'timeout' | 'aborted' | 'too_large'
  cause: unknown
  /** Status and headers, if they arrived. */
  status?: number
  headers?: Headers
}

export type HttpResult = HttpAnswer | HttpFailure

export type Http = (request: HttpRequest) => Promise<HttpResult>

/** Called with the URL and headers of each answer, and when its request was sent. */
type Observe = (url: string, headers: Headers, sentAt: number) => void

const defaultMaxBytes = 4 * 1024 * 1024
/** Timers set for longer fire at once. */
const longestTimerMs = 2 ** 31 - 1

/**
 * @param customFetch carries every request.
 * @param secrets learns which sent values must never be shown.
 */
export function createHttp(customFetch: typeof fetch | undefined, observe: Observe, secrets: Secrets): Http {
  let fixed: RequestInit | undefined
  return async (request) => {
    // Every runtime knows `manual`; workers throw on `error`.
    fixed ??= { redirect: 'manual', ...noStore() }
    secrets.add(request.headers)
    // Not called as a method: a browser's fetch refuses that.
    const carry = customFetch ?? fetch
    const send = (init: RequestInit) => carry(request.url, { ...fixed, ...init })
    const result = await exchange(request, send, observe, instantOf(carry))
    // An answer may come so late that others have been sent meanwhile, and may repeat what it answers.
    secrets.add(request.headers)
    return result
  }
}

/** Redirects are never followed: they would carry a payment or a proof elsewhere. */
export function isRedirect(status: number): boolean {
  // Browsers hide a refused redirect behind status 0.
  return status === 0 || (status >= 300 && status < 400)
}

export function isSuccess({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 200 && status < 300
}

/** One try: an answer with its whole body, or an error. */
type Try = () => Promise<HttpAnswer>

class TooLarge extends Error {}

/** Ends with the time limit or the caller's signal, even if `fetch` ignores both. */
function exchange(
  request: HttpRequest,
  carry: (init: RequestInit) => Promise<Response>,
  observe: Observe,
  instant: Instant | undefined,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    const { url, signal, timeoutMs, maxBytes = defaultMaxBytes, retries = 0, skipErrors } = request
    const stop = new AbortController()
    let arrived: Pick<Response, 'status' | 'headers'> | undefined
    const end = (result: HttpResult) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(result)
    }
    const fail = (reason: HttpFailure['reason'], error?: unknown) => {
      const cause = error === undefined ? undefined : harmlessCause(error, secretsIn(request.headers))
      end({ kind: 'failure', reason, cause, ...arrived })
      stop.abort(error)
    }
    const abort = () => fail('aborted', signal?.reason)
    const expire = () => fail('timeout', new Error('timed out'))
    const timer = instant ? undefined : setTimeout(expire, Math.min(timeoutMs, longestTimerMs))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort, { once: true })

    const send: Try = async () => {
      const sentAt = Date.now()
      arrived = undefined
      request.onSend?.()
      const { method, headers, body } = request
      const init = {
        method,
        signal: stop.signal,
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      }
      const answer = await carry(init)
      // The `fetch` ignored the signal, and nobody waits for this answer any more.
      if (stop.signal.aborted) letGo(answer)
      stopIfAborted(stop.signal)
      arrived = { status: answer.status, headers: answer.headers }
      observe(url, answer.headers, sentAt)
      if (skipErrors && !isSuccess(answer)) {
        letGo(answer)
        return toAnswer(answer, new Uint8Array())
      }
      const bytes = await readBody(answer, maxBytes, stop.signal)
      if (!bytes) throw new TooLarge()
      return toAnswer(answer, bytes)
    }
    const sent = retries > 0 ? (instant?.repeated ?? repeated)(send, retries, request, stop.signal) : send()
    sent.then(end, (error) => fail(error instanceof TooLarge ? 'too_large' : 'network', error))
  })
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Error('The call is over.')
}

/** Statuses of a server that may recover soon. */
const passing: readonly number[] = [408, 429, 500, 502, 503, 504]
const longestPauseMs = 5_000

type Outcome = { answer: HttpAnswer } | { error: unknown }

const outcomeOf = (send: Try): Promise<Outcome> =>
  send().then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )

function mayDoBetter(outcome: Outcome): boolean {
  return 'answer' in outcome ? passing.includes(outcome.answer.status) : !(outcome.error instanceof TooLarge)
}

/**
 * The last answer of several tries. ky paces them, and is loaded at the first failure only: most requests need one try.
 * It never sees a body, because a try includes reading it, and the engine may lack streams.
 */
async function repeated(
  send: Try,
  limit: number,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let outcome = await outcomeOf(send)
  if (mayDoBetter(outcome)) {
    const { default: ky } = await import('ky')
    let tried = true
    const carried: typeof fetch = async () => {
      stopIfAborted(signal)
      if (!tried) outcome = await outcomeOf(send)
      tried = false
      if ('error' in outcome) throw outcome.error
      const { status, headers } = outcome.answer
      return new Response(null, { status: mayDoBetter(outcome) ? status : 200, headers })
    }
    const options = { ...kyOptions(limit), method: request.method, fetch: carried, signal }
    await ky(request.url, options).catch(() => {})
  }
  if ('error' in outcome) throw outcome.error
  return outcome.answer
}

function kyOptions(limit: number) {
  return {
    timeout: false as const,
    retry: {
      limit,
      methods: ['get', 'post', 'put'] as ('get' | 'post' | 'put')[],
      statusCodes: [...passing],
      afterStatusCodes: [429, 503] as number[],
      maxRetryAfter: longestPauseMs,
      // ky knows the network errors of some engines only. Statuses it judges itself.
      shouldRetry: ({ error }: { error: Error }) =>
        error.name === 'HTTPError' ? undefined : !(error instanceof TooLarge),
    },
  }
}

function toAnswer({ status, headers }: Response, bytes: Uint8Array<ArrayBuffer>): HttpAnswer {
  const text = () => new TextDecoder().decode(bytes)
  return { kind: 'answer', status, headers, bytes, text, json: () => parseJson(text()) }
}
