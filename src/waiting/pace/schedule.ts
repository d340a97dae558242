// When to look at a job: pure, so that it can be simulated.

/** What the schedule of jobs that should take equally long depends on. Milliseconds. */
export type Pace = {
  typicalMs: number
  /** The interval at which the service asks its clients to poll, with two requests a poll. */
  publishedMs: number
}

/** When the last two requests left, the older one first. */
export type Sent = readonly [older: number, last: number]

export const nothingSent: Sent = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]

/**
 * Milliseconds until this many requests may leave. A client that follows the published interval sends two requests at
 * once, then none for an interval: so does no window hold more of ours when of any three the last one leaves at least
 * an interval after the first.
 */
export function freeIn({ publishedMs }: Pace, sent: Sent, now: number, requests: 1 | 2 = 1): number {
  const [older, last] = sent
  // A clock that was set back must not stop the wait.
  return Math.min(publishedMs, Math.max(0, (requests === 1 ? older : last) + publishedMs - now))
}

/**
 * Milliseconds until the next look. Nothing is asked while hardly any job is done; then, with one request a look, twice
 * in each published interval, which is the most that the cap allows. The constants are fitted to log-normal job times
 * (sigma 0.4 and 0.8) of every operation, those shorter than an interval included, where the place of the first two
 * looks is what counts: test/unit/actions/schedule.test.ts holds them to the optimum.
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

/** Below this a progress says little: the service shows 10 for as long as some jobs work. */
const tellingProgress = 18
/** In typical times: by then 19 of 20 jobs are done (sigma 0.4). */
const mostDone = 2.06

/**
 * Milliseconds until a person is asked again. The proofs of the budget are spread from soon after the typical time to
 * where most jobs are done; a progress that moves says better when. Beyond the budget the wait goes on, and they are
 * asked each time that the job has taken half as long again.
 *
 * @param proofs how many the person was asked for.
 * @param budget how many they should be asked for at most.
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
  // One percent less than it says, because it may be rounded.
  const told = progress >= tellingProgress ? (elapsedMs * 100) / (progress - 1) : planned
  return Math.max(told - elapsedMs, Math.min(publishedMs, typicalMs / 4))
}

/**
 * Whether a person is asked to answer the service's own challenge, so that no prompt can be in vain. Two prompts less
 * than an interval apart leave room for one request each, so there they sign a proof of the client's.
 */
export function takesChallenges({ typicalMs, publishedMs }: Pace): boolean {
  return typicalMs >= publishedMs
}
