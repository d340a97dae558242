// The time that one request may take as a whole: hooks, body, the service's answer and its body.
import { untilAborted } from '../internal/time.ts'

/** One request's time. Whoever finishes the request calls `end`. */
export type Deadline = {
  /** Aborts when the time is over, or when the page that the request follows has left. */
  signal: AbortSignal
  /** Whether the time is over, rather than the page gone. */
  isOver(): boolean
  /** Settles like `work`, or rejects once the signal aborts: the work may not know about signals. */
  within<value>(work: Promise<value>): Promise<value>
  /** Ends when the page leaves. Not by `AbortSignal.any`, which some engines lack. */
  follow(page: AbortSignal | undefined): void
  end(): void
}

export function startDeadline(ms: number): Deadline {
  const stop = new AbortController()
  const { signal } = stop
  let over = false
  const timer = setTimeout(() => {
    over = true
    stop.abort(new Error('The relay ran out of time.'))
  }, ms)
  let leave = () => {}
  return {
    signal,
    isOver: () => over,
    within: (work) => untilAborted(work, signal),
    follow(page) {
      const left = () => stop.abort(page?.reason)
      if (page?.aborted) return left()
      page?.addEventListener('abort', left, { once: true })
      leave = () => page?.removeEventListener('abort', left)
    },
    end() {
      clearTimeout(timer)
      leave()
    },
  }
}
