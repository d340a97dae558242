// What the answer to a paid request decides: accepted, refused without charge, or undecided; and so what became of the
// attempt, as far as this process knows. Every step of a payment resolves to such an outcome.
import type { RejectionCategory } from '../errors.ts'
import { type HttpAnswer, type HttpResult, isRedirect, isSuccess } from '../internal/http.ts'
import { own, ownString } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import type { Delivery } from '../ledger/ledger.ts'
import { type AttemptRecord, uploadTicket } from '../ledger/records.ts'
import type { PaymentMethod, Settlement } from '../methods/method.ts'
import { isJobId, isWordOfService, refusedInput } from '../service/requests.ts'
import type { Protocol } from '../types.ts'

/** The money may have moved. */
export type Unclear = {
  kind: 'unclear'
  /** A sentence without its full stop. */
  why: string
  /** Whether the service is done with the request. */
  answered: boolean
  /** Whether the service says that the money has moved. */
  alreadyPaid: boolean
  slow?: boolean
}

/** Nothing was charged. */
export type Refusal = { kind: 'invalid' } | { kind: 'rejected'; reason: string; category: RejectionCategory }

export type Verdict = { kind: 'accepted'; delivery: Delivery } | Refusal | Unclear

/** Paid. The record says what for. */
export type Settled = {
  kind: 'settled'
  record: AttemptRecord
  how: 'job-found' | 'replayed' | 'written-off'
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

/** Whether the service says that nothing was charged. */
export function isRefusal(verdict: Verdict): verdict is Refusal {
  return verdict.kind === 'invalid' || verdict.kind === 'rejected'
}

/**
 * Reasons come in three vocabularies (x402 specification §9, `@x402/evm`, CDP), so they are grouped into categories.
 * A reason in none of them decides nothing.
 */
const categories: readonly [RejectionCategory, RegExp][] = [
  ['replay', /nonce_already_used|duplicate_settlement|settlement_pending|already_(used|settled)/],
  ['compliance', /kyt|blocked_by_location|self_send/],
  ['funds', /insufficient_(funds|balance)/],
  ['time', /valid_(before|after)|deadline|expired/],
  [
    'price',
    /requirements_mismatch|value_mismatch|authorization_value|amount|recipient_mismatch|invalid_payment_requirements/,
  ],
  [
    'signature',
    /signature|eip712_domain|token_(name|version)|malformed_payment|invalid_(payload|scheme|network|x402_version)|typed_data|exact_evm_(scheme|network|extra_field|payload$)|unsupported|not_supported|undeployed/,
  ],
]

/** A simulation or transaction may have failed because the payment had already gone through. */
const undecided = /simulation|transaction_(failed|state)|settle_|unknown|unexpected|confirmation/

/** The category of a facilitator's reason; `undefined` when the reason does not decide. */
export function categoryOf(reason: string): RejectionCategory | undefined {
  const name = reason.toLowerCase()
  if (undecided.test(name)) return undefined
  return categories.find(([, pattern]) => pattern.test(name))?.[0]
}

/**
 * Reads the result of a paid request.
 *
 * @param read reads what a successful answer delivers; `undefined` if it is not what was paid for.
 * @param decide what the method says of a refusal.
 */
export function judge(
  result: HttpResult,
  settlement: Settlement | undefined,
  read: (body: unknown) => Delivery | undefined,
  decide?: PaymentMethod['decide'],
): Verdict {
  if (result.kind === 'failure') {
    // Once a status has arrived the service is done with the request, even if the body cannot be read.
    const why = `No readable answer arrived (${result.reason})`
    if (settlement?.success) return paidFor(`${why}, but a receipt of success did`)
    const verdict = unclear(why, result.status !== undefined)
    return result.reason === 'timeout' ? { ...verdict, slow: true } : verdict
  }
  const delivery = isSuccess(result) ? read(result.json()) : undefined
  if (delivery) return { kind: 'accepted', delivery }
  // The best evidence there is: whatever the status, the money has moved.
  if (settlement?.success) return paidFor(`The answer was HTTP ${result.status} with a receipt of success`)
  return judgeRefusal(result, settlement, decide)
}

function judgeRefusal(
  answer: HttpAnswer,
  settlement: Settlement | undefined,
  decide: PaymentMethod['decide'],
): Verdict {
  const { status } = answer
  const body = answer.json()
  const said = ownString(body, 'reason') ?? ''
  const isRefusal = refusedInput.includes(status) && isWordOfService(answer)
  // An answer about the payment, with any kind of receipt or a replay reason, is judged like a 402.
  const reason = said || settlement?.reason || ''
  const category = decided(reason, ownString(body, 'error') ?? '', decide)
  if (isRefusal && !settlement && category !== 'replay') return { kind: 'invalid' }
  if (isRefusal || status === 402) return refused(status, { reason, category }, settlement)
  if (isSuccess(answer)) return unclear('The answer did not contain what was paid for')
  if (isRedirect(status)) return unclear('The answer was a redirect')
  const error = ownString(body, 'error') === 'Settlement failed' ? ' (settlement failed)' : ''
  return unclear(`The answer was HTTP ${status}${error}`)
}

/** The method knows its facilitators' words; the reasons of x402 are known here. */
function decided(
  reason: string,
  text: string,
  decide: PaymentMethod['decide'],
): RejectionCategory | undefined {
  const category = decide?.(reason, text) ?? categoryOf(reason)
  return category === 'undecided' ? undefined : category
}

/** A refusal counts only with a decisive reason, and never while a transaction may still confirm. */
function refused(
  status: number,
  { reason, category }: { reason: string; category: RejectionCategory | undefined },
  settlement: Settlement | undefined,
): Verdict {
  if (category === 'replay') {
    return paidFor('The service says that the payment was already used')
  }
  if (category && !settlement?.transaction && !settlement?.pending)
    return { kind: 'rejected', reason, category }
  if (!reason && status === 402) return unclear('The answer was another payment challenge')
  return unclear(
    `The answer was HTTP ${status} (${safeText(reason.slice(0, 80)) || 'with a receipt of failure'})`,
  )
}

/** The money has moved, but the answer does not contain what it bought. */
export function paidFor(why: string): Unclear {
  return { kind: 'unclear', why, answered: true, alreadyPaid: true }
}

export function unclear(why: string, answered = true): Unclear {
  return { kind: 'unclear', why, answered, alreadyPaid: false }
}

export function readAcceptedJob(body: unknown): Delivery | undefined {
  const jobId = ownString(body, 'jobId')
  if (!isJobId(jobId) || own(body, 'success') === false) return undefined
  const pollUrl = ownString(body, 'pollUrl')
  return { jobId, ...(pollUrl !== undefined && { pollUrl }) }
}

export function readTicket(body: unknown): Delivery | undefined {
  const parsed = uploadTicket.safeParse(body)
  return parsed.success ? { ticket: parsed.data } : undefined
}
