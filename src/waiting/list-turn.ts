// The requests for the job list: each is counted against the cap of one of the waits that the list stands for.
import type { Turn } from '../service/sign-in.ts'
import { freeIn } from './pace/schedule.ts'
import type { Watch } from './watch.ts'

/** Each request is counted as one of a job that the list stands for, so that no job's cap is exceeded. */
export function createTurn(members: Set<Watch>): Turn & { sentAt: number; isSpent: boolean } {
  return {
    sentAt: 0,
    isSpent: false,
    proofs: 0,
    announced: false,
    challenged: false,
    async untilFree() {
      this.isSpent = payerOf(members) === undefined
      if (this.isSpent) throw new Error('no request left')
    },
    noteSent() {
      this.sentAt = Date.now()
      const payer = payerOf(members)
      if (!payer) return
      payer.noteSent()
      // To the end of the queue.
      members.delete(payer)
      members.add(payer)
    },
  }
}

function payerOf(members: Iterable<Watch>): Watch | undefined {
  const now = Date.now()
  let spare: Watch | undefined
  for (const watch of members) {
    if (freeIn(watch.pace, watch.sent, now) > 0) continue
    // Best one that needs none soon, and would have another left.
    if (watch.notBefore > now && freeIn(watch.pace, watch.sent, now, 2) === 0) return watch
    spare ??= watch
  }
  return spare
}
