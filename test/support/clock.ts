// A clock that the test moves: timers and dates are faked, the work between them is real and is waited for.
import { afterEach, beforeEach, vi } from 'vitest'

/** Requests that are under way; the clock stands still until they are answered, unless they never will be. */
let underWay = 0

export function counted(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (request, init) => {
    underWay += 1
    try {
      return await fetch(request, init)
    } finally {
      underWay -= 1
    }
  }
}

export const start = Date.parse('2026-11-22T12:00:00.400Z')

export function useTestClock(): void {
  beforeEach(() => {
    underWay = 0
    vi.useFakeTimers({
      now: start,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Lets everything happen that needs no clock. */
export async function flush(): Promise<void> {
  for (let turn = 0, idle = 0; turn < 400 && idle < 8; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    idle = underWay === 0 ? idle + 1 : 0
  }
}

/** Moves the clock on. */
export async function pass(ms: number): Promise<void> {
  const step = 250
  for (let left = ms; left > 0; left -= step) {
    await flush()
    await vi.advanceTimersByTimeAsync(Math.min(step, left))
  }
  await flush()
}

/** Runs the clock until the promise has settled, two hours at most. */
export async function played<value>(promise: Promise<value>): Promise<value> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  await flush()
  for (let moved = 0; moved < 7_200_000 && !settled; moved += 500) await pass(500)
  return promise
}
