// Typed events for user interfaces and logs, without signatures, keys or prompts.
import type { Protocol } from './types.ts'

type PaymentEvent = { attemptId: string; operation: string; usd: string }
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
  'job.created': JobEvent & { attemptId: string }
  'job.updated': JobEvent & { status: string; progress: number }
  'job.completed': JobEvent & { url: string }
  'job.failed': JobEvent & { error?: string | undefined }
  /** From now on, only this payee is paid on this network. */
  'payee.pinned': { payTo: string; network: string }
  /**
   * The wallet will be asked for a sign-in signature, for polling. Moves no money. With `prompts`, a person has to
   * confirm it. During a wait this event comes early: the prompt follows at `at` (ISO 8601), or once the page is
   * visible after that.
   */
  'signin.needed': { path: string; prompts: boolean; at: string }
  /** The local clock is wrong. Sign-ins and validity windows are corrected by this much. */
  'clock.skewed': { skewMs: number }
}

export type StudioEventName = keyof StudioEvents
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
