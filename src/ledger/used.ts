// What all shares together have spent and reserved, of one day and of all days.
import { formatUsd } from '../internal/usd.ts'
import type { Left as LeftInUsd } from '../types.ts'
import type { Cell, Cells } from './cells.ts'
import { readBudget, readShare } from './convert.ts'
import { type Limits, limitsOverTime } from './limits.ts'
import type { BudgetRecord, ShareRecord } from './records.ts'
import { dayOfShare, reservedIn } from './share.ts'

/** Shares as they were read; `undefined`: not written yet, or finished and deleted. */
export type Shares = [path: string, cell: Cell<ShareRecord> | undefined][]

export type Used = { spent: bigint; reserved: bigint }

/** What there is of a limit. */
export type Left = Used & { limit: bigint; left: bigint }

export type LimitName = 'perDay' | 'total'

/** What is left of each limit that is set, and of which day. */
export type LeftToday = { left: Partial<Record<LimitName, Left>>; day: string }

export async function readShares(
  cells: Cells,
  { grants }: BudgetRecord,
  which: (path: string) => boolean = () => true,
): Promise<Shares> {
  const paths = Object.keys(grants).filter(which)
  return Promise.all(paths.map(async (path): Promise<Shares[number]> => [path, await readShare(cells, path)]))
}

/** All shares. What is missing may have been added to the budget since that was read: then they are read again. */
export async function readAll(cells: Cells): Promise<{ budget: BudgetRecord; shares: Shares }> {
  for (;;) {
    const { value: budget, version } = await readBudget(cells)
    const shares = await readShares(cells, budget)
    if (shares.every(([, cell]) => cell) || (await readBudget(cells)).version === version)
      return { budget, shares }
  }
}

/** @param day as `2026-11-22`. */
export function usedOf(budget: BudgetRecord, shares: Shares, day: string): Record<LimitName, Used> {
  const perDay = { spent: BigInt(budget.days[day] ?? 0), reserved: 0n }
  const total = { spent: BigInt(budget.spent), reserved: 0n }
  for (const [path, cell] of shares) {
    if (!cell) continue
    for (const sum of dayOfShare(path) === day ? [perDay, total] : [total]) {
      sum.spent += BigInt(cell.value.spent)
      sum.reserved += reservedIn(cell.value)
    }
  }
  return { perDay, total }
}

/** What is left of each limit that is set. Limits may have been lowered since. */
export function leftOf(used: Record<LimitName, Used>, limits: Limits): Partial<Record<LimitName, Left>> {
  const entries = limitsOverTime(limits).map((name) => {
    const [{ spent, reserved }, limit] = [used[name], limits[name] ?? 0n]
    const left = limit - spent - reserved
    return [name, { limit, spent, reserved, left: left > 0n ? left : 0n }] as const
  })
  return Object.fromEntries(entries)
}

/** As the public API shows it. */
export function inUsd({ limit, spent, reserved, left }: Left): LeftInUsd {
  return {
    limit: formatUsd(limit),
    spent: formatUsd(spent),
    reserved: formatUsd(reserved),
    left: formatUsd(left),
  }
}
