// CPU-bound work, one piece per turn of the event loop, so that everything else still runs in between.

type Later = (run: () => void) => void

/** Taken when the module loads: a test's fake clock must not hold up a signature. */
const { setImmediate: immediate, navigator: runtime } = globalThis as {
  setImmediate?: Later
  navigator?: { userAgent?: string }
}

/**
 * Missing where there are no turns to wait for: workers tie each promise to the request that made it, so requests must
 * not wait for each other, and pages have no cheap turn, hidden ones hardly any.
 */
const later = runtime?.userAgent === 'Cloudflare-Workers' ? undefined : immediate

export type Spread = () => Promise<void> | undefined

/** Called before each piece: `undefined` when it may start now, else a promise of its turn. First come, first served. */
export function createSpread(): Spread {
  const waiting: (() => void)[] = []
  let taken = false
  const pass = () => {
    const next = waiting.shift()
    taken = next !== undefined
    if (!next) return
    next()
    later?.(pass)
  }
  return () => {
    if (!later) return undefined
    if (taken) return new Promise((resolve) => waiting.push(resolve))
    taken = true
    later(pass)
    return undefined
  }
}
