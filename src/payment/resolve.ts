// Resolves a payment without a clear answer: finds its job, replays the same bytes, or proves that it cannot settle.
import type { Context } from '../context.ts'
import type { Deadline } from '../internal/time.ts'
import type { AttemptHandle } from '../ledger/attempt.ts'
import { settlementMarginMs } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { uploadPath } from '../service/requests.ts'
import type { Unclear } from './answer.ts'
import { type Outcome, open, type Settled } from './answer.ts'
import { findJob } from './find-job.ts'
import { methodOf, recordReplay, send } from './send.ts'
import { settleAs } from './settle.ts'
import type { Survey } from './survey.ts'

/** The service may still be working on a request that was cut off. It is not replayed before this has passed, ms. */
const graceMs = 8_000
/** A service that let the request time out is slow, and may have only just started on it. */
const slowGraceMs = 45_000
/** An authorization is not replayed in its last seconds: it could expire before it settles. */
const replayMarginMs = 10_000

/** Keeps trying until the payment is decided or the call's time is up. */
export async function resolveUnknown(
  context: Context,
  handle: AttemptHandle,
  { unclear, deadline }: { unclear: Unclear; deadline: Deadline },
): Promise<Outcome> {
  let verdict = unclear
  const unclearSince = deadline.now()
  for (let round = 0; !deadline.signal?.aborted; round += 1) {
    // After a complete answer the service is done with the request; after a cut one it may still be working on it.
    const restedAt = verdict.answered ? 0 : unclearSince + (verdict.slow ? slowGraceMs : graceMs)
    const rested = deadline.now() >= restedAt
    const step = await examine(context, handle, { deadline, mayReplay: rested && !verdict.alreadyPaid })
    if (step.kind !== 'open') return step
    if (verdict.alreadyPaid && isUpload(handle)) return writeOff(context, handle)
    if (step.verdict?.kind === 'unclear') verdict = step.verdict
    // A short-lived payment may expire before the next round, so never sleep past the first chance to replay it.
    const untilRested = rested ? Number.POSITIVE_INFINITY : restedAt - deadline.now()
    const pause = Math.min(pauseAfter(round, context), untilRested)
    if (deadline.left() <= pause) return open
    await deadline.rest(pause)
  }
  return open
}

/** Doubles each round, with jitter. A wallet that prompts a person is asked far less often. */
function pauseAfter(round: number, context: Context): number {
  const base = context.payer?.prompts ? 15_000 : 1_000
  return Math.min(base * 2 ** round, context.payer?.prompts ? 120_000 : 15_000) * (0.9 + Math.random() * 0.2)
}

/** One pass of the decision rule: the job list, the chain, and, if safe, a replay of the same bytes. */
export async function examine(
  context: Context,
  handle: AttemptHandle,
  { deadline, mayReplay, survey }: { deadline: Deadline; mayReplay: boolean; survey?: Survey },
): Promise<Outcome> {
  const { record } = handle
  // What the list and the chain say holds for the time at which they were asked.
  const askedAt = survey?.startedAt ?? Date.now()
  const found = await findJob(context, handle, deadline, survey)
  if (found.delivery) return settled(await settleAs(context, handle, found.delivery), 'job-found')
  const used = await isTaken(context, record, deadline.signal)
  if (isExpired(context, record, askedAt)) return closeExpired(context, handle, found.listed, used)
  // Its answer, with the ticket, may still be on its way to another process.
  if (used && isUpload(handle)) return mayReplay ? writeOff(context, handle) : open
  const ending = context.clock.now() > (record.sendBefore ?? record.validBefore * 1000 - replayMarginMs)
  return !mayReplay || ending || used ? open : replay(context, handle, deadline)
}

async function isTaken(
  context: Context,
  record: AttemptRecord,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const method = methodOf(context, record)
  return method?.isTaken?.(record, { fetch: context.fetch, signal }).catch(() => undefined)
}

async function replay(context: Context, handle: AttemptHandle, deadline: Deadline): Promise<Outcome> {
  if (!(await recordReplay(handle))) return open
  const { verdict, settlement } = await handle.leased(() => send(context, handle, { deadline }))
  if (verdict.kind === 'accepted') {
    return settled(await settleAs(context, handle, verdict.delivery, settlement?.transaction), 'replayed')
  }
  await handle.update({ state: 'unknown' }).catch(() => false)
  if (verdict.kind === 'unclear' && verdict.alreadyPaid && isUpload(handle)) return writeOff(context, handle)
  return { kind: 'open', verdict }
}

function settled(record: AttemptRecord, how: Settled['how']): Settled {
  return { kind: 'settled', record, how }
}

function isUpload({ record }: AttemptHandle): boolean {
  return record.path === uploadPath
}

/** Paid, or counted as paid, but what it bought is lost: the service names an upload ticket only once. */
async function writeOff(context: Context, handle: AttemptHandle): Promise<Settled> {
  return settled(await settleAs(context, handle, {}), 'written-off')
}

/** Expired by both clocks: a clock that jumps or a wrong `Date` must not cause a second payment. */
/** @param askedAt by this machine's clock: how wrong that is, only the answers say. */
function isExpired({ clock }: Context, { validBefore }: AttemptRecord, askedAt: number): boolean {
  return clock.isPlausible() && askedAt + Math.min(0, clock.skew()) > validBefore * 1000 + settlementMarginMs
}

/** The authorization can no longer move money. Releases it if the chain says unused or a fully read list has no job. */
async function closeExpired(
  context: Context,
  handle: AttemptHandle,
  listed: boolean,
  used: boolean | undefined,
): Promise<Outcome> {
  // A node may lag behind: its word does not undo a receipt of success.
  if (used === false && !handle.record.receipt) await handle.update({ final: undefined })
  else if (!listed) return open
  // The job list does not show uploads, so without the chain's word an upload counts as spent.
  else if (handle.record.final || isUpload(handle)) return writeOff(context, handle)
  else if (used) return open
  return (await context.ledger.close(handle, 'released')) ? { kind: 'free', instead: handle.record.id } : open
}
