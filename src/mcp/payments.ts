// Pays for what the tools ask for. A payment that has begun goes on when its call ends: the next call with the same
// arguments, here or in another process, finds it by its key.
import type { Attempt, Job, StableStudioClient } from '../index.ts'
import { nap } from '../internal/time.ts'
import type { ToolCall } from './call.ts'
import { Refusal } from './refusal.ts'

/** A job to wait for: of one from the ledger the receipt may be missing. */
export type Paid = { job: Job | string; id: string; usd: string | undefined; operation: string }

export type Payments = {
  /** Pays with `submit`, unless a payment of this key is on its way already. */
  start(key: string, submit: () => Promise<Job>): Promise<Paid>
  /** The payment of this key on its way in this process. */
  running(key: string | undefined): Promise<Paid> | undefined
  /** What an attempt in the ledger bought, once that is known; `undefined` when it was not charged. Signs nothing. */
  settled(attempt: Attempt, call: ToolCall): Promise<Paid | undefined>
  /** Resolves when no payment is on its way, or after so many ms. */
  idle(ms: number): Promise<void>
}

export function createPayments(client: StableStudioClient): Payments {
  const running = new Map<string, Promise<Paid>>()
  return {
    start(key, submit) {
      const payment =
        running.get(key) ??
        submit()
          .then(paidOf)
          .finally(() => running.delete(key))
      running.set(key, payment)
      // Its call may be over by then.
      payment.catch(() => {})
      return payment
    },
    running: (key) => (key === undefined ? undefined : running.get(key)),
    settled: (attempt, call) => settle(client, attempt, call),
    async idle(ms) {
      const ended = new AbortController()
      await Promise.race([Promise.allSettled(running.values()), nap(ms, ended.signal)])
      ended.abort()
    },
  }
}

export function paidOf(job: Job): Paid {
  return { job, id: job.id, usd: job.receipt.usd, operation: job.operation }
}

const lookEveryMs = 500

async function settle(client: StableStudioClient, first: Attempt, call: ToolCall): Promise<Paid | undefined> {
  for (let attempt: Attempt | undefined = first; ; attempt = await client.payment(first.id)) {
    if (!attempt || attempt.state === 'released' || attempt.state === 'rejected') return undefined
    if (attempt.state === 'settled') return boughtBy(attempt)
    call.requireOpen()
    // Another process may be at it, which `recover` leaves alone.
    const [found] = await client.recover({ attemptId: attempt.id, timeout: Math.max(1, call.left()) })
    if (found?.job) return paidOf(found.job)
    if (found?.outcome === 'still-open') await nap(lookEveryMs, call.signal)
  }
}

/** @throws {Refusal} when the answer that names its job was lost. */
export function boughtBy({ id, jobId, operation, createdAt, receipt, usd }: Attempt): Paid {
  if (jobId === undefined) throw operation === 'upload' ? noJob(id) : lost(id)
  const job = receipt ? { id: jobId, operation, pollUrl: '', createdAt, attemptId: id, receipt } : jobId
  return { job, id: jobId, usd, operation }
}

function lost(attemptId: string): Refusal {
  const message = `The payment ${attemptId} was made, but the answer that names its job was lost.`
  return new Refusal(
    'delivery_lost',
    message,
    'Tell the user: the service can look it up by the transaction.',
    'yes',
  )
}

function noJob(attemptId: string): Refusal {
  const message = `The payment ${attemptId} was for the upload of a file, which has no job.`
  return new Refusal('not_a_job', message, 'There is nothing to collect.', 'yes')
}
