// What every action works on: the config plus shared state, created once per client.

import type { Config } from './config.ts'
import type { Events } from './events.ts'
import { createHttp, type Http } from './internal/http.ts'
import { createSecrets, type Secrets } from './internal/secrets.ts'
import { createSemaphore, type Semaphore } from './internal/semaphore.ts'
import {
  createDeadline,
  createServiceClock,
  type Instant,
  instantOf,
  type ServiceClock,
} from './internal/time.ts'
import { pageOrigin } from './internal/url.ts'
import { createCells } from './ledger/cells.ts'
import { createLedger, type Ledger } from './ledger/ledger.ts'
import { type Limits, limitsOverTime } from './ledger/limits.ts'
import type { LowLimit } from './ledger/low.ts'
import { memoryStore } from './ledger/store.ts'
import { inUsd } from './ledger/used.ts'
import type { PaymentMethod, PricedOffer } from './methods/method.ts'
import { exactMethod } from './methods/x402/exact-method.ts'
import type { Upload } from './types.ts'

export type Context = Omit<Config, 'store' | 'fetch' | 'payWith' | 'concurrency'> & {
  /** Host name of the origin, used in the client's own sign-in proofs. */
  readonly domain: string
  readonly payWith: readonly PaymentMethod[]
  readonly ledger: Ledger
  readonly http: Http
  /** The caller's own `fetch`, for a payment method's requests to its network. */
  readonly fetch: typeof globalThis.fetch
  /** Sends a request that moves no money, once a slot is free. */
  readonly read: Http
  /** Limits how many payments run at once, from the price to the accepted job. */
  readonly paymentSlots: Semaphore
  readonly clock: ServiceClock
  /** Present if the client works on an instant sandbox. */
  readonly instant: Instant | undefined
  /** Sent values that must not be shown. */
  readonly secrets: Secrets
  readonly events: Events
  /** Jitter for pauses, 0 to 1. */
  readonly random: () => number
  /** Whether the service accepts the client's own sign-in proofs, as learned so far. */
  readonly signIn: { ownProofs: boolean }
  /** Offers that can be paid again without asking, keyed by what their price depends on. */
  readonly keptOffers: Map<string, PricedOffer>
  /** Uploads in progress, keyed by the hash of their bytes: equal ones share one payment. */
  readonly uploads: Map<string, Promise<Upload>>
  readonly crowd: Crowd
}

/** The waits of this client, and what reads the job list for them if they are many. */
export type Crowd<member = unknown> = {
  readonly members: Set<member>
  /** Ends the reading. */
  sweep: AbortController | undefined
  /** Whether the list may stand for looks: until it has failed, and after a pause. */
  trusted: boolean
}

export function createContext(config: Config, events: Events): Context {
  const {
    store = memoryStore(),
    limits,
    fetch: customFetch,
    payWith = [exactMethod()],
    concurrency,
    ...rest
  } = config
  const { origin, baseUrl, payer } = rest
  if (store.volatile && pageOrigin() === undefined) warnOnce(events, limits)
  const instant = instantOf(customFetch ?? fetch)
  // An instant client stays with its sandbox, whatever becomes of the global `fetch`.
  const ownFetch = instant ? (customFetch ?? fetch) : customFetch
  const clock =
    instant?.clock ?? createServiceClock((skewMs) => events.emit('clock.skewed', () => ({ skewMs })))
  const secrets = createSecrets()
  const observe = (url: string, headers: Headers, sentAt: number) => {
    // Other hosts (assets, blobs, RPC) have their own clocks.
    if (url.startsWith(`${baseUrl}/`)) clock.observe(headers, sentAt)
  }
  // Never called as a method: a browser's `fetch` would throw.
  const carry: typeof fetch = (...request) => (ownFetch ?? fetch)(...request)
  const http = createHttp(ownFetch, observe, secrets)
  const tellLow = ({ name, ...left }: LowLimit) => events.emit('budget.low', () => ({ name, ...inUsd(left) }))
  return Object.freeze({
    ...rest,
    limits,
    domain: new URL(origin).hostname,
    payWith,
    ledger: createLedger(
      createCells(store, instant),
      { origin, payer: payer?.address },
      limits,
      clock.now,
      tellLow,
    ),
    http,
    fetch: carry,
    read: instant ? http : limited(http, createSemaphore(concurrency.reads)),
    paymentSlots: createSemaphore(concurrency.payments),
    clock,
    instant,
    secrets,
    events,
    random: () => Math.random(),
    signIn: { ownProofs: true },
    keptOffers: new Map(),
    uploads: new Map(),
    crowd: { members: new Set(), sweep: undefined, trusted: true },
  })
}

/** What a volatile store has counted ends with the process: that must not go unnoticed. */
function warnOnce(events: Events, limits: Limits): void {
  const overTime = limitsOverTime(limits)
  if (overTime.length === 0) return
  const off = events.on('payment.reserved', () => {
    off()
    events.emit('limits.volatile', () => ({ limits: overTime }))
  })
}

/** Time in the queue counts toward the request's timeout. */
function limited(http: Http, reads: Semaphore): Http {
  return async (request) => {
    const deadline = createDeadline(request.timeoutMs, request.signal)
    const send = () => http({ ...request, timeoutMs: Math.max(1, deadline.left()) })
    const reason = () => (request.signal?.aborted ? 'aborted' : 'timeout')
    return (await reads.run(send, deadline)) ?? { kind: 'failure', reason: reason(), cause: undefined }
  }
}
