// What is spent and what is reserved: each process writes its own share of the budget.
import { randomHex } from '../internal/hex.ts'
import { type Cells, unsure } from './cells.ts'
import { legacyShares, readBudget, readShare } from './convert.ts'
import { checkPerCall, type Limits } from './limits.ts'
import { createLowWatch, type LowLimit } from './low.ts'
import { type ShareRecord, shareRecord } from './records.ts'
import { createRights } from './rights.ts'
import {
  dayOfShare,
  holds,
  idleIn,
  type OpenReservation,
  type Reservation,
  reservationsIn,
  shareKey,
  takesMore,
  usedIn,
  withExtension,
  withoutReservation,
  withReservation,
} from './share.ts'
import { type LeftToday, leftOf, readAll, usedOf } from './used.ts'

/** Where an attempt's amount is reserved. A record of version 0.1 does not say. */
export type Place = { id: string; share?: string | undefined }

export type Spending = {
  /**
   * Reserves an amount, or throws. Atomic across all processes that share the store. Resolves to the share that holds it.
   * @throws {LimitExceededError}
   */
  reserve(reservation: Reservation): Promise<string>
  /** Reservations that the last refusal met and that have run out. */
  expired(): OpenReservation[]
  /** Extends a reservation whose new authorization stays valid for longer. */
  extend(place: Place, until: number): Promise<void>
  /** Records the money as spent. */
  commit(place: Place): Promise<void>
  /** Releases the amount: the money was provably not spent. */
  release(place: Place): Promise<void>
  /** Gives back what this process was granted and does not use. Its next reservation takes a share of its own again. */
  giveBack(): Promise<void>
  /** What is left of each limit that is set, over all processes. Rights that are granted and not used count as left. */
  left(): Promise<LeftToday>
  /** All reservations, oldest first. This is the index of open attempts. */
  open(): Promise<OpenReservation[]>
}

/**
 * @param now ms since the epoch on the service's clock; the local clock may be a day ahead.
 * @param tell told when little is left of a limit.
 */
export function createSpending(
  cells: Cells,
  limits: Limits,
  now: () => number,
  tell: (low: LowLimit) => void = () => {},
): Spending {
  const low = createLowWatch(limits, whatIsLeft, tell)
  const rights = createRights(cells, limits, low.saw)
  /** Days are UTC, so every process that shares a store counts the same day. */
  const today = () => new Date(now()).toISOString().slice(0, 10)
  let current: string | undefined
  let left: string | undefined
  let wanted = 0n
  const pace = createPace()

  async function whatIsLeft(): Promise<LeftToday> {
    const day = today()
    const { budget, shares } = await readAll(cells)
    return { left: leftOf(usedOf(budget, shares, day), limits), day }
  }

  function ownShare(): string {
    if (current !== undefined && dayOfShare(current) !== today()) leave(current)
    current ??= `${today()}/${randomHex(8)}`
    return current
  }

  function leave(path: string): void {
    if (current !== path) return
    left = path
    current = undefined
  }

  /** `false`: this share takes no more. */
  async function place(path: string, reservation: Reservation): Promise<boolean> {
    let placed = true
    let used = 0n
    const { attemptId, amount } = reservation
    await cells.update(shareKey(path), shareRecord, async (share, isRead) => {
      placed = true
      if (holds(share, attemptId)) return undefined
      placed = share === undefined || takesMore(share)
      if (!placed) return undefined
      const enough = share && idleIn(share) >= amount
      // What this share lacks is asked of the budget, and that counts on it as it is.
      if (!enough && !isRead) return unsure
      // A share must not be left while it is being changed: it would wait for itself.
      const before = left === path ? undefined : left
      const ask = { path, share, amount, wanted, pace: pace.lately(), left: before }
      const held = enough ? share : await rights.raise(ask)
      placed = held !== undefined
      if (!held) return undefined
      const next = withReservation(held, reservation)
      used = usedIn(next)
      return next
    })
    if (placed) low.check(used, dayOfShare(path))
    return placed
  }

  /** Changes the share that holds an attempt. */
  async function change({ share }: Place, how: (share: ShareRecord) => ShareRecord | undefined) {
    for (const path of share === undefined ? await legacyShares(cells) : [share]) {
      await cells.update(shareKey(path), shareRecord, (held) => held && how(held))
    }
  }

  return {
    expired: rights.expired,
    async reserve(reservation) {
      checkPerCall(reservation.amount, limits)
      wanted += reservation.amount
      try {
        for (;;) {
          const path = ownShare()
          const placed = await place(path, reservation).catch((error) => {
            // The write may still arrive. No other may then say what this share was granted.
            if (error.code === 'store_failed') current = undefined
            throw error
          })
          if (!placed) leave(path)
          else {
            pace.add(reservation.amount)
            return path
          }
        }
      } finally {
        wanted -= reservation.amount
      }
    },
    extend: (place, until) => change(place, (share) => withExtension(share, place.id, until)),
    commit: (place) => change(place, (share) => withoutReservation(share, place.id, 'spent')),
    release: (place) => change(place, (share) => withoutReservation(share, place.id, 'free')),
    async giveBack() {
      const unused = [left, current].filter((path) => path !== undefined)
      current = undefined
      for (const path of unused) await rights.giveBack(path)
    },
    left: whatIsLeft,
    async open() {
      const { value } = await readBudget(cells)
      // What another process's share holds cannot be known while that cannot be read.
      const reads = Object.keys(value.grants).map(async (path) => {
        const cell = await readShare(cells, path).catch((error) => {
          if (path === current || error.code !== 'store_corrupt') throw error
        })
        return cell ? reservationsIn(path, cell.value) : []
      })
      const found = (await Promise.all(reads)).flat()
      return found.sort((one, other) => (one.attemptId < other.attemptId ? -1 : 1))
    },
  }
}

/** How long ahead a process is granted what it is likely to spend. */
const paceMs = 30_000

function createPace() {
  let since = 0
  let before = 0n
  let now = 0n
  return {
    add(amount: bigint): void {
      // A clock that was set back makes it negative.
      const age = Math.abs(Date.now() - since)
      if (age > paceMs) {
        before = age < 2 * paceMs ? now : 0n
        now = 0n
        since = Date.now()
      }
      now += amount
    },
    lately: () => (Math.abs(Date.now() - since) > 2 * paceMs ? 0n : before > now ? before : now),
  }
}
