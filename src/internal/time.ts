// Abortable waiting, deadlines, and the service's clock.

/** Resolves after `ms`, or as soon as the signal aborts. Leaves no timer behind. */
export function nap(ms: number, signal?: AbortSignal): Promise<void> {
  // Thousands may nap at once, so without a signal nothing but a timer is kept.
  if (!signal) return new Promise((resolve) => setTimeout(resolve, ms))
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve()
    }
    const timer = setTimeout(stop, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Settles like `work`, or rejects with the signal's reason while `work` goes on. */
export function untilAborted<value>(
  work: Promise<value>,
  signal: AbortSignal | null | undefined,
): Promise<value> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Settles like `work`, or rejects with what `expired()` makes once `ms` have passed, or with the signal's reason. */
export function within<value>(
  work: Promise<value>,
  ms: number,
  { signal, instant }: { signal?: AbortSignal | undefined; instant?: unknown },
  expired: () => Error,
): Promise<value> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      work.catch(() => {})
      return reject(signal.reason)
    }
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = (how: () => void) => {
      over = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      how()
    }
    const stop = () => settle(() => reject(signal?.reason))
    const start = () => {
      if (!over && !instant) timer = setTimeout(() => settle(() => reject(expired())), ms)
    }
    signal?.addEventListener('abort', stop, { once: true })
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
    // A store in memory has answered by now, and needs no timer.
    Promise.resolve().then(start)
  })
}

/**
 * ms since the epoch of a time in an answer: ISO 8601 (UTC without a zone), or seconds or ms since the epoch. `NaN` for
 * anything else.
 */
export function readTime(value: unknown): number {
  if (typeof value === 'number') return value > 0 && value < 1e11 ? value * 1000 : value
  if (typeof value !== 'string') return Number.NaN
  const zoneless = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(value)
  return Date.parse(zoneless ? `${value.replace(' ', 'T')}Z` : value)
}

/** ms since the epoch of a complete ISO 8601 time with a zone; `NaN` for everything else that `Date.parse` accepts. */
export function readIsoTime(text: string): number {
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
  return iso.test(text) ? Date.parse(text) : Number.NaN
}

/** {@link readTime} as ISO 8601; empty when it is not a time. */
export function isoOf(value: unknown): string {
  const time = readTime(value)
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : ''
}

/** How long a call may take, and the signal that ends it earlier. */
export type Deadline = {
  /** Milliseconds left, never negative. */
  left(): number
  passed(): boolean
  /** ms since the epoch, pauses included that an instant call did not really make. */
  now(): number
  /** Waits for `ms`, or until the time is up or the signal aborts. */
  rest(ms: number): Promise<void>
  signal: AbortSignal | undefined
  /** Whether the call sets no timers. */
  instant?: boolean
}

export function createDeadline(ms: number, signal?: AbortSignal, instant?: Instant): Deadline {
  if (instant) return instant.deadline(ms, signal)
  const end = Date.now() + ms
  const left = () => Math.max(0, end - Date.now())
  return {
    left,
    passed: () => left() === 0,
    now: Date.now,
    rest: (pause) => nap(Math.min(pause, left()), signal),
    signal,
  }
}

/** The time of a sandbox whose calls take none. */
export type Instant = {
  clock: ServiceClock
  /** The deadline of a call that never waits: pauses that it would have made use up its time. */
  deadline(ms: number, signal: AbortSignal | undefined): Deadline
  /** The last answer of several tries, without pauses. */
  repeated<answer extends { status: number }>(send: () => Promise<answer>, limit: number): Promise<answer>
  /** Stops the clock until the returned function is called. */
  hold(): () => void
}

/** Marks the `fetch` of an instant sandbox, whose bundle may be another one. No answer of a service can do that. */
export const instantKey = Symbol.for('stablestudio.instant')

/** The time of the instant sandbox that this `fetch` belongs to; `undefined` for any other. */
export function instantOf(fetch: object): Instant | undefined {
  return (fetch as { [instantKey]?: Instant })[instantKey]
}

/**
 * The service's clock, learned from its `Date` headers.
 *
 * The correction is bounded: a lying `Date` must not stretch an authorization far beyond its validity.
 */
export type ServiceClock = {
  /** Milliseconds since the epoch on the service's clock. */
  now(): number
  /** Service time minus local time, ms; zero while both agree within the header's resolution. */
  skew(): number
  /** Whether the last answer's time is close enough to this machine's to be believed. */
  isPlausible(): boolean
  /** The difference measured by the last answer, believed or not, ms. */
  seen(): number
  /** Reads `Date`, and `Age` where a cache held the answer back (RFC 9110 §6.6.1, RFC 9111 §5.1). */
  observe(headers: Headers, sentAt: number): void
}

/** `Date` has a resolution of one second, so small differences mean nothing. */
const tolerance = 5_000
const maxSkew = 15 * 60_000
/** Seconds; a larger `Age` is not believed. */
const longestAge = 7 * 24 * 3600

export function createServiceClock(onSkew: (skewMs: number) => void): ServiceClock {
  let skew = 0
  let plausible = true
  let seen = 0
  return {
    now: () => Date.now() + skew,
    skew: () => skew,
    isPlausible: () => plausible,
    seen: () => seen,
    observe(headers, sentAt) {
      const age = Number(headers.get('age') ?? 0)
      const served = Date.parse(headers.get('date') ?? '') + (age > 0 && age < longestAge ? age * 1000 : 0)
      if (Number.isNaN(served)) return
      // `Date` was written some time between sending and now, without milliseconds.
      const least = served - Date.now()
      const most = served + 1_000 - sentAt
      seen = Math.round((least + most) / 2)
      plausible = least <= maxSkew && most >= -maxSkew
      // A slow answer says little: it agrees with the current correction.
      if (!plausible || (least - tolerance <= skew && skew <= most + tolerance)) return
      const measured = Math.round(least > skew ? least : most)
      const close = most - least <= tolerance ? Math.round((least + most) / 2) : measured
      skew = Math.abs(close) > tolerance ? close : 0
      if (skew !== 0) onSkew(skew)
    },
  }
}
