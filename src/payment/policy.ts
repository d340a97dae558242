// What may be paid: checks the price against list price and caps, the payee against the pin, and asks for approval.
import { findOperation, listPriceOf } from '../catalogue/operations.ts'
import { suggestOperation } from '../catalogue/suggest.ts'
import type { ErrorCode } from '../errors/facts.ts'
import { ApprovalDeniedError, InvalidInputError, OfferRefusedError } from '../errors.ts'
import { safeText } from '../internal/text.ts'
import { type Deadline, within } from '../internal/time.ts'
import { formatUsd, parseUsd } from '../internal/usd.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { live } from '../methods/live-payee.ts'
import { isSameAddress, type Offer, type PaymentMethod } from '../methods/method.ts'
import type { Approve, ProposedPayment } from '../types.ts'

/** An offer may cost up to this share of the list price, which may be out of date. */
const listToleranceHundredths = 125n

/** How long `approve` may take: it may have to reach a person. */
const approvalTimeoutMs = 10 * 60_000

/**
 * @param maxPrice in atomic units; replaces the list price as the guard.
 * @throws {OfferRefusedError} `price_above_max` or `price_above_list`.
 */
export function checkPrice(
  operation: string,
  input: Record<string, unknown>,
  amount: bigint,
  maxPrice: bigint | undefined,
): void {
  checkCap(amount, maxPrice)
  if (maxPrice !== undefined) return
  const asked = formatUsd(amount)
  const listed = listPriceOf(operation, input)?.max
  const ceiling = ((parseUsd(listed ?? '') ?? 0n) * listToleranceHundredths) / 100n
  if (!listed || amount <= ceiling) return
  const known = `this input is listed at up to $${listed}, and at most $${formatUsd(ceiling)} is paid without maxPrice`
  throw tooDear(
    'price_above_list',
    `It asks for $${asked}; ${known}.`,
    'A price of $10 or more often means that the service could not read the input. If the price is right, pass `maxPrice`.',
  )
}

/** @throws {OfferRefusedError} `price_above_max`, when the amount exceeds what is left of `maxPrice`. */
export function checkCap(amount: bigint, maxPrice: bigint | undefined): void {
  if (maxPrice === undefined || amount <= maxPrice) return
  throw tooDear(
    'price_above_max',
    `It asks for $${formatUsd(amount)}; $${formatUsd(maxPrice)} is left of maxPrice.`,
    'If the price is right, raise `maxPrice`.',
  )
}

function tooDear(code: ErrorCode, details: string, advice: string): OfferRefusedError {
  const hint = `Nothing was signed. ${advice}`
  return new OfferRefusedError('The service asks for more than this call may cost.', { code, details, hint })
}

/** Without a list price, only the caller can set a maximum. */
export function requireMaxPrice(operation: string, maxPrice: bigint | undefined): void {
  if (maxPrice !== undefined || operation === 'upload' || findOperation(operation)) return
  const known = suggestOperation(operation)
  const message = "is required for operations this version does not know, in USD, such as '0.50'"
  throw new InvalidInputError(`This version does not know ${safeText(operation)}. ${known}`.trim(), {
    code: 'max_price_required',
    issues: [{ path: 'maxPrice', message }],
    hint: 'Nothing was sent. Correct the name, or pass `maxPrice`; `quote` shows the price without paying.',
  })
}

export type Offered = { offer: Offer; method?: PaymentMethod | undefined }

export type PayeePolicy = { payees: readonly string[] | undefined; ledger: Ledger; origin?: string }

/** @throws {OfferRefusedError} when the payee is not allowed, or is not the known or pinned one. Pins nothing. */
export async function checkPayee(policy: PayeePolicy, offered: Offered, payer?: string): Promise<void> {
  const { offer, method } = offered
  if (payer && isSameAddress(method, offer.payTo, payer)) {
    throw wrongPayee('payee_not_allowed', 'It wants the wallet to pay itself.')
  }
  if (policy.payees) {
    if (policy.payees.some((payee) => isSameAddress(method, payee, offer.payTo))) return
    throw wrongPayee('payee_not_allowed', `It asks to pay ${offer.payTo}, which is not in \`payees\`.`)
  }
  const known = knownPayeeOf(policy, offer)
  if (known !== undefined) return compareKnown(known, offered)
  const pinned = await policy.ledger.pinnedPayee(offer.network)
  if (pinned !== undefined) comparePin(pinned, offered)
}

/**
 * Pins the payee of the first payment. Resolves to whether this was the first. A pin never overrides the known payee:
 * it may date from a version that did not know it.
 */
export async function pinPayee(policy: PayeePolicy, offered: Offered): Promise<boolean> {
  if (policy.payees) return false
  const { offer } = offered
  const known = knownPayeeOf(policy, offer)
  if (known !== undefined) compareKnown(known, offered)
  const { payTo, pinned } = await policy.ledger.pinPayee(offer.network, offer.payTo)
  if (known === undefined) comparePin(payTo, offered)
  return pinned
}

function knownPayeeOf({ origin }: PayeePolicy, { network }: Offer): string | undefined {
  return origin === live.origin && Object.hasOwn(live.payees, network) ? live.payees[network] : undefined
}

function compareKnown(known: string, { offer, method }: Offered): void {
  if (isSameAddress(method, known, offer.payTo)) return
  const details = `It asks to pay ${offer.payTo}, but the payee of ${live.origin} is ${known}. \`payees\` overrides that.`
  throw wrongPayee('payee_changed', details)
}

function comparePin(pinned: string, { offer, method }: Offered): void {
  if (isSameAddress(method, pinned, offer.payTo)) return
  throw wrongPayee('payee_changed', `It asks to pay ${offer.payTo}; payments have gone to ${pinned} so far.`)
}

function wrongPayee(code: 'payee_not_allowed' | 'payee_changed', details: string): OfferRefusedError {
  return new OfferRefusedError('The offer pays someone else.', {
    code,
    details,
    hint: 'Nothing was signed. If StableStudio announced the new address, pass it in `payees`.',
  })
}

/** @throws {ApprovalDeniedError} unless the hook returns exactly `true` in time. */
export async function askApproval(
  approve: Approve | undefined,
  payment: ProposedPayment,
  deadline: Deadline,
): Promise<void> {
  if (!approve) return
  const ask = async () => approve(Object.freeze({ ...payment }))
  let answer: unknown
  try {
    const patience = Math.min(approvalTimeoutMs, deadline.left())
    answer = await within(ask(), patience, deadline, () => denied('It did not answer in time.'))
  } catch (cause) {
    if (deadline.signal?.aborted || cause instanceof ApprovalDeniedError) throw cause
    throw denied('It threw an error; see `cause`.', { cause })
  }
  if (answer !== true) throw denied(answer === false ? undefined : 'It did not answer `true`.')
}

function denied(details?: string, facts: { cause?: unknown } = {}): ApprovalDeniedError {
  return new ApprovalDeniedError('The payment was not approved.', {
    phase: 'sign',
    details,
    hint: 'Nothing was signed and nothing was paid. `approve` must return `true` to allow a payment.',
    ...facts,
  })
}
