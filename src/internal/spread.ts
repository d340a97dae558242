// Work that keeps the processor busy, one piece in each turn of the event loop, so that everything else gets in between.

type Later = (run: () => void) => void

/** Taken when the module loads: a test's clock that stands still must not hold up a signature. */
const { setImmediate: immediate, navigator: runtime } = globalThis as {
  setImmediate?: Later
  navigator?: { userAgent?: string }
}

/**
 * Where there are turns to wait for. Workers tie each promise to the request that made it, so none of theirs may wait for
 * another's; pages have no cheap turn, and a hidden one hardly any.
 */
const later = runtime?.userAgent === 'Cloudflare-Workers' ? undefined : immediate

export type Spread = () => Promise<void> | undefined

/** Asked before each piece: `undefined` for one that may start now, else a promise of its turn. First come, first served. */
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
