// `prune`: removes old closed attempts from the store, after the caller has kept what it wants.
import { wrongOptions } from '../call.ts'
import type { Context } from '../context.ts'
import { StoreError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { type Check, checkFunction, checkThat } from '../internal/check.ts'
import { readIsoTime } from '../internal/time.ts'
import { type AttemptRecord, toAttempt } from '../ledger/records.ts'
import type { Attempt } from '../types.ts'

const leastAgeMs = 86_400_000

/** Options of `prune`. */
export type PruneOptions = {
  /**
   * An age in ms, or a time in ISO 8601; at least 24 h. Only attempts that ended before then are removed. 30 days is a
   * good choice.
   */
  olderThan: number | string
  /**
   * Called with each attempt before it is removed, and awaited. If it fails, that attempt stays and the call rejects. After
   * a crash, it may be called again with the same attempt.
   */
  archive?: ((attempt: Attempt) => unknown) | undefined
}

export const pruneChecks: Record<keyof PruneOptions, Check> = {
  olderThan: checkThat(
    (value) =>
      typeof value === 'string'
        ? !Number.isNaN(readIsoTime(value))
        : Number(value) > 0 && typeof value === 'number',
    'must be an age in ms, or a time in ISO 8601 with a zone',
  ),
  archive: checkFunction,
}

export async function prune({ ledger, clock }: Context, options: PruneOptions): Promise<number> {
  const { olderThan, archive } = options
  if (olderThan === undefined) throw wrongAge('is missing: an age in ms, or a time in ISO 8601')
  // By the slower clock: one that runs ahead must not make attempts old.
  const now = Math.min(Date.now(), clock.now())
  const before = typeof olderThan === 'string' ? readIsoTime(olderThan) : now - olderThan
  if (before > now - leastAgeMs) throw wrongAge('must be at least 24 h (86400000 ms) ago')
  return ledger.prune(before, (record) => archived(record, archive))
}

async function archived(record: AttemptRecord, archive: PruneOptions['archive']): Promise<void> {
  try {
    await archive?.(toAttempt(record))
  } catch (cause) {
    throw new StoreError('An attempt could not be archived.', {
      details: record.id,
      hint: 'It was not removed; those before it were. Fix `archive`, then call again.',
      cause: harmlessCause(cause),
    })
  }
}

function wrongAge(message: string) {
  return wrongOptions([{ path: 'olderThan', message }])
}
