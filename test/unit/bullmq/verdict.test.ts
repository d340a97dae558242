// What each error of a payment means for its job: the whole table, and that no error after a payment ends it.
import { describe, expect, it } from 'vitest'
import { type Verdict, verdictOf } from '../../../src/bullmq/verdict.ts'
import type { ErrorCode, PaymentState } from '../../../src/errors/facts.ts'
import {
  ApprovalDeniedError,
  InvalidInputError,
  LimitExceededError,
  OfferRefusedError,
  PaymentRejectedError,
  PaymentUnknownError,
  ServiceError,
  StableStudioError,
  StoreError,
  UnknownOperationError,
  WalletError,
} from '../../../src/errors.ts'
import type { Job } from '../../../src/types.ts'

const rules = { onLimit: 'wait', onRefused: 'pause' } as const
const job = { id: 'cjob', attemptId: 'att_1' } as Job
const limit = (code: ErrorCode) =>
  new LimitExceededError('limit', { code, limit: '1', spent: '1', reserved: '0', asked: '1' })
const rejected = (category: PaymentRejectedError['category']) =>
  new PaymentRejectedError('rejected', { reason: 'reason', category })
const refused = (code: ErrorCode) => new OfferRefusedError('refused', { code })
const service = (status: number | undefined) => new ServiceError('service', { code: 'service_error', status })
const later = { kind: 'later', ms: expect.any(Number) }

const table: [name: string, error: unknown, verdict: object][] = [
  ['no answer that decides', new PaymentUnknownError('unknown'), later],
  ['an abort after the payment', new StableStudioError('x', { code: 'aborted', payment: 'unknown' }), later],
  ['an abort before it', new StableStudioError('x', { code: 'aborted' }), later],
  ['a store that failed', new StoreError('x'), later],
  ['a record that cannot be read', new StoreError('x', { code: 'store_corrupt' }), later],
  ['a bug after the payment', new StableStudioError('x', { payment: 'sent' }), later],
  ['a lost job', new StableStudioError('x', { code: 'delivery_lost', payment: 'settled' }), { kind: 'dead' }],
  ['a paid job', new StableStudioError('x', { payment: 'settled', job }), { kind: 'paid', job }],
  ['a lost connection', service(undefined), { ...later, stop: false }],
  ['503', service(503), { ...later, stop: false }],
  ['429', service(429), { ...later, stop: true }],
  ['404', service(404), { kind: 'again' }],
  ['the limit of a day', limit('limit_per_day'), { kind: 'tomorrow' }],
  ['the limit of all', limit('limit_total'), later],
  ['the limit of a call', limit('limit_per_call'), { kind: 'dead' }],
  ['an empty wallet', new WalletError('x', { code: 'insufficient_funds' }), { ...later, pause: true }],
  ['an empty wallet, by the service', rejected('funds'), { ...later, pause: true }],
  ['a refused signature', rejected('signature'), { kind: 'dead' }],
  ['a wallet that does not answer', new WalletError('x', { code: 'wallet_timeout' }), later],
  ['another payee', refused('payee_changed'), { kind: 'dead', pause: true }],
  ['another asset', refused('asset_not_allowed'), { kind: 'dead', pause: true }],
  ['a price above its own limit', refused('price_above_max'), { kind: 'dead', pause: false }],
  ['a wrong input', new InvalidInputError('x', {}), { kind: 'dead' }],
  ['a key of another input', new InvalidInputError('x', { code: 'idempotency_conflict' }), { kind: 'dead' }],
  [
    'no such operation',
    new UnknownOperationError('x', { operation: 'a/b', replacements: [] }),
    { kind: 'dead' },
  ],
  ['a refused approval', new ApprovalDeniedError('x'), { kind: 'dead' }],
  ['a bug before the payment', new StableStudioError('x'), { kind: 'again' }],
  ['what is no error of the client', new TypeError('x'), { kind: 'again' }],
]

describe('an error of a payment', () => {
  it.each(table)('%s', (_, error, verdict) => {
    expect(verdictOf(error, 0, rules)).toEqual(verdict)
  })

  it.each(['sent', 'unknown', 'settled'] satisfies PaymentState[])(
    'never ends a job while the payment is %s, whatever its class',
    (payment) => {
      for (const [name, error] of table) {
        if (!(error instanceof StableStudioError) || error.code === 'delivery_lost') continue
        const moved = Object.assign(Object.create(Object.getPrototypeOf(error)), error, {
          payment,
          job: undefined,
        })
        Object.defineProperty(moved, Symbol.for('stablestudio.error'), { value: true })
        expect(verdictOf(moved, 3, { onLimit: 'fail', onRefused: 'fail' }).kind, name).toBe('later')
      }
    },
  )

  it('is followed by longer and longer pauses, up to a minute', () => {
    const pause = (tries: number) => {
      const verdict = verdictOf(new PaymentUnknownError('x'), tries, rules) as Verdict & { ms: number }
      return verdict.ms
    }
    expect(pause(0)).toBeLessThan(2_600)
    expect(pause(3)).toBeGreaterThan(11_000)
    for (let tries = 0; tries < 2_000; tries += 1) expect(pause(tries)).toBeLessThanOrEqual(75_000)
  })
})
