// Whose pages may use the relay: those of its own origin, and the ones that were named.
import { parseUrl } from '../internal/url.ts'
import { exposedHeaderNames, requestHeaderNames } from './headers.ts'
import { methods } from './routes.ts'

/** @returns the origin to answer with CORS headers, `own` when none are needed, or `refused`. */
export function judgeOrigin(request: Request, allowed: ReadonlySet<string>): string {
  const origin = request.headers.get('origin')
  if (origin && allowed.has(origin)) return origin
  // What the browser itself judged, and no page can forge, holds behind servers that rewrite the host too.
  const site = request.headers.get('sec-fetch-site')
  if (site) return site === 'same-origin' || (site === 'none' && !origin) ? 'own' : 'refused'
  return !origin || isOwn(origin, request) ? 'own' : 'refused'
}

/** Behind a server that ends TLS the relay sees plain http, so that only hosts can be compared. */
function isOwn(origin: string, request: Request): boolean {
  const page = parseUrl(origin)
  if (!page) return false
  const { host, protocol } = page
  const here = new URL(request.url)
  if (protocol !== 'https:' && protocol !== here.protocol) return false
  return host === here.host || host === request.headers.get('host')
}

/** The headers that let a page of that origin read an answer; never with credentials. */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposedHeaderNames.join(', '),
    vary: 'origin',
  }
}

export function preflightHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': requestHeaderNames.join(', '),
    'access-control-max-age': '600',
    vary: 'origin',
  }
}
