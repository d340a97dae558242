// What came of an attempt to pay, as far as this process knows. Every step of a payment answers with one of these.
import type { AttemptRecord } from '../ledger/records.ts'
import type { Protocol } from '../types.ts'
import type { Verdict } from './answer.ts'

/** Paid. The record says for what. */
export type Settled = {
  kind: 'settled'
  record: AttemptRecord
  how: 'paid' | 'job-found' | 'replayed' | 'written-off'
}

/** Nothing was charged, and nothing can be any more: another attempt may be made. */
export type Free = {
  kind: 'free'
  /** The attempt that the new one takes the place of, under the same key. */
  instead?: string | undefined
  /** The protocol of an offer that was kept and is not taken any more. */
  refused?: Protocol | undefined
}

/** Not decided yet. */
export type Open = { kind: 'open'; verdict?: Verdict | undefined }

/** Another process, or another call, has moved the attempt: look at it once more. */
export type Taken = { kind: 'taken' }

export type Outcome = Settled | Free | Open | Taken

export const taken: Taken = { kind: 'taken' }
export const open: Open = { kind: 'open' }
