// Paths as the real router reads them: it decodes escaped letters, but not escaped slashes and percent signs.

/** The path of a request, for routing. */
export function pathOf({ pathname }: URL): string {
  return pathname
    .replaceAll('%25', '%2525')
    .replace(/(%[0-9a-f]{2})+/gi, (escaped) => decoded(escaped, decodeURI))
}

/** `{model}/{op}` of a generate route. */
export function operationOf(url: URL): string | undefined {
  return /^\/api\/generate\/([^/]+\/[^/]+)$/.exec(pathOf(url))?.[1]
}

/** The id in the path of a job route; empty where the route itself is escaped, as in the real router. */
export function jobIdOf(url: URL): string | undefined {
  if (!/^\/api\/jobs\/[^/]+$/.test(pathOf(url))) return undefined
  return decoded(/\/jobs\/([^/]+)$/.exec(url.pathname)?.[1] ?? '', decodeURIComponent)
}

function decoded(text: string, decode: (text: string) => string): string {
  try {
    return decode(text)
  } catch {
    return text
  }
}
