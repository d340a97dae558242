// The schedule against the client that polls at the published interval, and against the best that the cap allows.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timingOf } from '../../../src/catalogue/operations.ts'
import {
  freeIn,
  nextLookIn,
  nextPromptIn,
  nothingSent,
  type Pace,
} from '../../../src/waiting/pace/schedule.ts'
import { bestSchedule, frontier } from '../../support/frontier.ts'
import {
  excessOver,
  families,
  logNormalTimes,
  mean,
  seeded,
  shapes,
  summary,
  waitFixed,
  waitPrompted,
  waitScheduled,
} from '../../support/waiting.ts'

const jobs = 5_000

/** Inputs that take much longer than their operation's defaults. */
const slowInputs: [operation: string, input: Record<string, unknown>][] = [
  ['nano-banana-pro/generate', { imageSize: '4K' }],
  ['nano-banana/edit', { imageSize: '4K' }],
  ['seedance/t2v', { duration: '15' }],
  ['wan-2.6/i2v', { duration: '15' }],
]
const slow = slowInputs.map(([operation, input]) => {
  const { typicalSeconds, pollSeconds } = timingOf(operation, input)
  const pace = { typicalMs: typicalSeconds * 1000, publishedMs: pollSeconds * 1000 }
  return { name: `${operation} ${JSON.stringify(input)}`, operations: [operation], pace }
})

const cases = [...families(), ...slow].flatMap((family) =>
  [0.4, 0.8].flatMap((sigma) => [11, 23].map((seed) => ({ ...family, sigma, seed }))),
)
const bests = new Map<string, number[]>()

/** When the best schedule for known job times looks. */
function bestLooks(name: string, pace: Pace, sigma: number): number[] {
  const looksAt = bests.get(name + sigma) ?? bestSchedule(pace, sigma).looksAt
  bests.set(name + sigma, looksAt)
  return looksAt
}

describe('the schedule, on log-normal job times', () => {
  it.each(cases)(
    '$name, sigma $sigma, seed $seed: half the lag of the published interval with fewer requests, near the optimum',
    ({ name, pace, sigma, seed }) => {
      const times = logNormalTimes(pace.typicalMs, sigma, jobs, seed)
      const ours = summary(times.map((time) => waitScheduled(pace, time)))
      const fixed = summary(times.map((time) => waitFixed(pace.publishedMs, time)))
      expect(ours.lagMs / fixed.lagMs).toBeLessThanOrEqual(0.55)
      expect(ours.p95Ms / fixed.p95Ms).toBeLessThanOrEqual(0.55)
      expect(ours.requests / fixed.requests).toBeLessThanOrEqual(0.9)
      const looksAt = bestLooks(name, pace, sigma)
      const best = mean(times.map((time) => (looksAt.find((at) => at >= time) ?? time) - time))
      expect(ours.lagMs / best).toBeLessThanOrEqual(1.1)
    },
  )

  it('is far from the optimum when the first look comes at half the typical time', () => {
    const wan = families().find(({ operations }) => operations.includes('wan-2.6/t2v'))
    if (!wan) throw new Error('no wan')
    const times = logNormalTimes(wan.pace.typicalMs, 0.8, jobs, 11)
    const late = times.map((time) => waitScheduled(wan.pace, time, { startAt: wan.pace.typicalMs / 2 }))
    const fixed = times.map((time) => waitFixed(wan.pace.publishedMs, time))
    expect(summary(late).lagMs / summary(fixed).lagMs).toBeGreaterThan(0.8)
  })
})

describe('the schedule, on job times of other shapes', () => {
  const shaped = Object.keys(shapes).flatMap((shape) => families().map((family) => ({ shape, ...family })))

  it.each(shaped)('$shape, $name: less lag, fewer requests', ({ shape, pace }) => {
    const random = seeded(5)
    const draw = shapes[shape]
    if (!draw) throw new Error(shape)
    const times = Array.from({ length: jobs }, () => pace.typicalMs * draw(random))
    const ours = summary(times.map((time) => waitScheduled(pace, time)))
    const fixed = summary(times.map((time) => waitFixed(pace.publishedMs, time)))
    expect(ours.lagMs / fixed.lagMs).toBeLessThanOrEqual(0.55)
    expect(ours.requests / fixed.requests).toBeLessThanOrEqual(0.9)
  })
})

describe('the cap on requests', () => {
  it('is kept by the published interval itself, and counts what goes beyond it', () => {
    expect(excessOver(5_000, waitFixed(5_000, 42_000).sentAt)).toBe(0)
    expect(excessOver(5_000, [0, 0, 4_999])).toBe(1)
    expect(excessOver(5_000, [0, 0, 5_000, 5_000, 9_999])).toBe(1)
    expect(excessOver(5_000, [0, 2_500, 5_000, 7_499])).toBe(1)
  })

  it('holds in every window, whatever the job takes and shows, whenever the wait begins, at any cost of a look', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...families()),
        fc.double({ min: 0.01, max: 12, noNaN: true }),
        fc.constantFrom(1 as const, 2 as const),
        fc.double({ min: 0, max: 3, noNaN: true }),
        ({ pace }, share, requests, begun) => {
          const { sentAt } = waitScheduled(pace, pace.typicalMs * share, {
            requests,
            startAt: pace.typicalMs * begun,
          })
          expect(excessOver(pace.publishedMs, sentAt)).toBe(0)
        },
      ),
      { numRuns: 400, seed: 3 },
    )
  })

  it('never stops the wait when the clock is set back', () => {
    const pace = { typicalMs: 10_000, publishedMs: 5_000 }
    const sent = [3_600_000, 3_602_500] as const
    expect(freeIn(pace, sent, 0)).toBe(5_000)
    expect(freeIn(pace, nothingSent, 0)).toBe(0)
  })

  it('lets a job that is waited for late be looked at once, at once', () => {
    const pace = { typicalMs: 10_000, publishedMs: 5_000 }
    expect(nextLookIn(pace, { sent: nothingSent, looks: 0, requests: 1 }, 0, 60_000)).toBe(0)
    expect(nextLookIn(pace, { sent: nothingSent, looks: 0, requests: 1 }, 0, 0)).toBeGreaterThan(1_000)
  })
})

describe('the frontier', () => {
  it('falls in lag as requests rise, and no schedule of ours lies below it', () => {
    const pace = { typicalMs: 30_000, publishedMs: 15_000 }
    const points = frontier(pace, 0.8, [0, 0.02, 0.1, 0.4])
    for (const [index, point] of points.entries()) {
      const before = points[index - 1]
      if (!before) continue
      expect(point.lagMs).toBeGreaterThanOrEqual(before.lagMs)
      expect(point.requests).toBeLessThanOrEqual(before.requests)
    }
    const times = logNormalTimes(pace.typicalMs, 0.8, jobs, 1)
    for (const { lagMs, looksAt } of points) {
      const lags = times.map((time) => (looksAt.find((at) => at >= time) ?? time) - time)
      expect(mean(lags) / lagMs).toBeGreaterThan(0.96)
      expect(mean(lags) / lagMs).toBeLessThan(1.04)
      expect(excessOver(pace.publishedMs, looksAt)).toBe(0)
    }
    expect(
      summary(times.map((time) => waitScheduled(pace, time))).lagMs / (points[0]?.lagMs ?? 0),
    ).toBeGreaterThan(0.97)
  })
})

describe('prompts', () => {
  /** As the sandbox shows it: pending for a while, then a progress that ends below 100. */
  const shown = (tookMs: number) => (elapsedMs: number) =>
    elapsedMs < 0.15 * tookMs ? 0 : Math.min(95, 10 + Math.floor(((elapsedMs / tookMs - 0.15) / 0.85) * 86))
  const stuck = () => () => 10

  function prompted(pace: { typicalMs: number; publishedMs: number }, sigma: number, show: typeof shown) {
    const times = logNormalTimes(pace.typicalMs, sigma, jobs, 31)
    const waits = times.map((time) => waitPrompted(pace, time, { budget: 3, progress: show(time) }))
    return {
      lag: mean(waits.map(({ lagMs }) => lagMs)) / pace.typicalMs,
      within: waits.filter(({ proofs }) => proofs <= 2).length / jobs,
    }
  }

  it.each(families())(
    '$name: two proofs for 95 % of jobs, known within half the typical time',
    ({ pace }) => {
      for (const { lag, within } of [prompted(pace, 0.4, shown), prompted(pace, 0.4, stuck)]) {
        expect(within).toBeGreaterThanOrEqual(0.95)
        expect(lag).toBeLessThan(0.5)
      }
    },
  )

  it('of widely spread jobs too, where they show a true progress', () => {
    const { lag, within } = prompted({ typicalMs: 120_000, publishedMs: 15_000 }, 0.8, shown)
    expect(within).toBeGreaterThanOrEqual(0.95)
    expect(lag).toBeLessThan(0.5)
  })

  it('come sooner with a larger budget, and rarely beyond it, whatever is shown', () => {
    const pace = { typicalMs: 60_000, publishedMs: 15_000 }
    const times = logNormalTimes(pace.typicalMs, 0.4, jobs, 31)
    const lagOf = (budget: number) => mean(times.map((time) => waitPrompted(pace, time, { budget }).lagMs))
    expect(lagOf(4)).toBeLessThan(lagOf(3))
    expect(lagOf(8)).toBeLessThan(lagOf(4) * 0.7)
    for (const progress of [0, 10, 50, 99, 100, 1e9, -5]) {
      const { proofs } = waitPrompted(pace, 900_000, { budget: 3, progress: () => progress })
      expect(proofs).toBeLessThanOrEqual(3 + Math.ceil(Math.log(15 / 2) / Math.log(1.5)))
    }
    expect(nextPromptIn(pace, { proofs: 2, budget: 2 }, 130_000)).toBe(65_000)
  })
})
