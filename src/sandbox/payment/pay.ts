// A paid route, in the order of the real library: body → challenge → verify → handler → settle.
import { getAddress } from 'viem'
import { encodeJson } from '../../internal/base64.ts'
import type { Settlement } from '../state/types.ts'
import type { World } from '../state/world.ts'
import { type Answer, bodyText, crashed, failure, type Incoming } from '../wire/messages.ts'
import { mppHeader } from './mpp-credential.ts'
import { createOffers, rejected, unpaid } from './offers.ts'
import { priceOf } from './prices.ts'
import { delivered, type Made, type PaidRoute, parseBody, type Twist } from './route.ts'
import { serveMpp } from './serve-mpp.ts'
import type { VerifiedTransfer } from './verify-svm.ts'
import { type Verdict, type VerifiedPayment, verifyPayment, windowReason } from './verify-x402.ts'

export async function servePaid(
  world: World,
  route: PaidRoute,
  incoming: Incoming,
  twist?: Twist,
): Promise<Answer> {
  const { operation, description, tag, schema } = route
  const { body, error, issues } = parseBody(bodyText(incoming), schema)
  const amount = (body && priceOf(operation, body, world.settings.price)) ?? route.ceiling
  const charge = { url: incoming.url, description, tag, amount, schema }
  const header = paymentHeader(incoming.headers)
  const credential = mppHeader(incoming.headers)
  if (!header && credential === null) return unpaid(world, charge)
  if (!body) return failure(400, error, { issues })
  // With both, the router prefers x402.
  if (!header) return serveMpp(world, { route, body, charge, header: credential ?? '' }, twist)
  const offers = createOffers(world, amount)
  const payment = await verifyPayment(header, offers, world)
  if (!payment) return crashed()
  if (twist === 'rejected') return rejected(world, charge, ...poor(payment))
  if ('reason' in payment) return rejected(world, charge, payment.reason, payment.detail)
  const payer = 'transfer' in payment ? payment.transfer.from : getAddress(payment.authorization.from)
  const made = route.handle(body, payer, incoming.url.origin)
  const settlement = twist === 'settlement-failed' ? undefined : await settle(world, route, payment, made)
  if (!settlement || twist) return failure(500, 'Settlement failed')
  const { transaction, network } = settlement
  const paidBy = 'transfer' in payment ? payer : payment.authorization.from
  const receipt = encodeJson({ success: true, payer: paidBy, transaction, network })
  return delivered(made, { 'payment-response': receipt })
}

/** The reason for a payer without funds, and its text. */
function poor(payment: Verdict): [reason: string, detail?: string] {
  if (payment && ('transfer' in payment || ('reason' in payment && payment.reason.includes('svm'))))
    return [
      'invalid_exact_svm_transaction_simulation_failed',
      'Simulation failed: {"InstructionError":["2",{"Custom":"1"}]}',
    ]
  return ['invalid_exact_evm_insufficient_balance']
}

/** Whether a request carries a payment by either protocol. */
export function isPaid(headers: Headers): boolean {
  return paymentHeader(headers) !== null || mppHeader(headers) !== null
}

/** The header that carries an x402 payment. */
export function paymentHeader(headers: Headers): string | null {
  return headers.get('payment-signature') ?? headers.get('x-payment')
}

/** Window, nonce and balance may have changed since the verification, so they are checked again. */
async function settle(
  world: World,
  route: PaidRoute,
  payment: VerifiedPayment | VerifiedTransfer,
  made: Made,
): Promise<Settlement | undefined> {
  const { settleMs, clock, pause } = world.settings
  await pause(settleMs)
  const purpose = { operation: route.operation, jobId: made.jobId }
  if ('transfer' in payment) {
    const sent = world.solana.transfer(payment.transfer, purpose)
    return typeof sent === 'object' && 'transaction' in sent ? sent : undefined
  }
  if (windowReason(payment.authorization, clock.now())) return undefined
  const result = world.chain.transfer(payment.authorization, purpose)
  return typeof result === 'string' ? undefined : result
}
