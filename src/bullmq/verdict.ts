// What an error of a payment means for its job: the table that decides between again, later and the dead letters.
import { isStableStudioError, type Job } from '../index.ts'
import { backOff } from './pace.ts'

export type Verdict =
  /** It is paid all the same. */
  | { kind: 'paid'; job: Job }
  /** The same key after so many ms. `stop`: no worker pays before; `pause`: not before a person has looked. */
  | { kind: 'later'; ms: number; stop?: boolean; pause?: boolean }
  /** When the day of the limits is over. */
  | { kind: 'tomorrow' }
  /** A few times more. */
  | { kind: 'again' }
  /** For good: to the dead letters. */
  | { kind: 'dead'; pause?: boolean }

type Rules = { onLimit: 'wait' | 'fail'; onRefused: 'pause' | 'fail' }

/** Until what only a person, or time, can change is tried again. */
const slowlyMs = 60_000
/** These depend on the input, or on the moment: the next generation may be offered something else. */
const ownRefusals: readonly string[] = [
  'price_above_list',
  'price_above_max',
  'price_changed',
  'offer_expired',
]
const passing: readonly number[] = [408, 425, 429]

/** @param tries how often this generation was begun before. */
export function verdictOf(error: unknown, tries: number, rules: Rules): Verdict {
  if (!isStableStudioError(error)) return { kind: 'again' }
  const { code, payment, job } = error
  const soon = { kind: 'later', ms: backOff(tries + 1) } as const
  if (payment === 'settled' && job) return { kind: 'paid', job }
  if (code === 'delivery_lost') return { kind: 'dead' }
  // Never failed while the money may have moved: the same key goes on with the same payment.
  if (payment === 'sent' || payment === 'unknown' || payment === 'settled') return soon
  if (code === 'aborted' || code === 'store_failed' || code === 'store_corrupt' || code === 'timeout')
    return soon
  if (code === 'insufficient_funds') return { ...soon, ms: slowlyMs, pause: true }
  switch (error.name) {
    case 'LimitExceededError':
      // No day makes a price smaller.
      if (rules.onLimit === 'fail' || code === 'limit_per_call') return { kind: 'dead' }
      if (code === 'limit_per_day') return { kind: 'tomorrow' }
      return { kind: 'later', ms: slowlyMs * (1 + Math.random() / 4) }
    case 'PaymentRejectedError':
      return error.category === 'funds' ? { ...soon, ms: slowlyMs, pause: true } : { kind: 'dead' }
    case 'OfferRefusedError':
      return { kind: 'dead', pause: rules.onRefused === 'pause' && !ownRefusals.includes(code) }
    case 'InvalidInputError':
    case 'UnknownOperationError':
    case 'ApprovalDeniedError':
      return { kind: 'dead' }
    case 'ServiceError': {
      const { status = 500 } = error
      if (status >= 400 && status < 500 && !passing.includes(status)) return { kind: 'again' }
      return { ...soon, stop: status === 429 }
    }
    case 'WalletError':
    case 'SignInError':
      return soon
    default:
      return { kind: 'again' }
  }
}
