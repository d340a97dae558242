// What is spent and what is reserved: one record in the store, changed only by compare-and-set.
import { LimitExceededError } from '../errors.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Cells } from './cells.ts'
import { type SpendRecord, spendRecord } from './records.ts'

/** Spend limits in atomic units. */
export type Limits = { perCall?: bigint; perDay?: bigint; total?: bigint }

export type Reservation = {
  attemptId: string
  amount: bigint
  /** Milliseconds since the epoch. After this its authorization cannot move money. */
  until: number
  /** Milliseconds since the epoch. Until then its process is working on it. @default until */
  leaseUntil?: number | undefined
}

export type OpenReservation = Reservation & { leaseUntil: number }

export type Spending = {
  /** Reserves an amount, or throws. Atomic across all processes that share the store. */
  reserve(reservation: Reservation): Promise<void>
  /** Extends a reservation whose new authorization stays valid for longer. */
  extend(attemptId: string, until: number): Promise<void>
  /** Records the money as spent. */
  commit(attemptId: string): Promise<void>
  /** Releases the amount: the money was provably not spent. */
  release(attemptId: string): Promise<void>
  /** All reservations. This is the index of open attempts. */
  open(): Promise<OpenReservation[]>
}

const key = 'spend'
const empty: SpendRecord = { v: 1, spent: '0', days: {}, open: {} }

/** @param now ms since the epoch on the service's clock; the local clock may be a day ahead. */
export function createSpending(cells: Cells, limits: Limits, now: () => number): Spending {
  return {
    reserve: ({ attemptId, amount, until, leaseUntil }) =>
      cells.update(key, spendRecord, (record = empty) => {
        const day = dayOf(now())
        checkLimits(record, amount, day, limits)
        const entry = { amount: amount.toString(), day, until, leaseUntil: leaseUntil ?? until }
        return { ...record, open: { ...record.open, [attemptId]: entry } }
      }),
    extend: (attemptId, until) =>
      cells.update(key, spendRecord, (record) => {
        const entry = record?.open[attemptId]
        if (!record || !entry) return undefined
        return { ...record, open: { ...record.open, [attemptId]: { ...entry, until } } }
      }),
    commit: (attemptId) =>
      cells.update(key, spendRecord, (record) => {
        const entry = record?.open[attemptId]
        if (!record || !entry) return undefined
        const spentThen = BigInt(record.days[entry.day] ?? 0) + BigInt(entry.amount)
        return {
          ...without(record, attemptId),
          spent: (BigInt(record.spent) + BigInt(entry.amount)).toString(),
          days: { ...recent(record.days), [entry.day]: spentThen.toString() },
        }
      }),
    release: (attemptId) =>
      cells.update(key, spendRecord, (record) =>
        record?.open[attemptId] ? without(record, attemptId) : undefined,
      ),
    async open() {
      const cell = await cells.read(key, spendRecord)
      const entries = Object.entries(cell?.value.open ?? {})
      return entries.map(([attemptId, { amount, until, leaseUntil = until }]) => {
        return { attemptId, amount: BigInt(amount), until, leaseUntil }
      })
    },
  }
}

function without(record: SpendRecord, attemptId: string): SpendRecord {
  const { [attemptId]: _gone, ...open } = record.open
  return { ...record, open }
}

/** Days are UTC, so every process that shares a store counts the same day. */
function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}

/** Reservations close within minutes, so older days are never written again. */
function recent(days: SpendRecord['days']): SpendRecord['days'] {
  return Object.fromEntries(Object.entries(days).sort().slice(-7))
}

function checkLimits(record: SpendRecord, asked: bigint, day: string, limits: Limits): void {
  const open = Object.values(record.open)
  const sum = (entries: typeof open) => entries.reduce((total, { amount }) => total + BigInt(amount), 0n)
  const ofToday = open.filter((entry) => entry.day === day)
  check('limit_per_call', 'per call', limits.perCall, 0n, 0n, asked)
  check('limit_per_day', 'per day (UTC)', limits.perDay, BigInt(record.days[day] ?? 0), sum(ofToday), asked)
  check('limit_total', 'in total', limits.total, BigInt(record.spent), sum(open), asked)
}

function check(
  code: 'limit_per_call' | 'limit_per_day' | 'limit_total',
  name: string,
  limit: bigint | undefined,
  spent: bigint,
  reserved: bigint,
  asked: bigint,
): void {
  if (limit === undefined || spent + reserved + asked <= limit) return
  const usd = { limit: formatUsd(limit), spent: formatUsd(spent), reserved: formatUsd(reserved) }
  throw new LimitExceededError(`This payment would exceed the spend limit ${name}.`, {
    ...usd,
    asked: formatUsd(asked),
    code,
    phase: 'check',
    safeToRetry: true,
    details: `Limit $${usd.limit}, spent $${usd.spent}, reserved $${usd.reserved}, requested $${formatUsd(asked)}.`,
    hint: 'Nothing was signed. Raise `limits`, or wait. `recover()` settles payments that are still open.',
  })
}
