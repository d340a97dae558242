// Work that keeps the processor busy, one piece in each turn of the event loop, so that everything else gets in between.

type Later = (run: () => void) => void

/** Taken when the module loads: a test's clock that stands still must not hold up a signature. */
const { setImmediate: immediate, setTimeout: timer } = globalThis as {
  setImmediate?: Later
  setTimeout: Later
}

export type Spread = () => Promise<void> | undefined

/** Asked before each piece: `undefined` for one that may start now, else a promise of its turn. First come, first served. */
export function createSpread(): Spread {
  const waiting: (() => void)[] = []
  let taken = false
  const later: Later = (run) => (immediate ?? timer)(run)
  const pass = () => {
    const next = waiting.shift()
    taken = next !== undefined
    if (!next) return
    next()
    later(pass)
  }
  return () => {
    if (taken) return new Promise((resolve) => waiting.push(resolve))
    taken = true
    later(pass)
    return undefined
  }
}
