// A clock that the test moves: timers and dates are faked, the work between them is real and is waited for.
import { afterEach, beforeEach, vi } from 'vitest'
// Calls would load these while the clock stands still.
import '../../src/bind.ts'
import '../../src/methods/solana/rpc.ts'
import '../../src/methods/x402/chain.ts'
import '../../src/waiting/sweep.ts'
import '../../src/wallet/verify.ts'
import 'ky'

/** Work under way, and whether some was found to wait for the clock itself: a slow answer, or none ever. */
const underWay = new Map<symbol, { waitsForClock: boolean }>()

/** How long real work of one request may take before it counts as waiting for the clock; in turns on a busy machine. */
const patienceMs = 1_000
const patienceTurns = 50_000

export function counted(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (request, init) => awaited(() => fetch(request, init))
}

/** Work that the clock stands still for. */
export async function awaited<value>(work: () => Promise<value>): Promise<value> {
  const id = Symbol('work')
  underWay.set(id, { waitsForClock: false })
  try {
    return await work()
  } finally {
    underWay.delete(id)
  }
}

const subtle = crypto.subtle
const digest = subtle.digest.bind(subtle)
const sign = subtle.sign.bind(subtle)
const verify = subtle.verify.bind(subtle)
const importKey = subtle.importKey.bind(subtle)

export const start = Date.parse('2026-11-22T12:00:00.400Z')

export function useTestClock(): void {
  beforeEach(() => {
    underWay.clear()
    vi.useFakeTimers({
      now: start,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    })
    // Files are hashed, and Ed25519 is signed, on threads of their own, which the clock would run away from.
    vi.spyOn(subtle, 'digest').mockImplementation((...given) => awaited(() => digest(...given)))
    vi.spyOn(subtle, 'sign').mockImplementation((...given) => awaited(() => sign(...given)))
    vi.spyOn(subtle, 'verify').mockImplementation((...given) => awaited(() => verify(...given)))
    vi.spyOn(subtle, 'importKey').mockImplementation((...given: Parameters<typeof importKey>) =>
      awaited(() => importKey(...given)),
    )
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Lets everything happen that needs no clock. The clock stands still while requests are really being worked on. */
export async function flush(): Promise<void> {
  const busy = () => [...underWay.values()].filter(({ waitsForClock }) => !waitsForClock)
  const giveUpAt = performance.now() + patienceMs
  for (let idle = 0, turns = 0; idle < 8; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    idle = busy().length === 0 ? idle + 1 : 0
    if (performance.now() < giveUpAt || turns < patienceTurns) continue
    for (const request of busy()) request.waitsForClock = true
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

/**
 * Like {@link played}, from timer to timer: for tests that measure when something happens, to the millisecond. Not for
 * payments: work that needs neither clock nor {@link counted} fetch could be outrun.
 */
export async function playedExactly<value>(promise: Promise<value>): Promise<value> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let turns = 0; turns < 100_000; turns += 1) {
    await flush()
    if (settled) break
    await vi.advanceTimersToNextTimerAsync()
  }
  return promise
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
