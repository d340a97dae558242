// Reads the budget. A ledger of version 0.1 kept all spending in one record: the first to read it makes a budget of it.
import { type Cell, type Cells, compete } from './cells.ts'
import { type BudgetRecord, budgetRecord, type SpendRecord, shareRecord, spendRecord } from './records.ts'
import { emptyShare, shareKey, withoutIdle } from './share.ts'

export const budgetKey = 'budget'
const spendKey = 'spend'

/** Without a version the store is new. */
export type Budget = { value: BudgetRecord; version: string | undefined }

export async function readBudget(cells: Cells): Promise<Budget> {
  const cell = await cells.read(budgetKey, budgetRecord)
  if (cell) return cell
  const frozen = await freeze(cells)
  if (!frozen) return { value: { v: 2, spent: '0', days: {}, grants: {} }, version: undefined }
  await cells.write(budgetKey, await convert(cells, frozen), undefined)
  return readBudget(cells)
}

/** Creates the budget of a new store, and keeps clients of version 0.1 from it; `false` if another was faster. */
export async function createBudget(cells: Cells, budget: BudgetRecord): Promise<boolean> {
  const empty: SpendRecord = { v: 2, spent: '0', days: {}, open: {} }
  return (await cells.write(spendKey, empty, undefined)) && cells.write(budgetKey, budget, undefined)
}

/** From here on no client of version 0.1 changes the record, so that nothing it says gets lost. */
async function freeze(cells: Cells): Promise<SpendRecord | undefined> {
  let cell: Cell<SpendRecord> | undefined
  await compete(async () => {
    cell = await cells.read(spendKey, spendRecord)
    return cell?.value.v !== 1 || cells.write(spendKey, { ...cell.value, v: 2 }, cell.version)
  })
  return cell?.value
}

/** One share for each day that has open reservations. Repeating it changes nothing. */
async function convert(cells: Cells, { spent, days, open }: SpendRecord): Promise<BudgetRecord> {
  const grants: Record<string, string> = {}
  for (const day of new Set(Object.values(open).map((entry) => entry.day))) {
    const ofDay = Object.entries(open).filter(([, entry]) => entry.day === day)
    const entries = ofDay.map(([id, { day: _day, ...entry }]) => [id, entry])
    const share = withoutIdle({ ...emptyShare(), open: Object.fromEntries(entries) })
    const path = `${day}${legacy}`
    await cells.write(shareKey(path), share, undefined)
    grants[path] = share.granted
  }
  return { v: 2, spent, days, grants }
}

const legacy = '/legacy'

/** The shares that may hold an attempt whose record names none. */
export async function legacyShares(cells: Cells): Promise<string[]> {
  const { value } = await readBudget(cells)
  return Object.keys(value.grants).filter((path) => path.endsWith(legacy))
}

/** What a share has; `undefined` until its process wrote it. */
export function readShare(cells: Cells, path: string) {
  return cells.read(shareKey(path), shareRecord)
}
