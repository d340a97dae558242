// Which requests are relayed: the service's own routes, rebuilt from their parts, never from the request's own URL.

/** A request that is relayed, and where to. */
export type Route = {
  /** `blob` goes to the host of the uploads, everything else to the service. */
  kind: 'service' | 'blob'
  method: string
  /** On the service; the blob store has one address only. */
  path: string
  /** With its `?`, or empty. */
  query: string
}

/** Why a request is not relayed. */
export type Refusal = {
  status: number
  code: ProxyErrorCode
  error: string
  headers?: Record<string, string>
}

/** What `code` in the JSON of a relay's own answers can be. */
export type ProxyErrorCode =
  | 'proxy_answer_too_large'
  | 'proxy_body_refused'
  | 'proxy_body_too_large'
  | 'proxy_hook_failed'
  | 'proxy_method_refused'
  | 'proxy_origin_refused'
  | 'proxy_rate_limited'
  | 'proxy_redirect_refused'
  | 'proxy_route_unknown'
  | 'proxy_timeout'
  | 'proxy_unauthorized'
  | 'proxy_unreachable'

type Rule = { path: RegExp; methods: readonly string[]; query: readonly string[]; kind: Route['kind'] }

const service = { kind: 'service', query: [] } as const
const name = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}'

/** Nothing that needs decoding and no dots alone: what these let through cannot lead anywhere else. */
const rules: readonly Rule[] = [
  { ...service, path: new RegExp(`^/api/generate/${name}/${name}$`), methods: ['POST'] },
  { ...service, path: /^\/api\/jobs$/, methods: ['GET'], query: ['limit', 'status', 'cursor'] },
  { ...service, path: /^\/api\/jobs\/[A-Za-z0-9_-]{1,128}$/, methods: ['GET', 'DELETE'] },
  { ...service, path: /^\/api\/upload$/, methods: ['POST'] },
  { ...service, path: /^\/api\/upload\/confirm$/, methods: ['POST'] },
  { kind: 'blob', path: /^\/api\/blob$/, methods: ['PUT'], query: ['pathname'] },
]

/** What a mount point may look like when it is not given. */
const plainPrefix = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/
const maxQueryValue = 1_024

/** Methods that some route knows. */
export const methods: readonly string[] = [...new Set(rules.flatMap((rule) => rule.methods))]

/** @param basePath where the relay is mounted; without it, any plain prefix of a route is. */
export function findRoute(method: string, url: URL, basePath: string | undefined): Route | Refusal {
  // Hosts that put a slash at the end of each path do so before the relay sees it.
  const found = pathsIn(url.pathname.replace(/\/$/, ''), basePath)
    .flatMap((path) => rules.filter((rule) => rule.path.test(path)).map((rule) => ({ path, rule })))
    .at(0)
  if (!found) return notFound
  const { path, rule } = found
  if (!rule.methods.includes(method)) return wrongMethod(rule.methods)
  const query = queryOf(url.searchParams, rule.query)
  if (rule.kind === 'blob' && !isBlobPath(url.searchParams.get('pathname'))) return notFound
  return { kind: rule.kind, method, path, query: query ? `?${query}` : '' }
}

/** What may be the service's path in a path here, the longest first. */
function pathsIn(pathname: string, basePath: string | undefined): string[] {
  if (basePath !== undefined)
    return pathname.startsWith(`${basePath}/`) ? [pathname.slice(basePath.length)] : []
  const starts = [...pathname.matchAll(/(?=\/api\/)/g)].map(({ index }) => index)
  return starts.filter((at) => plainPrefix.test(pathname.slice(0, at))).map((at) => pathname.slice(at))
}

/** Only what the route knows, each once: a framework's own parameters stay here. */
function queryOf(given: URLSearchParams, names: readonly string[]): string {
  return names
    .flatMap((key) => {
      const value = given.get(key)
      return value && value.length <= maxQueryValue ? [`${key}=${encodeURIComponent(value)}`] : []
    })
    .join('&')
}

function isBlobPath(value: string | null): boolean {
  if (!value || value.length > maxQueryValue || /[\p{Cc}\\?#]/u.test(value)) return false
  return value.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

const notFound: Refusal = {
  status: 404,
  code: 'proxy_route_unknown',
  error: 'This is none of the routes that are relayed to StableStudio.',
}

function wrongMethod(allowed: readonly string[]): Refusal {
  return {
    status: 405,
    code: 'proxy_method_refused',
    error: 'This route does not know this method.',
    headers: { allow: allowed.join(', ') },
  }
}
