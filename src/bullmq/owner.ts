// Whose queue it is: one wallet pays for all of it, from one ledger. Kept in a job that never runs.
import type { Queue } from 'bullmq'
import { InvalidInputError, type StableStudioError } from '../index.ts'
import type { Studio } from './crew.ts'

/** A payment of this queue that every worker's ledger must know. */
type Beacon = { key: string; at: number }
type OwnerData = { payer: string; beacon?: Beacon }
export type OwnerQueue = Queue<OwnerData>

const id = 'owner'
/** No ledger forgets a payment sooner. */
const believedMs = 23 * 60 * 60_000
const renewedMs = 10 * 60_000

/** @throws {InvalidInputError} when the queue belongs to another wallet, or its payments are in another store. */
export async function claim(queue: OwnerQueue, studio: Studio): Promise<void> {
  const payer = studio.payer ?? ''
  // An id that exists is left as it is, so the first one stays.
  await queue.add(id, { payer }, { jobId: id })
  const { payer: owner, beacon } = (await queue.getJob(id))?.data ?? { payer }
  if (owner !== payer) {
    throw refused(
      `this queue is paid by ${owner}, and this client pays with ${payer}`,
      'Use the same wallet in all workers of a queue, or another `name`.',
    )
  }
  if (!beacon || Date.now() - beacon.at > believedMs) return
  if (!(await studio.payment({ idempotencyKey: beacon.key }))) throw notShared()
}

/** Leaves a payment for the next workers to compare their ledgers with. */
export function createBeacon(queue: OwnerQueue, payer: string): (key: string) => void {
  let leftAt = 0
  return (key) => {
    const at = Date.now()
    if (at - leftAt < renewedMs) return
    leftAt = at
    queue
      .getJob(id)
      .then((job) => job?.updateData({ payer, beacon: { key, at } }))
      .catch(() => {
        leftAt = 0
      })
  }
}

/** Until it has seen a payment of another process in its own ledger, a worker asks its ledger for each one. */
export function createWitness(studio: Studio) {
  const own = new Set<string>()
  let proven = false
  return {
    paid: (key: string) => {
      if (!proven) own.add(key)
    },
    /** @throws {StableStudioError} when the ledger does not know a payment that was made for this queue. */
    async collected(key: string, since: number): Promise<void> {
      if (proven || own.delete(key) || Date.now() - since > believedMs) return
      if (!(await studio.payment({ idempotencyKey: key }))) throw notShared()
      proven = true
      own.clear()
    },
  }
}

function notShared(): StableStudioError {
  return refused(
    "payments of this queue are not in this client's `store`, so a generation that runs twice could be paid twice",
    'Give all workers of a queue the same store, such as redisStore(client) on one Redis.',
  )
}

function refused(message: string, hint: string): InvalidInputError {
  return new InvalidInputError('These workers may not pay for this queue.', {
    code: 'invalid_config',
    issues: [{ path: 'studio', message }],
    hint: `This process pays nothing. ${hint}`,
  })
}
