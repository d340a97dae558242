// What this client learned from the jobs that it waited for: how long they took, and whether their progress was true.
import { timingOf } from '../catalogue/operations.ts'
import type { Pace } from './schedule.ts'

type Lesson = { tookMs: readonly number[]; truthful: number; pace: Pace }

/** Lessons by operation. */
export type History = Map<string, Lesson>

const remembered = 8
/** The median of so few jobs strays by about a third from that of all, so such a difference is not followed. */
const chance = Math.log(4 / 3)
const operationsRemembered = 64
/** So many jobs in a row must have shown a true progress before it is relied on. */
const trusted = 3

/** The pace of an operation's jobs: as published, until this client's own jobs outvote it. */
export function paceOf(history: History, operation: string): Pace {
  return history.get(operation)?.pace ?? publishedPace(operation)
}

function publishedPace(operation: string): Pace {
  const { typicalSeconds, pollSeconds } = timingOf(operation)
  return { typicalMs: typicalSeconds * 1000, publishedMs: pollSeconds * 1000 }
}

function learnedPace(operation: string, tookMs: readonly number[]): Pace {
  const { typicalMs, publishedMs } = publishedPace(operation)
  const votes = [typicalMs, typicalMs, ...tookMs].sort((a, b) => a - b)
  const median = votes[votes.length >> 1] ?? typicalMs
  const isChance = Math.abs(Math.log(median / typicalMs)) < chance
  return { typicalMs: isChance ? typicalMs : median, publishedMs }
}

/** @param progress what the last look before its end showed, if there was one. */
export function learn(history: History, operation: string, tookMs: number, progress?: number): void {
  const before = history.get(operation)
  const truthful = before?.truthful ?? 0
  const told = progress === undefined ? truthful : progress >= 80 ? truthful + 1 : 0
  const all = [...(before?.tookMs ?? []), tookMs].slice(-remembered)
  history.delete(operation)
  history.set(operation, { tookMs: all, truthful: told, pace: learnedPace(operation, all) })
  for (const [oldest] of history) if (history.size > operationsRemembered) history.delete(oldest)
}

/**
 * Whether a job is far from done by its own word, where that can be relied on. Costs little when it is wrong: the next
 * look is then made at the published interval.
 */
export function isFar(history: History, operation: string, progress: number, elapsedMs: number): boolean {
  if ((history.get(operation)?.truthful ?? 0) < trusted) return false
  const { publishedMs } = paceOf(history, operation)
  return progress < 75 && elapsedMs * (100 - progress) > 2 * publishedMs * progress
}
