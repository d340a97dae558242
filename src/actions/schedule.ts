// When to look at a job: pure, so that it can be simulated.

/** What the schedule of one operation's jobs depends on. */
export type Pace = {
  typicalMs: number
  /** The interval at which the service asks its clients to poll, with two requests a poll. */
  publishedMs: number
}

/**
 * Milliseconds from now until the next look. One request a poll buys twice the frequency of the published interval for
 * the same number of requests; nothing is asked while hardly any job is done.
 *
 * @param elapsedMs since the job was created.
 * @param looks how often it was looked at.
 */
export function nextPollIn(pace: Pace, elapsedMs: number, looks: number): number {
  const half = pace.publishedMs / 2
  if (looks === 0) return Math.max(half, pace.typicalMs / 4) - elapsedMs
  return half
}

/** For a wallet that asks a person each time: first when most jobs are done, then rarely. */
export function nextPromptIn(pace: Pace, elapsedMs: number, looks: number): number {
  if (looks === 0) return pace.typicalMs * 1.3 - elapsedMs
  return Math.max(pace.publishedMs, pace.typicalMs * 1.5 ** looks)
}
