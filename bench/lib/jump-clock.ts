// A clock that jumps over polls' pauses, alike for all subjects. Time passes only while a client has nothing to do but
// wait for its job: then the timer that is due next fires at the next turn of the event loop, and no limit ever does.

type Timer = { due: number; fire: () => void }

export type JumpClock = {
  /** A request is under way: time stands still. */
  hold(): void
  /** The client was told to wait: time may pass. */
  release(): void
}

/** Shorter timers are yields, not pauses: they run as they are. */
const shortestPauseMs = 200

/** Replaces the timers and dates of this process. */
export function useJumpClock(): JumpClock {
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis
  const timers = new Set<Timer>()
  let released = false
  let pumping = false
  const moveTo = shiftDates()
  const pump = () => {
    pumping = false
    const next = released ? earliest(timers) : undefined
    if (!next) return
    timers.delete(next)
    moveTo(next.due)
    next.fire()
    schedule()
  }
  const schedule = () => {
    if (pumping || !released || timers.size === 0) return
    pumping = true
    setImmediate(pump)
  }
  const setTimeout = (callback: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
    if (!(ms >= shortestPauseMs)) return realSetTimeout(callback, ms, ...given)
    const timer: Timer = { due: Date.now() + ms, fire: () => callback(...given) }
    timers.add(timer)
    schedule()
    return timer
  }
  const clearTimeout = (timer: unknown) => {
    if (!timers.delete(timer as Timer)) realClearTimeout(timer as NodeJS.Timeout)
  }
  Object.assign(globalThis, { setTimeout, clearTimeout })
  return {
    hold: () => {
      released = false
    },
    release: () => {
      released = true
      schedule()
    },
  }
}

/** Makes dates follow a clock that can be moved forward. */
function shiftDates(): (to: number) => void {
  const RealDate = Date
  const realNow = Date.now
  let ahead = 0
  const now = () => realNow() + ahead
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
  })
  RealDate.now = now
  return (to) => {
    ahead += Math.max(0, to - now())
  }
}

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let found: Timer | undefined
  for (const timer of timers) if (!found || timer.due < found.due) found = timer
  return found
}
