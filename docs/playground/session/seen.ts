// What there is to see of a program: plain data, which the views draw.
import type { Attempt } from '../../../src/types.ts'
import type { Failure, Level, Report } from '../wire.ts'
import type { FaultName } from './faults.ts'
import type { Logged } from './relay.ts'
import type { Paid } from './world.ts'

/** How a program is doing. */
export type Phase = 'idle' | 'running' | 'done' | 'failed' | 'stopped' | 'crashed'

/** Between two runs on the same stores. */
export type Reload = { reload: true }

export type Told = Extract<Report, { kind: 'event' }>

export type Seen = {
  phase: Phase
  /** Since the last report, ms; an endless loop sends none. */
  silentMs: number
  fault: FaultName | undefined
  /** Whether it runs on the stores of a program before. */
  reloaded: boolean
  requests: (Logged | Reload)[]
  events: (Told | Reload)[]
  ledger: readonly Attempt[]
  printed: { level: Level; text: string }[]
  media: Blob[]
  signatures: { payments: number; signIns: number }
  paid: Paid
  failure: Failure | undefined
}

/** A program that prints without end must not fill the page. */
const mostLines = 500

export function nothingSeen(paid: Paid, fault?: FaultName): Seen {
  return {
    phase: 'idle',
    silentMs: 0,
    fault,
    reloaded: false,
    requests: [],
    events: [],
    ledger: [],
    printed: [],
    media: [],
    signatures: { payments: 0, signIns: 0 },
    paid,
    failure: undefined,
  }
}

/** After a reload the page is empty, but the record of what happened goes on. */
export function reloaded(seen: Seen): Seen {
  const mark: Reload = { reload: true }
  return {
    ...seen,
    fault: undefined,
    reloaded: true,
    requests: [...seen.requests, mark],
    events: [...seen.events, mark],
    printed: [],
    media: [],
    failure: undefined,
  }
}

export function take(seen: Seen, report: Report): void {
  if (report.kind === 'event') seen.events.push(report)
  if (report.kind === 'shown') seen.media.push(report.media)
  if (report.kind === 'signed') seen.signatures[report.what === 'payment' ? 'payments' : 'signIns'] += 1
  if (report.kind === 'console') seen.printed = [...seen.printed, report].slice(-mostLines)
  if (report.kind === 'done' && seen.phase === 'running') seen.phase = 'done'
  if (report.kind !== 'failed') return
  seen.phase = 'failed'
  seen.failure = report.failure
}
