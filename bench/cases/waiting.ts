// How soon a client knows that its job is done, and how often it asks: simulated on log-normal job times, against the
// least lag that the cap on requests allows.
import type { Pace } from '../../src/waiting/pace/schedule.ts'
import { frontier } from '../../test/support/frontier.ts'
import {
  type Family,
  families,
  logNormalTimes,
  summary,
  type Waited,
  waitFixed,
  waitScheduled,
} from '../../test/support/waiting.ts'
import { rounded } from '../lib/stats.ts'

/** Mean and 95th percentile of the lag, and requests, as ratios to two requests at each published interval. */
export type Place = { lag: number; lagP95: number; requests: number }

export const schedules = {
  stablestudio: 'stablestudio',
  challenged: "stablestudio, by the service's challenges",
  published: 'published interval, challenges (@x402/fetch, mppx)',
  publishedOwnProof: 'published interval, own proofs (bare)',
  halfInterval: 'half the published interval, own proofs',
} as const
export type ScheduleName = keyof typeof schedules

export type WaitingCase = {
  family: string
  operations: string[]
  typicalSeconds: number
  publishedSeconds: number
  sigma: number
  places: Record<ScheduleName, Place>
  /** From the least lag to the fewest requests. */
  frontier: { lag: number; requests: number }[]
}

const jobs = 20_000
const seed = 20_261_122
const sigmas = [0.4, 0.8]
/** What a request may cost in mean lag, in published intervals: each gives a point of the frontier. */
const prices = [
  0, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 1.6, 2.4, 3.2,
]

export function simulateWaiting(): WaitingCase[] {
  return families().flatMap((family) => sigmas.map((sigma) => simulate(family, sigma)))
}

function simulate({ name, operations, pace }: Family, sigma: number): WaitingCase {
  const times = logNormalTimes(pace.typicalMs, sigma, jobs, seed)
  const results: Record<ScheduleName, Waited[]> = {
    stablestudio: times.map((took) => waitScheduled(pace, took)),
    challenged: times.map((took) => waitScheduled(pace, took, { requests: 2 })),
    published: times.map((took) => waitFixed(pace.publishedMs, took)),
    publishedOwnProof: times.map((took) => halved(waitFixed(pace.publishedMs, took))),
    halfInterval: times.map((took) => halved(waitFixed(pace.publishedMs / 2, took))),
  }
  const base = summary(results.published)
  const placeOf = (waits: readonly Waited[]): Place => {
    const { lagMs, p95Ms, requests } = summary(waits)
    const [lag, lagP95] = [lagMs / base.lagMs, p95Ms / base.p95Ms]
    return {
      lag: rounded(lag, 3),
      lagP95: rounded(lagP95, 3),
      requests: rounded(requests / base.requests, 3),
    }
  }
  const places = Object.entries(results).map(([schedule, waits]) => [schedule, placeOf(waits)])
  return {
    family: name,
    operations,
    typicalSeconds: pace.typicalMs / 1000,
    publishedSeconds: pace.publishedMs / 1000,
    sigma,
    places: Object.fromEntries(places),
    frontier: frontier(pace, sigma, prices).map(({ looksAt }) => {
      const { lagMs, requests } = follow(looksAt, pace, times)
      return { lag: rounded(lagMs / base.lagMs, 3), requests: rounded(requests / base.requests, 3) }
    }),
  }
}

/** A schedule made for this distribution, on the same jobs as the others: mean lag and requests. */
function follow(planned: readonly number[], { publishedMs }: Pace, times: readonly number[]) {
  const longest = Math.max(...times)
  const looksAt = [...planned]
  while ((looksAt.at(-1) ?? 0) < longest) looksAt.push((looksAt.at(-1) ?? 0) + publishedMs / 2)
  let lag = 0
  let requests = 0
  let look = 0
  for (const took of times.toSorted((a, b) => a - b)) {
    while ((looksAt[look] ?? longest) < took) look += 1
    lag += (looksAt[look] ?? longest) - took
    requests += look + 1
  }
  return { lagMs: lag / times.length, requests: requests / times.length }
}

/** The same looks with one request each. */
function halved({ lagMs, sentAt }: Waited): Waited {
  return { lagMs, sentAt: sentAt.filter((_, at) => at % 2 === 0) }
}
