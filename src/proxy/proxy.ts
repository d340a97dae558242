// The relay for pages: its options, its hooks, and the way of a request through it.
import { invalidOptions } from '../errors/invalid-options.ts'
import { readWhole } from '../internal/body.ts'
import { type Check, checkFunction, checkMs, checkOptions, checkThat } from '../internal/check.ts'
import { isResponse } from '../internal/realm.ts'
import { checkOrigin, checkUrl, isLocal } from '../internal/url.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { checkOrigins, corsHeaders, judgeOrigin } from './origin.ts'
import { type ProxyErrorCode, refuse } from './refusals.ts'
import { type RelaySettings, relay } from './relay.ts'
import { findRoute } from './routes.ts'

/**
 * Decides on a request before it is relayed. Anything but `true` refuses; a `Response` is sent to the caller.
 * It must not read the request's body.
 */
export type ProxyHook = (request: Request) => boolean | Response | Promise<boolean | Response>

/** Options of {@link createProxy}. */
export type ProxyOptions = {
  /**
   * The service's origin. Plain http on this machine only, for a listening sandbox.
   * @default 'https://stablestudio.dev'
   */
  target?: string | undefined
  /**
   * Where uploads are PUT.
   * @default 'https://vercel.com/api/blob/'; `/api/blob/` of a `target` on this machine
   */
  blobUrl?: string | undefined
  /**
   * The path that the relay is mounted at, such as `/api/stablestudio`. Needed only if it contains anything but letters,
   * digits, `.`, `-`, `_` and `~`.
   * @default whatever precedes the service's own path
   */
  basePath?: string | undefined
  /**
   * Other origins whose pages may use the relay, such as `https://app.example`, as browsers send them: no wildcard, path
   * or trailing slash.
   * @default none: only pages of the relay's own origin
   */
  allowOrigins?: readonly string[] | undefined
  /** Who may use the relay, for instance by a session cookie, which is not relayed. @default everyone */
  authorize?: ProxyHook | undefined
  /** How often it may be used. Called after `authorize`; `false` answers 429. @default no limit */
  rateLimit?: ProxyHook | undefined
  /** The largest request other than a file, bytes. @default 1 MiB */
  maxBodyBytes?: number | undefined
  /** The largest file, bytes. Hosts may allow less: Vercel's functions 4.5 MB. @default 100 MiB */
  maxUploadBytes?: number | undefined
  /** The largest answer, bytes. @default 4 MiB */
  maxAnswerBytes?: number | undefined
  /**
   * How long one request may take, hooks and bodies included, ms; longer than the client waits for a payment.
   * @default 180_000
   */
  timeout?: number | undefined
  /** Carries the requests. @default globalThis.fetch */
  fetch?: typeof globalThis.fetch | undefined
}

const checkBytes = checkThat(
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
  'must be a positive number of bytes',
)

const checks: Record<keyof ProxyOptions, Check> = {
  target: checkOrigin,
  blobUrl: checkUrl,
  basePath: checkThat(
    (value) => typeof value === 'string' && /^(\/[^/?#\\\s]+)*\/?$/.test(value),
    "must be a path such as '/api/stablestudio'",
  ),
  allowOrigins: checkOrigins,
  authorize: checkFunction,
  rateLimit: checkFunction,
  maxBodyBytes: checkBytes,
  maxUploadBytes: checkBytes,
  maxAnswerBytes: checkBytes,
  timeout: checkMs,
  fetch: checkFunction,
}

/**
 * A relay to StableStudio for pages: mount it on their origin, and give the client its path as `baseUrl`. It holds no key
 * and moves no money itself: payments are signed in the page. Only the service's own routes, methods and headers pass, in
 * both directions; cookies are not relayed, redirects are not followed, and pages of other origins are refused. Uploads
 * pass as `PUT {mount}/api/blob?pathname=…`; results need no relay, since their host sends CORS headers.
 *
 * @returns a fetch handler. It never rejects: its own refusals are JSON with `code` (see {@link ProxyErrorCode}).
 * @throws {InvalidInputError} `invalid_config`, listing every wrong option.
 * @example
 * // app/api/stablestudio/[...path]/route.ts (Next)
 * import { createProxy } from 'stablestudio/proxy'
 *
 * const proxy = createProxy()
 * export { proxy as DELETE, proxy as GET, proxy as POST, proxy as PUT }
 * @example
 * // in the page
 * import { StableStudioClient } from 'stablestudio'
 *
 * const studio = new StableStudioClient({ wallet, baseUrl: '/api/stablestudio' })
 */
export function createProxy(options: ProxyOptions = {}): (request: Request) => Promise<Response> {
  const issues = checkOptions(options, checks)
  if (issues.length > 0) throw invalidOptions('createProxy', issues)
  const settings = readSettings(options)
  const allowed: ReadonlySet<string> = new Set(options.allowOrigins)
  const basePath = options.basePath?.replace(/\/+$/, '')
  return async (request) => {
    const origin = judgeOrigin(request, allowed)
    if (origin === 'refused') return refuse('proxy_origin_refused')
    const answer = await handle(request, options, settings, basePath)
    return origin === 'own' ? answer : withHeaders(answer, corsHeaders(origin, request.method === 'OPTIONS'))
  }
}

async function handle(
  request: Request,
  options: ProxyOptions,
  settings: RelaySettings,
  basePath: string | undefined,
): Promise<Response> {
  const { method } = request
  const asked = method === 'OPTIONS' && request.headers.get('access-control-request-method')
  const route = findRoute(asked || method, new URL(request.url), basePath)
  if ('status' in route) return route
  // Without CORS headers, which only allowed pages get, the browser takes it for a refusal.
  if (asked) return new Response(null, { status: 204 })
  const time = startDeadline(settings.timeout)
  const refused =
    (await ask(options.authorize, request, 'proxy_unauthorized', time)) ??
    (await ask(options.rateLimit, request, 'proxy_rate_limited', time))
  if (refused) {
    time.end()
    return refused
  }
  return relay(request, route, settings, time)
}

/** A hook may take no longer than the request; what it says later does not count. */
async function ask(
  hook: ProxyHook | undefined,
  request: Request,
  otherwise: ProxyErrorCode,
  time: Deadline,
): Promise<Response | undefined> {
  if (!hook) return undefined
  try {
    const verdict: unknown = await time.within((async () => hook(request))())
    if (verdict === true) return undefined
    return isResponse(verdict) && !verdict.bodyUsed ? verdict : refuse(otherwise)
  } catch {
    return refuse(time.isOver() ? 'proxy_timeout' : 'proxy_hook_failed')
  }
}

/** The answer of a hook may be of another class, lack a stream, or have immutable headers. */
async function withHeaders(answer: Response, more: Record<string, string>): Promise<Response> {
  const { status } = answer
  const headers = new Headers(answer.headers)
  for (const [name, value] of Object.entries(more)) headers.set(name, value)
  if (answer.body) return new Response(answer.body, { status, headers })
  const bytes = await readWhole(answer, Number.POSITIVE_INFINITY, new AbortController().signal)
  return new Response(bytes?.length ? bytes : null, { status, headers })
}

function readSettings(options: ProxyOptions): RelaySettings {
  const target = new URL(options.target ?? 'https://stablestudio.dev').origin
  const blobUrl = isLocal(target) ? `${target}/api/blob/` : 'https://vercel.com/api/blob/'
  const mebibyte = 1024 * 1024
  return {
    target,
    blobUrl: options.blobUrl ?? blobUrl,
    maxBodyBytes: options.maxBodyBytes ?? mebibyte,
    maxUploadBytes: options.maxUploadBytes ?? 100 * mebibyte,
    maxAnswerBytes: options.maxAnswerBytes ?? 4 * mebibyte,
    timeout: options.timeout ?? 180_000,
    // Looked up for each call, and not called as a method: workers require both.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}
