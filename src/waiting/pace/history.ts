// What this client learned from the jobs that it waited for: how long they took, and whether their progress was true.
import { timingOf } from '../../catalogue/operations.ts'
import type { Pace } from './schedule.ts'

type Lesson = { tookMs: readonly number[]; truthful: number; pace: Pace }

/** Lessons by operation and typical time: what small pictures took says nothing of large ones. */
export type History = Map<string, Lesson>

/** Jobs of one operation that should take equally long. */
export type Kin = { operation: string; typicalMs: number }

function keyOf({ operation, typicalMs }: Kin): string {
  return `${operation} ${typicalMs}`
}

const remembered = 8
/** The median of so few jobs strays by about a third from that of all, so such a difference is not followed. */
const chance = Math.log(4 / 3)
const kindsRemembered = 64
/** So many jobs in a row must have shown a true progress before it is relied on. */
const trusted = 3

/** The pace of such jobs: as published, until this client's own jobs outvote it. */
export function paceOf(history: History, kin: Kin): Pace {
  return history.get(keyOf(kin))?.pace ?? publishedPace(kin)
}

function publishedPace({ operation, typicalMs }: Kin): Pace {
  return { typicalMs, publishedMs: timingOf(operation).pollSeconds * 1000 }
}

function learnedPace(kin: Kin, tookMs: readonly number[]): Pace {
  const { typicalMs, publishedMs } = publishedPace(kin)
  const votes = [typicalMs, typicalMs, ...tookMs].sort((a, b) => a - b)
  const median = votes[votes.length >> 1] ?? typicalMs
  const isChance = Math.abs(Math.log(median / typicalMs)) < chance
  return { typicalMs: isChance ? typicalMs : median, publishedMs }
}

/** @param progress what the last look before its end showed, if there was one. */
export function learn(history: History, kin: Kin, tookMs: number, progress?: number): void {
  const key = keyOf(kin)
  const before = history.get(key)
  const truthful = before?.truthful ?? 0
  const told = progress === undefined ? truthful : progress >= 80 ? truthful + 1 : 0
  const all = [...(before?.tookMs ?? []), tookMs].slice(-remembered)
  history.delete(key)
  history.set(key, { tookMs: all, truthful: told, pace: learnedPace(kin, all) })
  for (const [oldest] of history) if (history.size > kindsRemembered) history.delete(oldest)
}

/**
 * Whether a job is far from done by its own word, where that can be relied on. Costs little when it is wrong: the next
 * look is then made at the published interval.
 */
export function isFar(history: History, kin: Kin, progress: number, elapsedMs: number): boolean {
  if ((history.get(keyOf(kin))?.truthful ?? 0) < trusted) return false
  const { publishedMs } = paceOf(history, kin)
  return progress < 75 && elapsedMs * (100 - progress) > 2 * publishedMs * progress
}
