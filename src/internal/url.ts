// Which URLs requests may go to: https, or plain http on this machine, without password, query or fragment.

/** StableStudio itself. */
export const defaultOrigin = 'https://stablestudio.dev'

/** `undefined` when the text is not a URL. Not by `URL.canParse`, which some engines lack or polyfill wrongly. */
export function parseUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** What is wrong with a URL for requests; `undefined` when nothing is. */
export function checkUrl(value: unknown): string | undefined {
  const url = parseUrl(value)
  if (!url) return 'must be a URL'
  const { protocol, username, password, search, hash } = url
  if (username || password) return 'must not contain a user name or password'
  if (search || hash) return 'must not contain a query or fragment'
  if (protocol === 'https:' || (protocol === 'http:' && isLocal(url.href))) return undefined
  return 'must use https (plain http only on this machine)'
}

export function checkOrigin(value: unknown): string | undefined {
  const problem = checkUrl(value)
  if (problem) return problem
  return new URL(value as string).pathname === '/' ? undefined : 'must be an origin, without a path'
}

export function isLocal(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** What is wrong with a `baseUrl`: a URL, or in a page a path on the page's origin. */
export function checkBaseUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\/(?![/\\])/.test(value))
    return parseUrl(value) ? checkUrl(value) : "must be a URL, or in a page a path that starts with '/'"
  const page = pageOrigin()
  return page ? checkUrl(`${page}${value}`) : 'must be a whole URL: a path works in a browser only'
}

export function pageOrigin(): string | undefined {
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin
  return origin && origin !== 'null' ? origin : undefined
}
