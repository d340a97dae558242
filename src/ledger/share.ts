// One share of the budget, as pure functions of its record: what it may spend, has spent and has reserved.
import { own } from '../internal/json.ts'
import type { ShareRecord } from './records.ts'

export type Reservation = {
  attemptId: string
  amount: bigint
  /** Milliseconds since the epoch. After this its authorization cannot move money. */
  until: number
  /** Milliseconds since the epoch. Until then its process is working on it. @default until */
  leaseUntil?: number | undefined
}

/** A reservation and the share that holds it, `<day>/<share>`. */
export type OpenReservation = Reservation & { leaseUntil: number; share: string }

/** Beyond this a process takes another share, so that what it writes does not grow with what is open. */
const maxOpen = 64

export const shareKey = (path: string) => `share/${path}`

export const dayOfShare = (path: string) => path.slice(0, 10)

export function emptyShare(): ShareRecord {
  return { v: 2, granted: '0', spent: '0', open: {}, at: Date.now() }
}

export function reservedIn({ open }: ShareRecord): bigint {
  return Object.values(open).reduce((sum, { amount }) => sum + BigInt(amount), 0n)
}

export function usedIn(share: ShareRecord): bigint {
  return BigInt(share.spent) + reservedIn(share)
}

/** What it was granted and does not use. */
export function idleIn(share: ShareRecord): bigint {
  return BigInt(share.granted) - usedIn(share)
}

export function holds(share: ShareRecord | undefined, attemptId: string): boolean {
  return own(share?.open, attemptId) !== undefined
}

export function isEmpty({ open }: ShareRecord): boolean {
  return Object.keys(open).length === 0
}

export function takesMore({ open, closed }: ShareRecord): boolean {
  return !closed && Object.keys(open).length < maxOpen
}

export function withGrant(share: ShareRecord, granted: bigint): ShareRecord {
  return { ...share, granted: granted.toString() }
}

export function withReservation(share: ShareRecord, reservation: Reservation): ShareRecord {
  const { attemptId, amount, until, leaseUntil = until } = reservation
  const entry = { amount: amount.toString(), until, leaseUntil }
  return { ...share, open: { ...share.open, [attemptId]: entry }, at: Date.now() }
}

export function withExtension(share: ShareRecord, attemptId: string, until: number): ShareRecord | undefined {
  const entry = holds(share, attemptId) && share.open[attemptId]
  return entry ? { ...share, open: { ...share.open, [attemptId]: { ...entry, until } } } : undefined
}

/** Ends a reservation, as spent or not; `undefined` if there is none. */
export function withoutReservation(
  share: ShareRecord,
  attemptId: string,
  end: 'spent' | 'free',
): ShareRecord | undefined {
  if (!holds(share, attemptId)) return undefined
  const { [attemptId]: entry, ...open } = share.open
  const amount = BigInt(entry?.amount ?? 0)
  const spent = BigInt(share.spent) + (end === 'spent' ? amount : 0n)
  const ended = { ...share, spent: spent.toString(), open, at: Date.now() }
  return share.exact || share.closed ? withoutIdle(ended) : ended
}

/** Keeps only what is used. */
export function withoutIdle(share: ShareRecord): ShareRecord {
  return withGrant(share, usedIn(share))
}

export function reservationsIn(path: string, share: ShareRecord): OpenReservation[] {
  return Object.entries(share.open).map(([attemptId, { amount, until, leaseUntil = until }]) => {
    return { attemptId, amount: BigInt(amount), until, leaseUntil, share: path }
  })
}
