// The job that pays: one payment for its key, however often it runs.
import type { Job as BullJob } from 'bullmq'
import { isStableStudioError, StableStudioError } from '../index.ts'
import { bury, type Crew, later, requireVersion } from './crew.ts'
import { errorJson, type Paid, type PayData } from './data.ts'
import { ledgerKey } from './keys.ts'
import { backOff } from './pace.ts'
import { type Verdict, verdictOf } from './verdict.ts'

type PayJob = BullJob<PayData, Paid>

/** Failures of the service in a row, in this process, after which nobody is asked for a while. */
const troubled = 8
const longestStopMs = 30_000
const gateMs = { fresh: 1_000, closed: 2_000 }
const soonMs = 100
/** Of what neither the payment nor time explains. */
const mostTries = 5

export function createPay(crew: Crew, onPaid: (key: string) => void) {
  const gate = createGate(crew)
  let failures = 0
  return async (job: PayJob, token = ''): Promise<Paid> => {
    await requireVersion(crew, job, token)
    await gate.pass()
    const { operation, input, maxPrice } = job.data
    const idempotencyKey = ledgerKey(job.data.key)
    await requireOwn(crew, job, idempotencyKey)
    try {
      const { signal } = crew
      const paid = await crew.studio.submit(operation, input as never, { idempotencyKey, maxPrice, signal })
      failures = 0
      gate.paid()
      onPaid(idempotencyKey)
      return { job: paid }
    } catch (error) {
      const verdict = verdictOf(error, job.attemptsStarted - 1, crew)
      failures = verdict.kind === 'later' ? failures + 1 : 0
      return carryOut(crew, { job, token, error, failures }, verdict)
    }
  }
}

type Run = { job: PayJob; token: string; error: unknown; failures: number }

async function carryOut(crew: Crew, run: Run, verdict: Verdict): Promise<Paid> {
  const { job, token, error, failures } = run
  if (verdict.kind === 'paid') return { job: verdict.job }
  if (crew.signal.aborted) return later(crew, job, token, soonMs)
  crew.emit('error', { error, key: job.data.key })
  if ('pause' in verdict && verdict.pause) await pause(crew, job, error)
  if (verdict.kind === 'dead') return bury(crew, job, error)
  if (verdict.kind === 'again') {
    const tries = (job.data.tries ?? 0) + 1
    if (tries >= mostTries) return bury(crew, job, error)
    await job.updateData({ ...job.data, tries })
  }
  const ms =
    verdict.kind === 'tomorrow'
      ? await untilTomorrow(crew)
      : verdict.kind === 'again'
        ? backOff((job.data.tries ?? 0) + 1)
        : verdict.ms
  await job.updateProgress({ error: errorJson(error) })
  const isDown = verdict.kind === 'later' && (verdict.stop || failures >= troubled)
  if (isDown) await crew.queues.pay.rateLimit(backOff(failures - troubled + 1, longestStopMs))
  return later(crew, job, token, ms)
}

async function pause({ queues, emit }: Crew, { data: { key } }: PayJob, error: unknown): Promise<void> {
  await queues.pay.pause()
  if (isStableStudioError(error)) emit('paused', { error, key })
}

/** The service's day, which the ledger knows. */
async function untilTomorrow({ studio }: Crew): Promise<number> {
  const { perDay } = await studio.budget().catch(() => ({ perDay: undefined }))
  const end = perDay ? Date.parse(perDay.endsAt) : Number.NaN
  // A little later, so that all clocks agree; and not all at once.
  return Number.isNaN(end) ? 60_000 : Math.max(0, end - Date.now()) + 1_000 + Math.random() * 30_000
}

/** Lets nothing be paid while what is paid cannot be collected or saved in time. */
function createGate({ queues, maxOpen, library }: Crew): { pass(): Promise<void>; paid(): void } {
  let [readAt, open] = [0, 0]
  const pass = async () => {
    const now = Date.now()
    if (Math.abs(now - readAt) > gateMs.fresh) {
      readAt = now
      const counts = await queues.collect.getJobCounts('wait', 'active', 'delayed', 'prioritized')
      open = Object.values(counts).reduce((sum, count) => sum + count, 0)
    }
    if (open < maxOpen) return
    await queues.pay.rateLimit(gateMs.closed)
    throw new library.RateLimitError()
  }
  const paid = () => {
    // Until it is counted.
    open += 1
  }
  return { pass, paid }
}

/** What must hold before anything is paid: it is in time, and the ledger still knows what it may have paid before. */
async function requireOwn(crew: Crew, job: PayJob, idempotencyKey: string): Promise<void> {
  const { deadline, error } = job.data
  const isLate = deadline !== undefined && Date.now() > Date.parse(deadline)
  if (!isLate && !error?.attemptId) return
  const attempt = await crew.studio.payment({ idempotencyKey })
  const isUnpaid = !attempt || attempt.state === 'released' || attempt.state === 'rejected'
  if (error?.attemptId && !attempt && error.payment !== 'none') {
    const forgotten = 'The ledger does not know this payment any more, so it is not paid again.'
    await bury(crew, job, new StableStudioError(forgotten, { code: 'internal', payment: error.payment }), {
      attemptId: error.attemptId,
    })
  }
  if (isLate && isUnpaid) {
    const late = new StableStudioError('Its deadline passed before it was paid.', {
      ...{ code: 'timeout', phase: 'pay', safeToRetry: true },
      hint: 'Nothing was paid. Add it with another key if it is still wanted.',
    })
    await bury(crew, job, late)
  }
}
