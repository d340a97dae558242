// After a reload, only the key of a payment is known: finds its job in the client's ledger, or that nothing was paid.
import { type Attempt, type Job, PaymentUnknownError, type StableStudioClient } from '../index.ts'
import type { GenerationState } from './snapshot.ts'

const lookAgainMs = 2_000
/** `recover` itself waits for another process that may still work on the payment. */
const longestMs = 3 * 60_000

/** The job that a key's payment bought; nothing when nothing was paid. Signs no payment. */
export async function findJob(
  studio: StableStudioClient,
  idempotencyKey: string,
  signal: AbortSignal,
  looking: (state: GenerationState) => void,
): Promise<Job | undefined> {
  const endsAt = Date.now() + longestMs
  for (;;) {
    const attempt = await studio.payment({ idempotencyKey })
    if (!attempt || attempt.state === 'rejected' || attempt.state === 'released') return undefined
    if (attempt.state === 'settled') return jobOf(attempt)
    looking(attempt.state === 'reserved' ? 'approving' : 'paying')
    const [found] = await studio.recover({ attemptId: attempt.id, signal })
    if (found?.job) return found.job
    // Another tab may still work on it; until its time is over, it is looked at again.
    if (found?.outcome === 'still-open' || !found) await rest(lookAgainMs, signal)
    if (signal.aborted) throw signal.reason
    if (Date.now() > endsAt) throw undecided(attempt)
  }
}

/** As `submit` returned it; the service is asked by the id. */
function jobOf({ id, operation, createdAt, jobId, receipt }: Attempt): Job | undefined {
  if (jobId === undefined || !receipt) return undefined
  return { id: jobId, operation, pollUrl: '', createdAt, attemptId: id, receipt }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

function undecided({ id }: Attempt): PaymentUnknownError {
  return new PaymentUnknownError('It is not known yet whether the payment was taken.', {
    attemptId: id,
    hint: 'resume() goes on finding out. Nothing else is paid for until then.',
  })
}
