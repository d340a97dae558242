// What the shares may spend: grants in one budget record.
import { nap } from '../internal/time.ts'
import { type Cell, type Cells, compete } from './cells.ts'
import { type Budget, budgetKey, createBudget, readBudget } from './convert.ts'
import { fold, foldable, removeFolded } from './fold.ts'
import { grantedBeside, type Limits, limitExceeded, roomBeside, type Sums, smaller } from './limits.ts'
import { type BudgetRecord, type ShareRecord, shareRecord } from './records.ts'
import {
  dayOfShare,
  emptyShare,
  idleIn,
  type OpenReservation,
  reservationsIn,
  shareKey,
  withGrant,
  withoutIdle,
} from './share.ts'
import { readShares, type Shares, usedOf } from './used.ts'

/*
 * On nothing but compare-and-set, and whenever a process dies,
 *
 *   used in a share ≤ granted in the share ≤ granted in the budget, and all grants together ≤ the limits.
 *
 * To raise a share, its process reads it, writes the budget, and then writes the share as it was read. To lower one,
 * any process reads the budget, writes the share, and then writes the budget as it was read. So of two that meet, one
 * fails and starts again. What a process that died between its writes leaves in the budget is lowered in the same way.
 */

export type Ask = {
  path: string
  /** As it was read, with what is to be written with it; `undefined`: to be created. */
  share: ShareRecord | undefined
  amount: bigint
  /** What all reservations that wait here need together. */
  wanted: bigint
  /** What this process reserved lately: as much is granted ahead, well below the limits. */
  pace: bigint
  /** The share that this process used before. */
  left: string | undefined
}

export type Rights = {
  /**
   * The share with enough granted for the amount; `undefined` when it has been folded, and takes no more.
   *
   * @throws {LimitExceededError} with nothing idle left anywhere.
   */
  raise(ask: Ask): Promise<ShareRecord | undefined>
  /** Closes a share for ever, and gives back what it does not use. */
  giveBack(path: string): Promise<void>
  /** Reservations that the last refusal met and that have run out. */
  expired(): OpenReservation[]
}

const pauseMs = 20

/** @param saw told what all other shares may spend, whenever the budget was read to grow one. */
export function createRights(cells: Cells, limits: Limits, saw: (beside: Sums) => void): Rights {
  let expired: OpenReservation[] = []

  async function grow(budget: Budget, ask: Ask, lacking: bigint): Promise<ShareRecord | undefined> {
    const { path, share = emptyShare() } = ask
    const held = BigInt(share.granted)
    const beside = grantedBeside(budget.value, path)
    const most = smaller(roomBeside(beside, limits), roomBeside(beside, leastOf(budget.value)))
    const granted = held + extended(lacking, ask, most === undefined ? undefined : most - held)
    const folded = ask.share ? [] : await foldable(cells, budget.value, path)
    const { grants, ...rest } = folded.reduce(fold, budget.value)
    const left = ask.share ? {} : await leave(cells, grants, ask.left)
    const next = { ...rest, grants: { ...grants, ...left, [path]: granted.toString() } }
    const known = share.exact ? next : { ...next, least: withLimits(next.least, limits) }
    const written =
      budget.version === undefined
        ? await createBudget(cells, known)
        : await cells.write(budgetKey, known, budget.version)
    if (!written) return undefined
    saw(beside)
    await removeFolded(cells, folded)
    return withGrant(share, granted)
  }

  return {
    expired: () => expired,
    giveBack: (path) =>
      compete(async () => {
        const budget = await readBudget(cells)
        const closed = await leave(cells, budget.value.grants, path)
        return closed[path] === budget.value.grants[path] || lower(cells, budget, closed, budget.value.least)
      }, cells.instant),
    async raise(ask) {
      const lacking = ask.amount - (ask.share ? idleIn(ask.share) : 0n)
      const looked = new Map<string, string>()
      let raised: ShareRecord | undefined
      let folded = false
      await compete(async () => {
        const budget = await readBudget(cells)
        // Another process has folded it meanwhile: what it spent is part of the budget now, and must not count twice.
        folded = ask.share !== undefined && budget.version !== undefined && !(ask.path in budget.value.grants)
        if (folded) return true
        const held = BigInt(ask.share?.granted ?? 0) + lacking
        const sums = raisedBy(grantedBeside(budget.value, ask.path), held)
        const room = roomBeside(sums, limits)
        if (room !== undefined && room < 0n) {
          const shares = await readShares(cells, budget.value, helpful(ask.path, sums, limits))
          if (await take(cells, budget, shares, -room, looked)) return false
          if ((await readBudget(cells)).version !== budget.version) return false
          const all: Shares = [...shares, ...(ask.share ? [ownCell(ask)] : [])]
          expired = all
            .flatMap(([path, cell]) => (cell ? reservationsIn(path, cell.value) : []))
            .filter(isOver)
          throw refusal(budget.value, all, ask, limits)
        }
        if (isBelow(roomBeside(sums, leastOf(budget.value)))) {
          await makeExact(cells, budget, ask.path, limits)
          return false
        }
        raised = await grow(budget, ask, lacking)
        return raised !== undefined
      }, cells.instant)
      return folded ? undefined : (raised ?? emptyShare())
    },
  }
}

/** The amount and, well below the limits, some more: the next reservations then need no look at the budget. */
function extended(lacking: bigint, { share, wanted, pace }: Ask, most: bigint | undefined): bigint {
  if (share?.exact) return lacking
  const all = wanted > lacking && (most === undefined || wanted <= most) ? wanted : lacking
  const more = smaller(pace - all, most === undefined ? undefined : (most - all) / 8n) ?? 0n
  return all + (more > 0n ? more : 0n)
}

const isBelow = (room: bigint | undefined) => room !== undefined && room < 0n

const isOver = ({ until }: OpenReservation) => until < Date.now()

function ownCell({ path, share = emptyShare() }: Ask): Shares[number] {
  return [path, { value: share, version: '' }]
}

function raisedBy({ day, total }: Sums, amount: bigint): Sums {
  return { day: day + amount, total: total + amount }
}

/** Shares whose idle rights can help: those of other days count in the total only. */
function helpful(path: string, { total }: Sums, limits: Limits): (other: string) => boolean {
  const short = limits.total !== undefined && total > limits.total
  return (other) => other !== path && (short || dayOfShare(other) === dayOfShare(path))
}

/**
 * Takes what other shares do not use out of their grants; `false` if there is nothing. Their process may be about to
 * use what only the budget says they have, so that is taken at a second look.
 */
async function take(
  cells: Cells,
  budget: Budget,
  shares: Shares,
  needed: bigint,
  looked: Map<string, string>,
): Promise<boolean> {
  const lowered: Record<string, string> = {}
  let missing = needed
  let again = false
  for (const [path, cell] of shares) {
    if (missing <= 0n) break
    const granted = BigInt(budget.value.grants[path] ?? 0)
    const held = BigInt(cell?.value.granted ?? 0)
    const look = `${cell?.version} ${granted}`
    if (granted > held && looked.get(path) !== look) {
      looked.set(path, look)
      again = true
      continue
    }
    const idle = cell ? idleIn(cell.value) : 0n
    const cut = idle < missing ? idle : missing
    if (granted === held && cut <= 0n) continue
    if (!(await write(cells, path, cell, (share) => withGrant(share, held - cut)))) return true
    lowered[path] = (held - cut).toString()
    missing -= granted - held + cut
  }
  if (Object.keys(lowered).length === 0) {
    if (again && !cells.instant) await nap(pauseMs * (1 + Math.random()))
    return again
  }
  await lower(cells, budget, lowered, budget.value.least)
  return true
}

/** Writes another process's share as it was read. One that is not there yet is created closed, which its process finds. */
function write(
  cells: Cells,
  path: string,
  cell: Cell<ShareRecord> | undefined,
  change: (share: ShareRecord) => ShareRecord,
): Promise<boolean> {
  const unborn: ShareRecord = { ...emptyShare(), closed: true, unborn: true }
  return cells.write(shareKey(path), cell ? change(cell.value) : unborn, cell?.version)
}

async function lower(
  cells: Cells,
  { value, version }: Budget,
  lowered: Record<string, string>,
  least: BudgetRecord['least'],
): Promise<boolean> {
  const { least: _before, ...rest } = value
  const next = { ...rest, grants: { ...value.grants, ...lowered }, ...(least && { least }) }
  return cells.write(budgetKey, next, version)
}

/**
 * A client whose limits are lower than what is about to be granted must not spend from rights it got before: from now on
 * every share but this one asks the budget for each amount.
 */
async function makeExact(cells: Cells, budget: Budget, own: string, limits: Limits): Promise<void> {
  const lowered: Record<string, string> = {}
  for (const [path, cell] of await readShares(cells, budget.value, (path) => path !== own)) {
    const exact = (share: ShareRecord): ShareRecord => ({ ...withoutIdle(share), exact: true })
    if (!(await write(cells, path, cell, exact))) return
    lowered[path] = cell ? withoutIdle(cell.value).granted : '0'
  }
  // The share that asks may spend what it has without asking, so its own limits still count.
  await lower(cells, budget, lowered, withLimits(undefined, limits))
}

/** Closes the share that this process used before, and gives back what it does not use. */
async function leave(
  cells: Cells,
  grants: BudgetRecord['grants'],
  path: string | undefined,
): Promise<BudgetRecord['grants']> {
  if (path === undefined || grants[path] === undefined) return {}
  let granted = grants[path]
  await cells.update(shareKey(path), shareRecord, (share) => {
    const closed: ShareRecord | undefined = share && { ...withoutIdle(share), closed: true }
    granted = closed?.granted ?? granted
    return closed
  })
  return { [path]: granted }
}

function leastOf({ least = {} }: BudgetRecord): Limits {
  const { perDay, total } = least
  return {
    ...(perDay !== undefined && { perDay: BigInt(perDay) }),
    ...(total !== undefined && { total: BigInt(total) }),
  }
}

function withLimits(least: BudgetRecord['least'], limits: Limits): NonNullable<BudgetRecord['least']> {
  const before = leastOf({ least } as BudgetRecord)
  const perDay = smaller(before.perDay, limits.perDay)?.toString()
  const total = smaller(before.total, limits.total)?.toString()
  return { ...(perDay !== undefined && { perDay }), ...(total !== undefined && { total }) }
}

/** Says what is spent and reserved in all shares that count. */
function refusal(budget: BudgetRecord, shares: Shares, { path, amount }: Ask, { perDay, total }: Limits) {
  const { perDay: today, total: all } = usedOf(budget, shares, dayOfShare(path))
  return perDay !== undefined && today.spent + today.reserved + amount > perDay
    ? limitExceeded('limit_per_day', perDay, today.spent, today.reserved, amount)
    : limitExceeded('limit_total', total ?? 0n, all.spent, all.reserved, amount)
}
