// Requests that must never be answered from a cache.

/** The option of `fetch`, where the runtime knows it. Older workers throw on it, and do not cache. */
export function noStore(): { cache?: 'no-store' } {
  try {
    new Request('https://stablestudio.dev', { cache: 'no-store' })
    return { cache: 'no-store' }
  } catch {
    return {}
  }
}
