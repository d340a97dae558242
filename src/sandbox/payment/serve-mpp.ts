// A paid route by MPP, in the order of the real router: pulled transactions are sent after the handler ran.
import type { World } from '../state/world.ts'
import { type Answer, crashed, failure } from '../wire/messages.ts'
import type { MppCharge } from './mpp-challenger.ts'
import { type MppCredential, readMppCredential } from './mpp-credential.ts'
import { type Charge, unpaid } from './offers.ts'
import { delivered, type PaidRoute, type Twist } from './route.ts'
import { claimPush, mppReceipt, settlePull } from './verify-mpp.ts'

/** A request that pays by MPP, with its body read. */
type MppRequest = { route: PaidRoute; body: Record<string, unknown>; charge: Charge; header: string }

export async function serveMpp(world: World, request: MppRequest, twist?: Twist): Promise<Answer> {
  const credential = readMppCredential(request.header)
  if (!credential) return crashed()
  const { amount, url } = request.charge
  const charge = { realm: url.host, amount, recipient: world.settings.payTo }
  // The router gives no reason: a refused credential is answered like a missing one.
  const refuse = () => unpaid(world, request.charge)
  if (twist === 'rejected') return refuse()
  if (credential.type === 'transaction') {
    return (await wouldRevert(world, credential))
      ? refuse()
      : servePull(world, request, credential, charge, twist)
  }
  return credential.type === 'hash' ? servePush(world, request, credential, charge, twist) : refuse()
}

/**
 * Before the handler the router asks a node whether the transaction would succeed; what it pays for is checked at
 * settlement. The sandbox's node checks time and balance, but not whether the transaction was taken before: then there is
 * a second job, and its settlement fails. What a real Tempo node says in that case is not known.
 */
async function wouldRevert(world: World, { proof }: MppCredential): Promise<boolean> {
  const transaction = proof ? await world.tempo.read(proof) : undefined
  return !transaction || world.tempo.simulate(transaction) !== undefined
}

async function servePull(
  world: World,
  { route, body, charge: { url } }: MppRequest,
  credential: MppCredential,
  charge: MppCharge,
  twist: Twist | undefined,
): Promise<Answer> {
  const made = route.handle(body, credential.wallet, url.origin)
  const { settleMs, clock, pause } = world.settings
  await pause(settleMs)
  const purpose = { operation: route.operation, jobId: made.jobId }
  const settled =
    twist === 'settlement-failed'
      ? 'transaction reverted on-chain after handler execution'
      : await settlePull(world, credential, charge, purpose)
  if (twist || typeof settled === 'string') {
    return failure(500, `MPP payment failed: ${typeof settled === 'string' ? settled : 'no receipt'}`)
  }
  return delivered(made, { 'payment-receipt': mppReceipt(settled.transaction, clock.now()) })
}

async function servePush(
  world: World,
  { route, body, charge: asked }: MppRequest,
  credential: MppCredential,
  charge: MppCharge,
  twist: Twist | undefined,
): Promise<Answer> {
  if (twist) return failure(500, 'MPP payment processing failed: no answer of the node')
  const claimed = await claimPush(world, credential, charge)
  if (typeof claimed === 'string') return unpaid(world, asked)
  const made = route.handle(body, credential.wallet, asked.url.origin)
  world.tempo.assign(claimed.hash, { operation: route.operation, jobId: made.jobId })
  return delivered(made, { 'payment-receipt': mppReceipt(claimed.hash, world.settings.clock.now()) })
}
