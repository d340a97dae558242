// The best schedule that the cap on requests allows when the distribution of job times is known, by dynamic programming.
import type { Pace } from '../../src/waiting/pace/schedule.ts'

/** A point of the frontier: no schedule under the cap has less lag with so many requests. */
export type FrontierPoint = { lagMs: number; requests: number; looksAt: number[] }

/** Steps of the grid in each published interval. */
const steps = 40
/** Longer gaps are not considered. */
const longestGap = 6 * steps

/** Complementary error function, to 1.2e-7 (Numerical Recipes, Chebyshev fit). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x))
  const factors = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ]
  const value = t * Math.exp(-x * x + factors.reduceRight((sum, factor) => sum * t + factor, 0))
  return x >= 0 ? value : 2 - value
}

const phi = (x: number) => 0.5 * erfc(-x / Math.SQRT2)

/**
 * The schedule with the least `lag + price × requests` for log-normal job times, one request a look. With price 0 it
 * has the least lag that the cap allows; higher prices give the rest of the frontier.
 *
 * @param priceMs what a request may cost in mean lag.
 */
export function bestSchedule({ typicalMs, publishedMs }: Pace, sigma: number, priceMs = 0): FrontierPoint {
  const stepMs = publishedMs / steps
  const doneBy = (ms: number) => (ms <= 0 ? 0 : phi(Math.log(ms / typicalMs) / sigma))
  const mass = typicalMs * Math.exp((sigma * sigma) / 2)
  const partialMean = (ms: number) => (ms <= 0 ? 0 : mass * phi(Math.log(ms / typicalMs) / sigma - sigma))
  let end = 1
  while (1 - doneBy(end * stepMs) > 1e-5) end += 1
  const grid = Array.from({ length: end + longestGap + 1 }, (_, at) => at * stepMs)
  const done = grid.map(doneBy)
  const partial = grid.map(partialMean)
  const at = (values: readonly number[], index: number) => values[index] as number
  const lagBetween = (from: number, to: number) =>
    at(grid, to) * (at(done, to) - at(done, from)) - (at(partial, to) - at(partial, from))
  // value[at][gap]: the least cost from a look on, `gap` steps after the one before it.
  const value: Float64Array[] = []
  const choice: Int16Array[] = []
  for (let look = end + longestGap; look >= 0; look -= 1) {
    const best = new Float64Array(steps + 1)
    const gaps = new Int16Array(steps + 1).fill(steps / 2)
    if (look >= end) best.fill((1 - at(done, look)) * (publishedMs / 4))
    else fillBest(look, best, gaps)
    value[look] = best
    choice[look] = gaps
  }
  function fillBest(look: number, best: Float64Array, gaps: Int16Array): void {
    let least = Number.POSITIVE_INFINITY
    let chosen = 0
    for (let gap = longestGap; gap >= 0; gap -= 1) {
      if (gap > 0) {
        const then = (value[look + gap] as Float64Array)[Math.min(gap, steps)] as number
        const cost = lagBetween(look, look + gap) + priceMs * (1 - at(done, look)) + then
        if (cost < least) [least, chosen] = [cost, gap]
      }
      // Any three requests span an interval: a short gap before allows only a long one now.
      if (gap <= steps) [best[steps - gap], gaps[steps - gap]] = [least, chosen]
    }
  }
  let first = 1
  const costOf = (look: number) => lagBetween(0, look) + ((value[look] as Float64Array)[steps] as number)
  for (let look = 2; look < end; look += 1) if (costOf(look) < costOf(first)) first = look
  return follow(first, end)

  function follow(from: number, to: number): FrontierPoint {
    const looksAt: number[] = []
    let [lagMs, requests, before, gap] = [0, 0, 0, steps]
    for (let look = from; before < to; ) {
      looksAt.push(at(grid, look))
      lagMs += lagBetween(before, look)
      requests += 1 - at(done, before)
      const next = (choice[look] as Int16Array)[gap] as number
      before = look
      look += next
      gap = Math.min(next, steps)
    }
    return { lagMs, requests, looksAt }
  }
}

/** Points of the frontier, from the least lag to the fewest requests. */
export function frontier(pace: Pace, sigma: number, prices: readonly number[]): FrontierPoint[] {
  return prices.map((price) => bestSchedule(pace, sigma, price * pace.publishedMs))
}
