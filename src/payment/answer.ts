// What the answer to a paid request decides: accepted, refused without charge, or nothing at all.
import type { RejectionCategory } from '../errors.ts'
import { type HttpResult, isRedirect } from '../internal/http.ts'
import { own, ownString } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import type { Delivery } from './ledger.ts'
import type { Settlement } from './method.ts'
import { uploadTicket } from './records.ts'

/** The service's word on a paid request. `unclear` means: the money may have moved. */
export type Verdict =
  | { kind: 'accepted'; delivery: Delivery }
  | { kind: 'invalid' }
  | { kind: 'rejected'; reason: string; category: RejectionCategory }
  | { kind: 'unclear'; why: string; answered: boolean; alreadyPaid: boolean; slow?: boolean }

/**
 * Reasons come in three vocabularies (x402 specification §9, `@x402/evm`, CDP), so they are read by category.
 * What is in none of them decides nothing.
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

/** A simulation or transaction that failed may have failed because the payment had gone through before. */
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
 * @param read what a 200's JSON delivers; `undefined` when it is not what was paid for.
 */
export function judge(
  result: HttpResult,
  settlement: Settlement | undefined,
  read: (body: unknown) => Delivery | undefined,
): Verdict {
  if (result.kind === 'failure') {
    // Once a status arrived the service is done with the request, even if its body could not be read.
    const verdict = unclear(`no readable answer (${result.reason})`, result.status !== undefined)
    return result.reason === 'timeout' ? { ...verdict, slow: true } : verdict
  }
  const body = result.json()
  if (result.status === 200) {
    const delivery = read(body)
    return delivery ? { kind: 'accepted', delivery } : unclear('an answer without what was paid for')
  }
  if (result.status === 400) return { kind: 'invalid' }
  if (result.status === 402) return refused(ownString(body, 'reason') ?? '', settlement)
  if (isRedirect(result.status)) return unclear('a redirect')
  const error = ownString(body, 'error') === 'Settlement failed' ? ' (settlement failed)' : ''
  return unclear(`HTTP ${result.status}${error}`)
}

/** A refusal counts only with a reason that decides, and never while a transaction may still be confirmed. */
function refused(said: string, settlement: Settlement | undefined): Verdict {
  const reason = said || settlement?.reason || ''
  const category = categoryOf(reason)
  if (category === 'replay') {
    return { kind: 'unclear', why: 'the payment counts as used already', answered: true, alreadyPaid: true }
  }
  if (category && !settlement?.transaction) return { kind: 'rejected', reason, category }
  return unclear(reason ? `HTTP 402 (${safeText(reason.slice(0, 80))})` : 'another payment challenge')
}

function unclear(why: string, answered = true): Extract<Verdict, { kind: 'unclear' }> {
  return { kind: 'unclear', why, answered, alreadyPaid: false }
}

/** Job ids are opaque, but must be able to stand in a URL and in a record's key. */
const jobIdPattern = /^[A-Za-z0-9_-]+$/
const maxJobId = 128

/** The job that the answer to a paid generation names. */
export function readAcceptedJob(body: unknown): Delivery | undefined {
  const jobId = ownString(body, 'jobId')
  if (!isJobId(jobId) || own(body, 'success') === false) return undefined
  const pollUrl = ownString(body, 'pollUrl')
  return { jobId, ...(pollUrl !== undefined && { pollUrl }) }
}

/** The leave to upload that the answer to a paid upload carries. */
export function readTicket(body: unknown): Delivery | undefined {
  const parsed = uploadTicket.safeParse(body)
  return parsed.success ? { ticket: parsed.data } : undefined
}

export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxJobId && jobIdPattern.test(value)
}
