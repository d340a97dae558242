// The errors that end a paid call: refused without charge, provably not charged, or undecided.

import type { Call } from '../call.ts'
import { abortedError } from '../errors/aborted.ts'
import { adviceAfterPayment } from '../errors/facts.ts'
import {
  OfferRefusedError,
  PaymentRejectedError,
  PaymentUnknownError,
  ServiceError,
  type StableStudioError,
  WalletError,
} from '../errors.ts'
import type { HttpResult } from '../internal/http.ts'
import { networkName } from '../internal/networks.ts'
import { formatUsd } from '../internal/usd.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { refusalOf, requestIdOf, saidBy } from '../service/refusals.ts'
import { uploadPath } from '../service/requests.ts'
import type { Protocol } from '../types.ts'
import type { Refusal } from './answer.ts'

const hints: Record<PaymentRejectedError['category'], string> = {
  funds: 'The wallet holds enough by now: call again.',
  signature: 'Check that the wallet is a plain account (EOA) and on the right chain.',
  time: "Check this machine's clock, then call again.",
  price: 'The price or the payee has changed since the quote: call again to see the new one.',
  compliance: 'The facilitator does not serve this wallet or place. Do not retry.',
  replay: 'Call recover(): this authorization seems to have been used already.',
}

export function rejectedError(
  record: AttemptRecord,
  verdict: Refusal,
  result: HttpResult,
  { secrets, held }: { secrets: readonly string[]; held?: bigint | undefined },
): StableStudioError {
  const facts = { phase: 'pay', payment: 'rejected', attemptId: record.id, safeToRetry: true } as const
  if (verdict.kind === 'invalid' && result.kind === 'answer') {
    const { operation, origin } = record
    return refusalOf(result, { operation, secrets, baseUrl: origin }, { ...facts, code: 'invalid_input' })
  }
  const category = verdict.kind === 'rejected' ? verdict.category : 'signature'
  if (category === 'funds' && held !== undefined && held < BigInt(record.amount)) {
    const code = 'insufficient_funds'
    return new WalletError('The wallet does not hold enough USDC.', {
      ...facts,
      code,
      ...lackingFunds(record, held),
    })
  }
  return new PaymentRejectedError('The payment was refused; nothing was charged.', {
    ...facts,
    ...(result.kind === 'answer' && requestIdOf(result)),
    code: 'payment_rejected',
    reason: verdict.kind === 'rejected' ? verdict.reason : 'invalid_input',
    category,
    ...(category === 'funds' && held === undefined
      ? lackingFunds(record)
      : { details: result.kind === 'answer' ? saidBy(result, secrets) : undefined, hint: hints[category] }),
  })
}

/** The facilitator's own words add nothing: which wallet lacks what, and where, is known here. */
function lackingFunds({ payer, amount, network }: AttemptRecord, held?: bigint) {
  const [price, where] = [BigInt(amount), networkName(network)]
  return {
    details:
      held === undefined
        ? `The wallet ${payer} holds less than the $${formatUsd(price)} in USDC that this costs on ${where}.`
        : `The wallet ${payer} holds $${formatUsd(held)} in USDC on ${where}, and this costs $${formatUsd(price)}: $${formatUsd(price - held)} is missing.`,
    hint: `Send USDC on ${where} to ${payer}, then call again.`,
  }
}

/** The call timed out before its payment began. */
export function noSlot(): ServiceError {
  return new ServiceError("The call timed out while waiting for this client's other payments.", {
    code: 'timeout',
    phase: 'quote',
    safeToRetry: true,
    hint: 'Nothing was paid. `concurrency` sets how many payments may be in progress at once.',
  })
}

export function otherProtocol(refused: Protocol, offered: Protocol): OfferRefusedError {
  return new OfferRefusedError('The service now asks for another payment protocol.', {
    code: 'no_usable_offer',
    details: `Refused: ${refused}. Offered: ${offered}.`,
    hint: 'The refused payment was not charged, and no other was signed. Call again to pay what is offered now.',
  })
}

export function deadError(record: AttemptRecord): StableStudioError {
  return new PaymentRejectedError('The payment was sent, but never settled.', {
    attemptId: record.id,
    reason: 'authorization_expired',
    category: 'time',
    details: 'The authorization expired unused, according to the chain or the job list.',
    hint: 'Nothing was charged. Call again when the service is up.',
  })
}

export function deliveryLost(record: AttemptRecord): StableStudioError {
  const isUpload = record.path === uploadPath
  return new ServiceError('The payment was made, but the answer with what it bought was lost.', {
    code: 'delivery_lost',
    phase: isUpload ? 'upload' : 'pay',
    payment: 'settled',
    safeToRetry: false,
    attemptId: record.id,
    details: `$${formatUsd(BigInt(record.amount))} counts as spent${transactionOf(record)}.`,
    hint: isUpload
      ? 'Its ticket can no longer be retrieved. A later upload of these bytes buys a new one.'
      : 'Report it to the service with the transaction; payments() shows it.',
  })
}

function transactionOf({ receipt }: AttemptRecord): string {
  return receipt?.transaction ? ` (transaction ${receipt.transaction})` : ''
}

const unknown = 'The payment was sent, and no answer says what became of it.'

export function undecidedError(
  record: AttemptRecord,
  why: string,
  call: Pick<Call, 'deadline'>,
  cause?: unknown,
): StableStudioError {
  const settled = record.final && record.receipt !== undefined
  const facts = { phase: 'pay', payment: settled ? 'settled' : 'unknown', attemptId: record.id } as const
  if (call.deadline.signal?.aborted) return abortedError(call.deadline, facts)
  const keyed = record.idempotencyKey !== undefined
  const said = settled ? 'The payment was made, but its job is not known yet.' : unknown
  return new PaymentUnknownError(said, {
    ...facts,
    code: 'payment_unknown',
    safeToRetry: keyed,
    details: `${why}${transactionOf(record)}.`,
    ...(cause !== undefined && { cause }),
    hint: adviceAfterPayment({ keyed, isUpload: record.path === uploadPath }),
  })
}
