// `payments`: the ledger as the public API shows it.
import type { Context } from '../context.ts'
import { type Check, checkInteger, checkTime, checkWord } from '../internal/check.ts'
import type { Attempt, AttemptState } from '../types.ts'

/** Options of `payments`. */
export type PaymentsOptions = {
  /** ISO 8601. Only attempts made at this time or later. */
  since?: string | undefined
  /** ISO 8601. Only attempts made before this time. */
  until?: string | undefined
  /** Only attempts in this state. */
  state?: AttemptState | undefined
  /** At most this many. @default all */
  limit?: number | undefined
}

/** Every state, for callers without types. */
const states: Record<AttemptState, true> = {
  reserved: true,
  signed: true,
  sent: true,
  unknown: true,
  settled: true,
  rejected: true,
  released: true,
}

export const paymentsChecks: Record<keyof PaymentsOptions, Check> = {
  since: checkTime,
  until: checkTime,
  state: checkWord('state', Object.keys(states)),
  limit: checkInteger(1, Number.MAX_SAFE_INTEGER),
}

export async function* payments(
  { ledger }: Context,
  { since, until, state, limit = Number.POSITIVE_INFINITY }: PaymentsOptions,
): AsyncGenerator<Attempt> {
  const [from, to] = [since ?? 0, until ?? Number.POSITIVE_INFINITY].map(timeOf) as [number, number]
  let listed = 0
  for await (const attempt of ledger.all({ since: from, until: to })) {
    const madeAt = Date.parse(attempt.createdAt)
    if (madeAt < from || madeAt >= to || attempt.state !== (state ?? attempt.state)) continue
    yield attempt
    listed += 1
    if (listed === limit) return
  }
}

const timeOf = (time: string | number) => (typeof time === 'string' ? Date.parse(time) : time)
