// What every action works on: the config with the machinery behind it, made once for a client.
import type { Config } from './config.ts'
import type { Events } from './events.ts'
import { createHttp, type Http } from './internal/http.ts'
import { createServiceClock, type ServiceClock } from './internal/time.ts'
import { createCells } from './payment/cells.ts'
import { createLedger, type Ledger } from './payment/ledger.ts'
import type { PaymentMethod } from './payment/method.ts'
import { memoryStore } from './payment/store.ts'
import { x402 } from './payment/x402.ts'
import type { Upload } from './types.ts'

export type Context = Omit<Config, 'store' | 'limits' | 'fetch' | 'payWith'> & {
  readonly payWith: readonly PaymentMethod[]
  readonly ledger: Ledger
  readonly http: Http
  readonly clock: ServiceClock
  readonly events: Events
  /** What this client learned: whether the service takes the client's own sign-in proofs. */
  readonly signIn: { ownProofs: boolean }
  /** Uploads under way, by the hash of their bytes: equal ones share one payment. */
  readonly uploads: Map<string, Promise<Upload>>
}

export function createContext(config: Config, events: Events): Context {
  const { store = memoryStore(), limits, fetch, payWith = [x402()], ...rest } = config
  const { origin, baseUrl, wallet } = rest
  const clock = createServiceClock((skewMs) => events.emit('clock.skewed', { skewMs }))
  return Object.freeze({
    ...rest,
    payWith,
    ledger: createLedger(createCells(store), { origin, payer: wallet?.address }, limits),
    http: createHttp(fetch, (url, headers, sentAt) => {
      // Other hosts (assets, blobs, RPC) have clocks of their own.
      if (url.startsWith(`${baseUrl}/`)) clock.observe(headers.get('date'), sentAt)
    }),
    clock,
    events,
    signIn: { ownProofs: true },
    uploads: new Map(),
  })
}
