// How a request says that it must never be answered from a cache.

/** The option of `fetch` for it, where the runtime knows it: older workers throw on it, and there nothing caches. */
export function noStore(): { cache?: 'no-store' } {
  try {
    new Request('https://stablestudio.dev', { cache: 'no-store' })
    return { cache: 'no-store' }
  } catch {
    return {}
  }
}
