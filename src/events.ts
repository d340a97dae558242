// Typed events for user interfaces and logs, without signatures, keys or prompts.
import { invalidOptions } from './errors/invalid-options.ts'
import { type Check, checkFunction, checkOptions, checkWord } from './internal/check.ts'
import type { Left, Protocol } from './types.ts'

/** @inline */
type PaymentEvent = { attemptId: string; operation: string; usd: string }
/** @inline */
type JobEvent = { jobId: string; operation?: string | undefined }

/** Event names and their payloads. Amounts are USD decimal strings; times are milliseconds. */
export type StudioEvents = {
  /** The service made an offer, and it passed the checks. */
  'offer.received': {
    operation: string
    usd: string
    network: string
    asset: string
    payTo: string
    protocol: Protocol
  }
  /** The amount is reserved in the ledger; nothing is signed yet. */
  'payment.reserved': PaymentEvent
  /** The wallet signed; nothing has been sent yet. */
  'payment.signed': PaymentEvent & { validBefore: string }
  /** Paid. */
  'payment.settled': PaymentEvent & { transaction?: string | undefined }
  /** Refused; nothing was charged. */
  'payment.rejected': PaymentEvent & { reason: string }
  /** Sent, without a clear answer. The client searches for the job and replays, or `recover()` does. */
  'payment.unknown': PaymentEvent
  /**
   * Less than a fifth of a limit is left, over all processes on the store. Each client whose payments find this emits it
   * at most once a day per limit.
   */
  'budget.low': Left & { name: 'perDay' | 'total' }
  'job.created': JobEvent & { attemptId: string }
  'job.updated': JobEvent & { status: string; progress: number }
  'job.completed': JobEvent & { url: string }
  'job.failed': JobEvent & { error?: string | undefined }
  /**
   * `perDay` or `total` is set, but the store, and with it what was spent, is lost when the process exits. Emitted once,
   * with the first payment, outside web pages.
   */
  'limits.volatile': { limits: ('perDay' | 'total')[] }
  /** From now on, only this payee is paid on this network. */
  'payee.pinned': { payTo: string; network: string }
  /**
   * The wallet will be asked for a sign-in signature, for polling. Moves no money. With `prompts`, a person has to
   * confirm it. During a wait this event comes early: the prompt follows at `at` (ISO 8601), or once the page is
   * visible after that.
   */
  'signin.needed': { path: string; prompts: boolean; at: string }
  /** This machine's clock is wrong. Sign-ins and validity windows are corrected by this much. */
  'clock.skewed': { skewMs: number }
}

export type StudioEventName = keyof StudioEvents

/** Every event, for callers without types. */
const events: Record<StudioEventName, true> = {
  'offer.received': true,
  'payment.reserved': true,
  'payment.signed': true,
  'payment.settled': true,
  'payment.rejected': true,
  'payment.unknown': true,
  'budget.low': true,
  'job.created': true,
  'job.updated': true,
  'job.completed': true,
  'job.failed': true,
  'limits.volatile': true,
  'payee.pinned': true,
  'signin.needed': true,
  'clock.skewed': true,
}
export const eventNames = Object.keys(events) as StudioEventName[]

const checks: Record<string, Check> = {
  event: checkWord('event', eventNames),
  listener: checkFunction,
}

export type StudioListener<event extends StudioEventName> = (payload: Readonly<StudioEvents[event]>) => void

export type Events = {
  on<event extends StudioEventName>(event: event, listener: StudioListener<event>): () => void
  /** @param payload called only if there is a listener. */
  emit<event extends StudioEventName>(event: event, payload: () => StudioEvents[event]): void
}

export function createEvents(): Events {
  const listeners = new Map<StudioEventName, Set<{ listener: StudioListener<never> }>>()
  return {
    on(event, listener) {
      const issues = checkOptions({ event: event ?? null, listener: listener ?? null }, checks)
      if (issues.length > 0) throw invalidOptions('on()', issues)
      const ofEvent = listeners.get(event) ?? new Set()
      const entry = { listener }
      listeners.set(event, ofEvent.add(entry))
      return () => void ofEvent.delete(entry)
    },
    emit(event, payload) {
      const ofEvent = listeners.get(event)
      if (!ofEvent || ofEvent.size === 0) return
      const frozen = Object.freeze(payload())
      for (const { listener } of [...ofEvent]) {
        try {
          const returned: unknown = listener(frozen as never)
          // A rejection in an async listener must not go unhandled in the middle of a payment.
          Promise.resolve(returned).catch(() => {})
        } catch {
          // A listener never disturbs a payment.
        }
      }
    },
  }
}
