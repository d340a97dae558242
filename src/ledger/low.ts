// Notices that little is left of a limit, once a day for each. The store is read only when that may be so.

import { type Limits, limitsOverTime, type Sums } from './limits.ts'
import type { Left, LeftToday, LimitName } from './used.ts'

/** A limit of which less than a fifth is left. */
export type LowLimit = Left & { name: LimitName }

type LowWatch = {
  /** What all other shares may spend, as the budget said last. They may use less of it. */
  saw(beside: Sums): void
  /** After a reservation: what this process's share has used. */
  check(used: bigint, day: string): void
}

/** @param look what is really left. */
export function createLowWatch(
  limits: Limits,
  look: () => Promise<LeftToday>,
  tell: (low: LowLimit) => void,
): LowWatch {
  let beside: Sums = { day: 0n, total: 0n }
  let looking = false
  const toldOn: Partial<Record<LimitName, string>> = {}
  const names = limitsOverTime(limits)

  const mayBeLow = (name: LimitName, used: bigint, day: string) => {
    const all = used + (name === 'perDay' ? beside.day : beside.total)
    return toldOn[name] !== day && isLow(limits[name] ?? 0n, all)
  }

  async function lookAgain(used: bigint): Promise<void> {
    const { left, day } = await look()
    for (const name of names) {
      const found = left[name]
      if (!found || toldOn[name] === day) continue
      const all = found.spent + found.reserved
      // Others hold rights that they do not use: from now on count what they use.
      beside = { ...beside, [name === 'perDay' ? 'day' : 'total']: all - used }
      if (!isLow(found.limit, all)) continue
      toldOn[name] = day
      tell({ name, ...found })
    }
  }

  return {
    saw(sums) {
      beside = sums
    },
    check(used, day) {
      if (looking || !names.some((name) => mayBeLow(name, used, day))) return
      looking = true
      // No payment waits for this, and none fails with it.
      lookAgain(used)
        .catch(() => {})
        .finally(() => {
          looking = false
        })
    },
  }
}

function isLow(limit: bigint, used: bigint): boolean {
  return (limit - used) * 5n < limit
}
