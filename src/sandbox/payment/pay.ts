// A paid route, in the order of the real library: body → challenge → verify → handler → settle.
import { type Address, getAddress, isAddress } from 'viem'
import { encodeJson } from '../../internal/base64.ts'
import { sleep } from '../../internal/time.ts'
import type { Settlement } from '../state/types.ts'
import type { World } from '../state/world.ts'
import { type Answer, bodyText, crashed, failure, type Incoming, json } from '../wire/messages.ts'
import { mppHeader } from './mpp-credential.ts'
import { createOffers, rejected, unpaid } from './offers.ts'
import type { Made, PaidRoute, Twist } from './route.ts'
import { serveMpp } from './serve-mpp.ts'
import { type VerifiedPayment, verifyPayment, windowReason } from './verify-x402.ts'

export async function servePaid(
  world: World,
  route: PaidRoute,
  incoming: Incoming,
  twist?: Twist,
): Promise<Answer> {
  const { description, tag, schema } = route
  const read = route.read(bodyText(incoming))
  const amount = (read.ok ? route.price(read.body) : undefined) ?? route.ceiling
  const charge = { url: incoming.url, description, tag, amount, schema }
  const header = paymentHeader(incoming.headers)
  const credential = mppHeader(incoming.headers)
  if (!header && credential === null) return unpaid(world, charge)
  if (!read.ok) return failure(400, read.error, { issues: read.issues })
  // With both, the router prefers x402.
  if (!header) return serveMpp(world, { route, body: read.body, charge, header: credential ?? '' }, twist)
  if (twist === 'rejected') return rejected(world, charge, 'invalid_exact_evm_insufficient_balance')
  const verdict = await verifyPayment(
    header,
    createOffers(world, amount),
    world.chain,
    world.settings.clock.now(),
  )
  if (verdict.outcome === 'crash') return crashed()
  if (verdict.outcome === 'refused') return rejected(world, charge, verdict.reason, verdict.detail)
  const { payment } = verdict
  const made = await route.handle(read.body, payment.authorization.from, incoming.url.origin)
  const settlement = twist === 'settlement-failed' ? undefined : await settle(world, route, payment, made)
  if (!settlement || twist) return failure(500, 'Settlement failed')
  return json(made.answer, 200, {
    'cache-control': 'private',
    'payment-response': receipt(payment, settlement),
  })
}

/** The owner of what was paid for. An MPP credential without a source pays too, and then nobody owns it. */
export function ownerOf(payer: string): Address {
  return isAddress(payer, { strict: false }) ? getAddress(payer) : (payer as Address)
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
  payment: VerifiedPayment,
  made: Made,
): Promise<Settlement | undefined> {
  const { settleMs, clock } = world.settings
  await (settleMs > 0 ? sleep(settleMs) : Promise.resolve())
  if (windowReason(payment.authorization, clock.now())) return undefined
  const purpose = { operation: route.operation, jobId: made.jobId }
  const result = world.chain.transfer(payment.authorization, purpose)
  return typeof result === 'string' ? undefined : result
}

function receipt({ authorization }: VerifiedPayment, { transaction, network }: Settlement): string {
  return encodeJson({ success: true, payer: authorization.from, transaction, network })
}
