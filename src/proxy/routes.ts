// Which requests are relayed: the service's own routes, rebuilt from checked parts.
import { refuse } from './refusals.ts'

export type Route = {
  /** `blob` goes to the upload host, everything else to the service. */
  kind: 'service' | 'blob'
  method: string
  /** On the service; the upload host has a single address. */
  path: string
  /** With its `?`, or empty. */
  query: string
}

type Rule = { path: RegExp; methods: readonly string[]; query: readonly string[]; kind: Route['kind'] }

const service = { kind: 'service', query: [] } as const
const name = '[A-Za-z0-9][A-Za-z0-9._-]{0,99}'

/** Nothing that needs decoding, and no lone dots: what these match cannot lead anywhere else. */
const rules: readonly Rule[] = [
  { ...service, path: new RegExp(`^/api/generate/${name}/${name}$`), methods: ['POST'] },
  { ...service, path: /^\/api\/jobs$/, methods: ['GET'], query: ['limit', 'status', 'cursor'] },
  { ...service, path: /^\/api\/jobs\/[A-Za-z0-9_-]{1,128}$/, methods: ['GET', 'DELETE'] },
  { ...service, path: /^\/api\/upload$/, methods: ['POST'] },
  { ...service, path: /^\/api\/upload\/confirm$/, methods: ['POST'] },
  { kind: 'blob', path: /^\/api\/blob$/, methods: ['PUT'], query: ['pathname'] },
]

/** What a mount point may look like where `basePath` is not set. */
const plainPrefix = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/
const maxQueryValue = 1_024

export const methods: readonly string[] = [...new Set(rules.flatMap((rule) => rule.methods))]

/**
 * The route of a request, or the answer that refuses it.
 *
 * @param basePath where the relay is mounted; without it, any plain prefix is accepted.
 */
export function findRoute(method: string, url: URL, basePath: string | undefined): Route | Response {
  // Some hosts append a slash to every path before the relay sees it.
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

/** The parts of a path that may be the service's path, the longest first. */
function pathsIn(pathname: string, basePath: string | undefined): string[] {
  if (basePath !== undefined)
    return pathname.startsWith(`${basePath}/`) ? [pathname.slice(basePath.length)] : []
  const starts = [...pathname.matchAll(/(?=\/api\/)/g)].map(({ index }) => index)
  return starts.filter((at) => plainPrefix.test(pathname.slice(0, at))).map((at) => pathname.slice(at))
}

/** Only the route's own parameters, each once: those of a framework are not relayed. */
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
