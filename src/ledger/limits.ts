// Spend limits: what they leave, and the error when they leave too little.
import { LimitExceededError } from '../errors.ts'
import { formatUsd } from '../internal/usd.ts'
import type { BudgetRecord } from './records.ts'
import { dayOfShare } from './share.ts'

/** Spend limits in atomic units. */
export type Limits = { perCall?: bigint; perDay?: bigint; total?: bigint }

/** The limits over time that are set. */
export function limitsOverTime(limits: Limits): ('perDay' | 'total')[] {
  return (['perDay', 'total'] as const).filter((name) => limits[name] !== undefined)
}

/** Amounts of one day, and of all days. */
export type Sums = { day: bigint; total: bigint }

/** What was spent before, and what all shares but one may spend. */
export function grantedBeside(budget: BudgetRecord, path: string): Sums {
  const day = dayOfShare(path)
  const sums = { day: BigInt(budget.days[day] ?? 0), total: BigInt(budget.spent) }
  for (const [other, granted] of Object.entries(budget.grants)) {
    if (other === path) continue
    sums.total += BigInt(granted)
    if (dayOfShare(other) === day) sums.day += BigInt(granted)
  }
  return sums
}

/** What limits leave beside these amounts; `undefined`: as much as you like. May be negative. */
export function roomBeside({ day, total }: Sums, limits: Omit<Limits, 'perCall'>): bigint | undefined {
  return smaller(
    limits.perDay === undefined ? undefined : limits.perDay - day,
    limits.total === undefined ? undefined : limits.total - total,
  )
}

/** The smaller one; `undefined` stands for no limit. */
export function smaller(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one < other ? one : other
}

export function checkPerCall(asked: bigint, { perCall }: Limits): void {
  if (perCall !== undefined && asked > perCall) throw limitExceeded('limit_per_call', perCall, 0n, 0n, asked)
}

const names = { limit_per_call: 'per call', limit_per_day: 'per day (UTC)', limit_total: 'in total' }
const openToo = '`recover()` settles payments that are still open.'
const hints = {
  limit_per_call: '`limits.perCall`, or ask for something cheaper.',
  limit_per_day: `\`limits.perDay\`, or wait for the next day (UTC). ${openToo}`,
  limit_total: `\`limits.total\`. ${openToo}`,
}

export function limitExceeded(
  code: keyof typeof names,
  limit: bigint,
  spent: bigint,
  reserved: bigint,
  asked: bigint,
): LimitExceededError {
  const usd = { limit: formatUsd(limit), spent: formatUsd(spent), reserved: formatUsd(reserved) }
  return new LimitExceededError(`This payment would exceed the spend limit ${names[code]}.`, {
    ...usd,
    asked: formatUsd(asked),
    code,
    phase: 'check',
    safeToRetry: true,
    details: `Limit $${usd.limit}, spent $${usd.spent}, reserved $${usd.reserved}, requested $${formatUsd(asked)}.`,
    hint: `Nothing was signed. Raise ${hints[code]}`,
  })
}
