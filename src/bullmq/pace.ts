// When a job is looked at next. With a sweep of the job list, looks at single jobs are the fallback.
import { operations } from '../index.ts'

export type Pace = {
  typicalMs: number
  /** The polling interval that the service asks for, at two requests each. */
  publishedMs: number
}

const unknownOperation = { typicalSeconds: 60, kind: 'video' }

/** Made once: the catalogue does not change. */
export function createPaces(): (operation: string) => Pace {
  const known = new Map(operations().map((one) => [one.id as string, one]))
  return (operation) => {
    const { typicalSeconds, kind } = known.get(operation) ?? unknownOperation
    const published = kind === 'video' ? 15 : operation.startsWith('gpt-image') ? 10 : 5
    return { typicalMs: typicalSeconds * 1000, publishedMs: published * 1000 }
  }
}

/** Milliseconds until the next look at a job, by how long ago it was made. */
export function nextLookIn({ typicalMs, publishedMs }: Pace, elapsedMs: number, swept: boolean): number {
  const first = swept ? 1.5 * typicalMs + publishedMs : 0.6 * typicalMs
  if (elapsedMs < first) return Math.max(first - elapsedMs, publishedMs / 5)
  const gap = swept ? Math.max(publishedMs, typicalMs / 2) : publishedMs / 2
  // The longer it takes, the less a moment matters.
  return elapsedMs < 3 * typicalMs ? gap : Math.max(gap, elapsedMs / 6)
}

/** Milliseconds until a failed step is tried again: doubles from 2 s to a minute, with jitter. */
export function backOff(failures: number, most = 60_000): number {
  const ms = Math.min(most, 2_000 * 2 ** Math.min(Math.max(failures, 1) - 1, 10))
  return Math.ceil(ms * (0.75 + Math.random() / 2))
}
