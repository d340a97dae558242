// Adds finished shares to the sums of the budget, so that there are only as many as there are living processes.
import type { Cells } from './cells.ts'
import { readShare } from './convert.ts'
import type { BudgetRecord, ShareRecord } from './records.ts'
import { dayOfShare, isEmpty, shareKey, withoutIdle } from './share.ts'

type Finished = { path: string; share: ShareRecord }

/** A process that has not written for so long finds its share closed, and takes another. */
const restedMs = 10 * 60_000
const most = 16
const keptDays = 7

/** Some shares that are closed, or that this closes: none of them can ever change again. */
export async function foldable(cells: Cells, { grants }: BudgetRecord, own: string): Promise<Finished[]> {
  const others = Object.keys(grants).filter((path) => path !== own)
  const from = Math.floor(Math.random() * Math.max(1, others.length - most + 1))
  const looks = others
    .slice(from, from + most)
    .map((path) => close(cells, path, dayOfShare(own)).catch(() => undefined))
  return (await Promise.all(looks)).filter((one) => one !== undefined)
}

async function close(cells: Cells, path: string, today: string): Promise<Finished | undefined> {
  const cell = await readShare(cells, path)
  if (!cell || !isEmpty(cell.value)) return undefined
  if (cell.value.closed) return { path, share: cell.value }
  const rested = dayOfShare(path) < today || cell.value.at < Date.now() - restedMs
  const share: ShareRecord = { ...withoutIdle(cell.value), closed: true }
  return rested && (await cells.write(shareKey(path), share, cell.version)) ? { path, share } : undefined
}

/** The budget without the share, and with what it spent. */
export function fold(budget: BudgetRecord, { path, share }: Finished): BudgetRecord {
  const { [path]: _granted, ...grants } = budget.grants
  const day = dayOfShare(path)
  const add = (sum: string | undefined) => (BigInt(sum ?? 0) + BigInt(share.spent)).toString()
  return {
    ...budget,
    grants,
    spent: add(budget.spent),
    days: recent({ ...budget.days, [day]: add(budget.days[day]) }),
  }
}

function recent(days: BudgetRecord['days']): BudgetRecord['days'] {
  return Object.fromEntries(Object.entries(days).sort().slice(-keptDays))
}

/** Of no use any more, so it does not matter if one stays. */
export async function removeFolded(cells: Cells, finished: readonly Finished[]): Promise<void> {
  await Promise.all(
    finished.map(async ({ path, share }) => {
      const cell = share.unborn ? undefined : await readShare(cells, path)
      if (cell) await cells.delete(shareKey(path), cell.version)
    }),
  ).catch(() => {})
}
