// The time that one request may take as a whole: its hooks, its body, the service's answer and that one's body.
import { untilAborted } from '../internal/time.ts'

/** One request's time. Whoever ends the work on it calls `end`. */
export type Deadline = {
  /** Aborts when the time is over, or once the page has left that the request follows. */
  signal: AbortSignal
  /** Whether the time is over, and not only the page away. */
  isOver(): boolean
  /** Settles like `work`, or rejects once the signal aborts: what is handed in may know no signals. */
  within<value>(work: Promise<value>): Promise<value>
  /** Ends with a page that leaves. Not by `AbortSignal.any`, which engines lack. */
  follow(page: AbortSignal | undefined): void
  end(): void
}

export function startDeadline(ms: number): Deadline {
  const stop = new AbortController()
  const { signal } = stop
  let over = false
  const timer = setTimeout(() => {
    over = true
    stop.abort(new Error('The time of the relay ran out.'))
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
