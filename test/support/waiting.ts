// Simulates waiting for jobs, without client or network: schedules, job times, and the best that the cap on requests allows.

import { operationIds } from '../../src/catalogue/ids.ts'
import { timingOf } from '../../src/catalogue/operations.ts'
import {
  freeIn,
  nextLookIn,
  nextPromptIn,
  nothingSent,
  type Pace,
  type Sent,
  takesChallenges,
} from '../../src/waiting/pace/schedule.ts'

/** Operations whose jobs take equally long and are polled equally often. */
export type Family = { name: string; operations: string[]; pace: Pace }

/** Every family of the catalogue. */
export function families(): Family[] {
  const found = new Map<string, Family>()
  for (const operation of operationIds()) {
    const { typicalSeconds, pollSeconds } = timingOf(operation)
    const key = `${typicalSeconds}/${pollSeconds}`
    const pace = { typicalMs: typicalSeconds * 1000, publishedMs: pollSeconds * 1000 }
    const family = found.get(key) ?? { name: '', operations: [], pace }
    family.operations.push(operation)
    found.set(key, family)
  }
  for (const family of found.values()) family.name = shortName(family.operations)
  return [...found.values()]
}

function shortName(operations: string[]): string {
  const models = [...new Set(operations.map((operation) => operation.split('/')[0]))]
  return models.length > 2 ? `${models[0]} +${models.length - 1}` : models.join(', ')
}

/** Random numbers from 0 to 1 that are the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Times of `count` jobs, log-normal around a median. */
export function logNormalTimes(medianMs: number, sigma: number, count: number, seed: number): number[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => medianMs * Math.exp(sigma * normal(random)))
}

/** Job times of other shapes, all with their median at 1. */
export const shapes: Record<string, (random: () => number) => number> = {
  'log-normal 0.6': (random) => Math.exp(0.6 * normal(random)),
  'gamma 4': (random) => -Math.log((1 - random()) * (1 - random()) * (1 - random()) * (1 - random())) / 3.672,
  'Weibull 2': (random) => Math.sqrt(-Math.log(1 - random()) / Math.LN2),
  uniform: (random) => 0.5 + random(),
}

/** What became of one wait. */
export type Waited = {
  /** From the moment the job was done until the client knew. */
  lagMs: number
  /** When each request left, since the job was created. */
  sentAt: number[]
}

/** The usual client: two requests at each published interval. */
export function waitFixed(publishedMs: number, tookMs: number, firstAt = publishedMs): Waited {
  const sentAt: number[] = []
  for (let at = firstAt; ; at += publishedMs) {
    sentAt.push(at, at)
    if (at >= tookMs) return { lagMs: at - tookMs, sentAt }
  }
}

export type LookOptions = {
  /** Requests that one look needs: 2 where the service insists on its own challenges. */
  requests?: 1 | 2
  /** When the wait begins, since the job was created. */
  startAt?: number
}

/** This client, by its own schedule. */
export function waitScheduled(pace: Pace, tookMs: number, options: LookOptions = {}): Waited {
  const { requests = 1, startAt = 0 } = options
  const sentAt: number[] = []
  let sent: Sent = nothingSent
  for (let at = startAt, looks = 0; ; looks += 1) {
    at += nextLookIn(pace, { sent, looks, requests }, at, at)
    for (let request = 0; request < requests; request += 1) {
      at += freeIn(pace, sent, at)
      sent = [sent[1], at]
      sentAt.push(at)
    }
    if (at >= tookMs) return { lagMs: at - tookMs, sentAt }
  }
}

/** This client with a wallet that asks a person for each look. */
export function waitPrompted(
  pace: Pace,
  tookMs: number,
  { budget, progress }: { budget: number; progress?: (elapsedMs: number) => number },
): { lagMs: number; proofs: number } {
  let shown: number | undefined
  let sent: Sent = nothingSent
  for (let at = 0, proofs = 0; ; ) {
    at += nextPromptIn(pace, { proofs, budget: budget - 1, progress: shown }, at)
    for (let request = takesChallenges(pace) ? 0 : 1; request < 2; request += 1) {
      at += freeIn(pace, sent, at)
      sent = [sent[1], at]
    }
    proofs += 1
    if (at >= tookMs) return { lagMs: at - tookMs, proofs }
    shown = progress?.(at)
  }
}

/** The most requests within any window of each length, as far as it exceeds the fixed client's; 0 when it never does. */
export function excessOver(publishedMs: number, sentAt: readonly number[]): number {
  let worst = 0
  for (let first = 0; first < sentAt.length; first += 1) {
    for (let last = first; last < sentAt.length; last += 1) {
      const length = (sentAt[last] as number) - (sentAt[first] as number)
      // A closed window of this length holds at most so many polls of a client at the published interval.
      const allowed = 2 * (Math.floor(length / publishedMs + 1e-9) + 1)
      worst = Math.max(worst, last - first + 1 - allowed)
    }
  }
  return worst
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] as number
}

/** Mean and 95th percentile of the lag, and mean number of requests. */
export function summary(waits: readonly Waited[]): { lagMs: number; p95Ms: number; requests: number } {
  const lags = waits.map(({ lagMs }) => lagMs)
  return {
    lagMs: mean(lags),
    p95Ms: quantile(lags, 0.95),
    requests: mean(waits.map(({ sentAt }) => sentAt.length)),
  }
}
