// What every action works on: the config plus shared state, created once per client.

import type { Config } from './config.ts'
import type { Events } from './events.ts'
import { createHttp, type Http } from './internal/http.ts'
import { createSecrets, type Secrets } from './internal/secrets.ts'
import { createSemaphore, type Semaphore } from './internal/semaphore.ts'
import { createDeadline, createServiceClock, type ServiceClock } from './internal/time.ts'
import { createCells } from './ledger/cells.ts'
import { createLedger, type Ledger } from './ledger/ledger.ts'
import { memoryStore } from './ledger/store.ts'
import type { PaymentMethod, PricedOffer } from './methods/method.ts'
import { x402 } from './methods/x402/x402.ts'
import type { Upload } from './types.ts'

export type Context = Omit<Config, 'store' | 'limits' | 'fetch' | 'payWith' | 'concurrency'> & {
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
}

export function createContext(config: Config, events: Events): Context {
  const {
    store = memoryStore(),
    limits,
    fetch: customFetch,
    payWith = [x402()],
    concurrency,
    ...rest
  } = config
  const { origin, baseUrl, payer } = rest
  const clock = createServiceClock((skewMs) => events.emit('clock.skewed', () => ({ skewMs })))
  const secrets = createSecrets()
  const observe = (url: string, headers: Headers, sentAt: number) => {
    // Other hosts (assets, blobs, RPC) have their own clocks.
    if (url.startsWith(`${baseUrl}/`)) clock.observe(headers, sentAt)
  }
  // Never called as a method: a browser's `fetch` would throw.
  const carry: typeof fetch = (...request) => (customFetch ?? fetch)(...request)
  const http = createHttp(customFetch, observe, secrets)
  return Object.freeze({
    ...rest,
    domain: new URL(origin).hostname,
    payWith,
    ledger: createLedger(createCells(store), { origin, payer: payer?.address }, limits, clock.now),
    http,
    fetch: carry,
    read: limited(http, createSemaphore(concurrency.reads)),
    paymentSlots: createSemaphore(concurrency.payments),
    clock,
    secrets,
    events,
    random: () => Math.random(),
    signIn: { ownProofs: true },
    keptOffers: new Map(),
    uploads: new Map(),
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
