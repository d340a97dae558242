// The outcome of a payment attempt, as far as this process knows. Every step of a payment resolves to one of these.
import type { AttemptRecord } from '../ledger/records.ts'
import type { Protocol } from '../types.ts'
import type { Verdict } from './answer.ts'

/** Paid. The record says what for. */
export type Settled = {
  kind: 'settled'
  record: AttemptRecord
  how: 'paid' | 'job-found' | 'replayed' | 'written-off'
}

/** Nothing was charged, and nothing can be charged later. A new attempt is safe. */
export type Free = {
  kind: 'free'
  /** The attempt that a new one replaces under the same key. */
  instead?: string | undefined
  /** The protocol of a kept offer that the service no longer accepts. */
  refused?: Protocol | undefined
}

/** Undecided. */
export type Open = { kind: 'open'; verdict?: Verdict | undefined }

/** Another process or call changed the attempt: read it again. */
export type Taken = { kind: 'taken' }

export type Outcome = Settled | Free | Open | Taken

export const taken: Taken = { kind: 'taken' }
export const open: Open = { kind: 'open' }
