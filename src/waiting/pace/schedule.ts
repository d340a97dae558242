// When to poll a job. Pure, so that it can be simulated.

/** The timing of a job that determines its schedule, ms. */
export type Pace = {
  typicalMs: number
  /** The polling interval that the service asks for, at two requests per poll. */
  publishedMs: number
}

/** When the last two requests were sent, the older one first. */
export type Sent = readonly [older: number, last: number]

export const nothingSent: Sent = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]

/**
 * Milliseconds until this many requests may be sent. A client that follows the published interval sends two requests at
 * once, then none for an interval. No window holds more of ours if, of any three requests, the last is sent at least an
 * interval after the first.
 */
export function freeIn({ publishedMs }: Pace, sent: Sent, now: number, requests: 1 | 2 = 1): number {
  const [older, last] = sent
  // A clock that is set back must not stall the wait.
  return Math.min(publishedMs, Math.max(0, (requests === 1 ? older : last) + publishedMs - now))
}

/**
 * Milliseconds until the next poll. Sends nothing while hardly any job is done. Then, at one request per poll, polls
 * twice per published interval, the most that the cap allows. The constants are fitted to log-normal job times (sigma
 * 0.4 and 0.8) of every operation, including those shorter than an interval, where the timing of the first two polls
 * matters most. test/unit/waiting/schedule.test.ts holds them to the optimum.
 *
 * @param elapsedMs since the job was created.
 */
export function nextLookIn(
  pace: Pace,
  state: { sent: Sent; looks: number; requests: 1 | 2 },
  now: number,
  elapsedMs: number,
): number {
  const { typicalMs, publishedMs } = pace
  const { sent, looks, requests } = state
  const first = Math.min(0.55 * publishedMs + 0.14 * typicalMs, 0.19 * publishedMs + 0.57 * typicalMs)
  const second = Math.min(0.5 * publishedMs, 0.24 * publishedMs + 0.33 * typicalMs)
  const gap = looks === 1 ? second : 0.5 * publishedMs
  const due = looks === 0 ? first - elapsedMs : sent[1] + gap - now
  return Math.max(0, due, freeIn(pace, sent, now, requests))
}

/** Progress below this says little: for some jobs the service shows 10 the whole time. */
const tellingProgress = 18
/** In multiples of the typical time: by then 19 of 20 jobs are done (sigma 0.4). */
const mostDone = 2.06

/**
 * Milliseconds until a person is asked again. The budget is spread from soon after the typical time to when most jobs
 * are done; meaningful progress gives a better estimate. Once the budget is used up the wait continues, and the person
 * is asked each time the job has taken half as long again.
 *
 * @param proofs how many the person has been asked for.
 * @param budget the most that they should be asked for.
 */
export function nextPromptIn(
  { typicalMs, publishedMs }: Pace,
  { proofs, budget, progress = 0 }: { proofs: number; budget: number; progress?: number | undefined },
  elapsedMs: number,
): number {
  const first = (0.4 + 1.4 / budget) * typicalMs
  if (proofs === 0) return Math.max(0, first - elapsedMs)
  const last = mostDone * typicalMs
  if (proofs >= budget) return Math.max(last, 1.5 * elapsedMs) - elapsedMs
  const planned = first + ((last - first) * proofs) / (budget - 1)
  // Count one percent less, because the value may be rounded.
  const told = progress >= tellingProgress ? (elapsedMs * 100) / (progress - 1) : planned
  return Math.max(told - elapsedMs, Math.min(publishedMs, typicalMs / 4))
}

/**
 * Whether a person answers the service's own challenge, so that no prompt is wasted. If prompts may be less than an
 * interval apart, the cap leaves room for one request each, so the person signs the client's own proof instead.
 */
export function takesChallenges({ typicalMs, publishedMs }: Pace): boolean {
  return typicalMs >= publishedMs
}
