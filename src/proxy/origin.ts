// Whose pages may use the relay: those of its own origin, and those of listed origins.
import { parseUrl } from '../internal/url.ts'
import { exposedHeaderNames, requestHeaderNames } from './headers.ts'
import { methods } from './routes.ts'

/** What is wrong with a list of origins; `undefined` when nothing is. */
export function checkOrigins(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `must be a list of origins ${example}`
  const problems = value.flatMap((one) => originProblem(one) ?? [])
  return problems.length > 0 ? `${problems.join('; ')}; list each origin in full, ${example}` : undefined
}

const example = "such as ['https://app.example', 'http://localhost:3000']"

/** Origins match only as browsers send them; anything else would silently match nothing. */
function originProblem(value: unknown): string | undefined {
  const said = typeof value === 'string' ? `'${value.slice(0, 80)}'` : `a ${typeof value}`
  if (typeof value === 'string' && value.includes('*')) return `${said} has a wildcard, which never matches`
  const url = parseUrl(value)
  if (!url || !/^https?:$/.test(url.protocol)) return `${said} is not an origin with http or https`
  return url.origin === value
    ? undefined
    : `${said} is not how browsers send this origin; write '${url.origin}'`
}

/** @returns the origin to name in CORS headers, `own` when none are needed, or `refused`. */
export function judgeOrigin(request: Request, allowed: ReadonlySet<string>): string {
  const origin = request.headers.get('origin')
  if (origin && allowed.has(origin)) return origin
  // The browser's own verdict, which no page can forge, also holds behind servers that rewrite the host.
  const site = request.headers.get('sec-fetch-site')
  if (site) return site === 'same-origin' || (site === 'none' && !origin) ? 'own' : 'refused'
  return !origin || isOwn(origin, request) ? 'own' : 'refused'
}

/** Behind a TLS terminator the relay sees plain http, so only hosts can be compared. */
function isOwn(origin: string, request: Request): boolean {
  const page = parseUrl(origin)
  if (!page) return false
  const { host, protocol } = page
  const here = new URL(request.url)
  if (protocol !== 'https:' && protocol !== here.protocol) return false
  return host === here.host || host === request.headers.get('host')
}

/** Lets pages of that origin read an answer, or send a request after a preflight; never with credentials. */
export function corsHeaders(origin: string, isPreflight: boolean): Record<string, string> {
  const headers = { 'access-control-allow-origin': origin, vary: 'origin' }
  if (!isPreflight) return { ...headers, 'access-control-expose-headers': exposedHeaderNames.join(', ') }
  return {
    ...headers,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': requestHeaderNames.join(', '),
    'access-control-max-age': '600',
  }
}
