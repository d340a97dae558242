// Which requests are relayed: the service's own routes, rebuilt from their parts, never from the request's own URL.
import { refuse } from './refusals.ts'

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

/**
 * The route of a request, or the answer that refuses it.
 *
 * @param basePath where the relay is mounted; without it, any plain prefix of a route will do.
 */
export function findRoute(method: string, url: URL, basePath: string | undefined): Route | Response {
  // Hosts that put a slash at the end of each path do so before the relay sees it.
  const found = pathsIn(url.pathname.replace(/\/$/, ''), basePath)
    .flatMap((path) => rules.filter((rule) => rule.path.test(path)).map((rule) => ({ path, rule })))
    .at(0)
  if (!found) return refuse('proxy_route_unknown')
  const { path, rule } = found
  if (!rule.methods.includes(method))
    return refuse('proxy_method_refused', { allow: rule.methods.join(', ') })
  if (rule.kind === 'blob' && !isBlobPath(url.searchParams.get('pathname')))
    return refuse('proxy_route_unknown')
  const query = queryOf(url.searchParams, rule.query)
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
