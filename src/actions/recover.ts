// `recover`: settles what a crash or a lost answer left open. Never signs a new payment; safe to repeat at any time.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { isStableStudioError } from '../errors.ts'
import { createDeadline, type Deadline } from '../internal/time.ts'
import { type AttemptHandle, leaseMs } from '../ledger/attempt.ts'
import { type AttemptRecord, toAttempt } from '../ledger/records.ts'
import { type Outcome, open } from '../payment/answer.ts'
import { examine } from '../payment/resolve.ts'
import { isOurs, settledJob } from '../payment/settle.ts'
import { createSurvey, earliestJob, type Survey } from '../payment/survey.ts'
import type { Attempt, Recovery } from '../types.ts'
import { noWallet } from '../wallet.ts'

/** The time limit per attempt: a replay waits for settlement. */
const perAttemptMs = 180_000

/** Options of `recover`. */
export type RecoverOptions = {
  /** Ends the call. Attempts not settled by then stay open for the next call. */
  signal?: AbortSignal | undefined
  /**
   * Time limit of the whole call, ms. Attempts not reached in time stay open for the next call.
   * @default none: up to three minutes per open attempt while the service does not answer
   */
  timeout?: number | undefined
  /** Only this attempt. */
  attemptId?: string | undefined
}

export async function recover(context: Context, call: Call, attemptId?: string): Promise<Recovery[]> {
  if (!context.payer) throw noWallet()
  const handles: AttemptHandle[] = []
  for await (const handle of context.ledger.open()) {
    const { record } = handle
    if (attemptId !== undefined && record.id !== attemptId) continue
    // Another client's caller has not got it yet.
    if (record.state !== 'settled' || isOurs(context, record)) handles.push(handle)
  }
  // Booked when it is about to be told: what is found before a store fails or the process dies is found again.
  const later = { ...context, ledger: { ...context.ledger, settle: context.ledger.settleUnbooked } }
  const outcomes = await examineAll(later, handles, call.deadline)
  const stopped = handles.filter(({ record }) => isOpen(outcomes, record) && hasStopped(context, record))
  // Requests that were given up may still be on their way: none of them is sent again before that.
  const again = await leasesEnd(context, stopped, call.deadline)
  for (const [id, outcome] of await examineAll(later, again, call.deadline)) outcomes.set(id, outcome)
  const recoveries: Recovery[] = []
  for (const handle of handles)
    recoveries.push(await reported(context, handle, outcomes.get(handle.record.id) ?? open))
  for (const [id, { kind }] of outcomes) if (kind === 'settled') await context.ledger.book(id).catch(() => {})
  return recoveries
}

/** Whether nobody works on it any more, whatever its lease says. */
function hasStopped({ ledger }: Context, { id, stopped }: AttemptRecord): boolean {
  return stopped === true || ledger.hasStopped(id)
}

type Outcomes = Map<string, Outcome>

function isOpen(outcomes: Outcomes, { id }: AttemptRecord): boolean {
  return outcomes.get(id)?.kind === 'open'
}

/** Reads the job list once for all of them. */
async function examineAll(
  context: Context,
  handles: readonly AttemptHandle[],
  { left, signal, now }: Deadline,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  const earliest = Math.min(...handles.map(({ record }) => earliestJob(record)))
  const limits = () => createDeadline(Math.min(perAttemptMs, left()), signal, context.instant)
  const survey = createSurvey(context, earliest, limits())
  for (const handle of handles)
    outcomes.set(
      handle.record.id,
      await recoverOne(context, handle, { deadline: limits(), survey, now: now() }),
    )
  return outcomes
}

/** Those whose lease ends in time, as they are then. */
async function leasesEnd(
  context: Context,
  handles: readonly AttemptHandle[],
  { left, now, rest }: Deadline,
): Promise<AttemptHandle[]> {
  const waitOf = ({ record }: AttemptHandle) => (record.inFlightUntil ?? 0) - now()
  const soon = handles.filter((handle) => waitOf(handle) > 0 && waitOf(handle) <= left())
  if (soon.length > 0) await rest(Math.min(Math.max(...soon.map(waitOf)), leaseMs) + 1)
  const current = await Promise.all(soon.map(({ record }) => context.ledger.find(record.id)))
  return current.filter((handle) => handle !== undefined)
}

async function reported(context: Context, handle: AttemptHandle, outcome: Outcome): Promise<Recovery> {
  const job = outcome.kind === 'settled' ? settledJob(context, outcome.record) : undefined
  const attempt = await attemptOf(context, handle)
  return { attempt, outcome: nameOf(outcome), ...(job && { job }) }
}

function nameOf(outcome: Outcome): Recovery['outcome'] {
  if (outcome.kind === 'settled') return outcome.how
  return outcome.kind === 'free' ? 'released' : 'still-open'
}

async function recoverOne(
  context: Context,
  handle: AttemptHandle,
  { deadline, survey, now }: { deadline: Deadline; survey: Survey; now: number },
): Promise<Outcome> {
  const { record } = handle
  // Its process died after the record, so only the record says what was bought.
  if (record.state === 'settled')
    return { kind: 'settled', record, how: bought(record) ? 'job-found' : 'written-off' }
  if (!isOurs(context, record) || deadline.passed() || deadline.signal?.aborted) return open
  const isFree = (record.inFlightUntil ?? 0) <= now
  if (record.state === 'reserved' || record.state === 'signed')
    return isFree ? releaseUnsent(context, handle) : open
  // While another process works on it, the jobs that fit may be other attempts': it will learn which is its own.
  if (!isFree && !hasStopped(context, record)) return open
  return examineQuietly(context, handle, { deadline, survey, mayReplay: isFree })
}

function bought({ jobId, ticket, upload }: AttemptRecord): boolean {
  return jobId !== undefined || ticket !== undefined || upload !== undefined
}

/** Nothing was sent, and once the record is closed nothing can be. */
async function releaseUnsent(context: Context, handle: AttemptHandle): Promise<Outcome> {
  return (await context.ledger.close(handle, 'released')) ? { kind: 'free' } : open
}

/** If the service cannot be reached, the attempt stays open; `recover` does not fail. */
async function examineQuietly(...how: Parameters<typeof examine>): Promise<Outcome> {
  try {
    return await examine(...how)
  } catch (error) {
    if (isStableStudioError(error) && (error.code === 'store_failed' || error.code === 'store_corrupt'))
      throw error
    return open
  }
}

async function attemptOf(context: Context, handle: AttemptHandle): Promise<Attempt> {
  const { record } = (await context.ledger.find(handle.record.id)) ?? handle
  return toAttempt(record)
}
