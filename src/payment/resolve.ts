// What became of a payment without a clear answer: look for its job, replay the same bytes, or prove it dead.
import type { Context } from '../context.ts'
import { createDeadline, type Deadline, isoOf, readTime, sleep } from '../internal/time.ts'
import { type AttemptHandle, inputHashesOf, matchesFields } from '../ledger/attempt.ts'
import { type Delivery, settlementMarginMs } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { isUsedOnChain } from '../methods/x402/chain.ts'
import { fetchJobPages, maxIdlePages, type RawJob } from '../service/jobs.ts'
import { uploadPath } from '../service/requests.ts'
import type { Recovery } from '../types.ts'
import type { Verdict } from './answer.ts'
import { settleAs } from './settle.ts'

/** Sends the attempt's identical request once more, if nothing else of it is under way. */
export type Resend = (
  context: Context,
  handle: AttemptHandle,
  call: { deadline: Deadline },
) => Promise<{ verdict: Verdict; record?: AttemptRecord } | undefined>

/** What was found out, and the settled record where it was paid. */
export type Resolution = { outcome: Recovery['outcome']; record?: AttemptRecord }

type Unclear = Extract<Verdict, { kind: 'unclear' }>

/** A request that was cut off may still be worked on; it is not replayed before this has passed, ms. */
const graceMs = 8_000
/** A service that let the request time out is known to be slow, and may only just have begun. */
const slowGraceMs = 45_000
/** An authorization is not replayed in the last seconds of its life: it would be refused half-way. */
const replayMarginMs = 10_000
const pageLimit = 50
/** Far more than a wallet makes while an attempt is open; what lies beyond counts as not looked at. */
const maxPages = 100
/** Clocks of the service's own machines may differ by this much. */
const clockToleranceMs = 10_000

/** Works on it until something decides or the call's time is up. */
export async function resolveUnknown(
  context: Context,
  handle: AttemptHandle,
  state: { verdict: Unclear; deadline: Deadline; resend: Resend },
): Promise<Resolution> {
  const { deadline, resend } = state
  let { verdict } = state
  const unclearSince = Date.now()
  for (let round = 0; !deadline.signal?.aborted; round += 1) {
    // Right after a clean answer the service is done with the request; after a cut one it may still be at it.
    const restedAt = verdict.answered ? 0 : unclearSince + (verdict.slow ? slowGraceMs : graceMs)
    const rested = Date.now() >= restedAt
    const step = await examine(context, handle, {
      deadline,
      resend,
      mayReplay: rested && !verdict.alreadyPaid,
    })
    if (step.outcome !== 'still-open') return step
    if (verdict.alreadyPaid && isUpload(handle)) return writeOff(context, handle)
    if (step.verdict?.kind === 'unclear') verdict = step.verdict
    // A short-lived payment may be dead before the next look: the first moment for its replay is not slept over.
    const pause = Math.min(
      pauseAfter(round, context),
      rested ? Number.POSITIVE_INFINITY : restedAt - Date.now(),
    )
    if (deadline.left() <= pause) return { outcome: 'still-open' }
    await sleep(pause, deadline.signal).catch(() => {})
  }
  return { outcome: 'still-open' }
}

/** Doubling, with jitter; a wallet that prompts a person is asked far less often. */
function pauseAfter(round: number, context: Context): number {
  const base = context.payer?.prompts ? 15_000 : 1_000
  return Math.min(base * 2 ** round, context.payer?.prompts ? 120_000 : 15_000) * (0.9 + Math.random() * 0.2)
}

/** One pass of the decision rule. */
export async function examine(
  context: Context,
  handle: AttemptHandle,
  options: { deadline: Deadline; resend: Resend; mayReplay: boolean },
): Promise<Resolution & { verdict?: Verdict }> {
  const { record } = handle
  const found = await findJob(context, handle, options.deadline)
  if (found.delivery) {
    return { outcome: 'job-found', record: await settleAs(context, handle, found.delivery) }
  }
  const used = await isUsedOnChain(context.http, context.rpcUrl, record, options.deadline.signal)
  if (isExpired(context, record)) {
    return closeExpired(context, handle, found.listed, used)
  }
  if (used && isUpload(handle)) return writeOff(context, handle)
  const ending = context.clock.now() > record.validBefore * 1000 - replayMarginMs
  if (!options.mayReplay || ending || used) return { outcome: 'still-open' }
  const replay = await options.resend(context, handle, { deadline: options.deadline })
  if (!replay) return { outcome: 'still-open' }
  if (replay.record) return { outcome: 'replayed', record: replay.record }
  const { verdict } = replay
  if (verdict.kind === 'unclear' && verdict.alreadyPaid && isUpload(handle)) return writeOff(context, handle)
  return { outcome: 'still-open', verdict }
}

function isUpload({ record }: AttemptHandle): boolean {
  return record.path === uploadPath
}

/** Paid, or to be counted as paid, and what it bought will not be had any more: a ticket is named only once. */
async function writeOff(context: Context, handle: AttemptHandle): Promise<Resolution> {
  return { outcome: 'written-off', record: await settleAs(context, handle, {}) }
}

/** Past its life by every clock there is: one that jumps or a `Date` that lies must not bring a second payment about. */
function isExpired({ clock }: Context, { validBefore }: AttemptRecord): boolean {
  return clock.isPlausible() && Math.min(Date.now(), clock.now()) > validBefore * 1000 + settlementMarginMs
}

/** The authorization cannot move money any more. Dead, if the chain says unused or a list that was really read has no job. */
async function closeExpired(
  context: Context,
  handle: AttemptHandle,
  listed: boolean,
  used: boolean | undefined,
): Promise<Resolution> {
  if (used === false) await handle.update({ final: undefined })
  else if (!listed) return { outcome: 'still-open' }
  // Whether an upload was paid cannot be seen in a list, so without the chain it counts as spent.
  else if (handle.record.final || isUpload(handle)) return writeOff(context, handle)
  else if (used) return { outcome: 'still-open' }
  const released = await context.ledger.close(handle, 'released')
  return { outcome: released ? 'released' : 'still-open' }
}

/**
 * Looks through the wallet's jobs for one that only this attempt can have made. `listed` says that there is none: the
 * whole list was read, with the wallet that paid, and nothing in it may be this attempt's.
 */
async function findJob(
  context: Context,
  handle: AttemptHandle,
  deadline: Deadline,
): Promise<{ listed: boolean; delivery?: Delivery }> {
  const { record } = handle
  // An upload leaves no job; only a replay can still deliver it.
  if (record.path === uploadPath) return { listed: true }
  // Another wallet's list does not show the payer's jobs.
  if (context.payer?.address.toLowerCase() !== record.payer.toLowerCase()) return { listed: false }
  const hashes = inputHashesOf(record)
  const candidates: RawJob[] = []
  let listed = true
  try {
    for await (const job of jobsSince(context, record, deadline)) {
      if (job === 'unread') {
        listed = false
        continue
      }
      const owner = await context.ledger.ownerOfJob(job.id)
      if (owner === record.id) return { listed: true, delivery: deliveryOf(job) }
      if (owner === undefined && isJobOf(job, record, hashes)) candidates.push(job)
    }
  } catch {
    return { listed: false }
  }
  const bound = candidates.length > 0 ? await bindOldest(context, record, candidates) : { listed }
  return bound.delivery ? bound : { listed: listed && bound.listed }
}

/**
 * Equal attempts may share out their jobs as they like, but not while one of them may still be told which is its own:
 * what can be the job of a request under way is left alone. Of the others the oldest is the likeliest.
 */
async function bindOldest(
  context: Context,
  record: AttemptRecord,
  candidates: readonly RawJob[],
): Promise<{ listed: boolean; delivery?: Delivery }> {
  const sentAt = await equalInFlight(context, record)
  const isFree = ({ createdAt }: RawJob) =>
    sentAt.every((time) => readTime(createdAt) < time - clockToleranceMs)
  let decided = true
  for (const job of [...candidates].reverse()) {
    // Only now: what was under way a moment ago may have got its job meanwhile.
    if ((await context.ledger.ownerOfJob(job.id)) !== undefined) continue
    if (!isFree(job)) decided = false
    else if (await context.ledger.bindJob(job.id, record.id))
      return { listed: true, delivery: deliveryOf(job) }
  }
  return { listed: decided }
}

async function* jobsSince(
  context: Context,
  record: AttemptRecord,
  deadline: Deadline,
): AsyncGenerator<RawJob | 'unread'> {
  const since = Date.parse(record.sentAt ?? record.createdAt) - clockToleranceMs
  const limits = () =>
    createDeadline(Math.max(1, Math.min(context.timeouts.poll, deadline.left())), deadline.signal)
  const seen = new Set<string>()
  let pages = 0
  let idle = 0
  for await (const page of fetchJobPages(context, { limit: pageLimit }, limits)) {
    // New jobs move old ones to the next page; a page without anything new means that the list does not go on.
    const fresh = page.filter(({ id }) => !seen.has(id))
    pages += 1
    idle = page.length > 0 ? 0 : idle + 1
    if (pages > maxPages || idle === maxIdlePages || (page.length > 0 && fresh.length === 0)) {
      yield 'unread'
      return
    }
    const ages = fresh.map(({ createdAt }) => readTime(createdAt))
    for (const [at, job] of fresh.entries()) {
      seen.add(job.id)
      // A job of unknown age is no one's, but it might be this attempt's: then the list proves nothing.
      if (Number.isNaN(ages[at])) yield 'unread'
      else if ((ages[at] ?? 0) >= since) yield job
    }
    if (fresh.length > 0 && ages.every((age) => age < since)) return
  }
}

type InputHashes = ReturnType<typeof inputHashesOf>

/** Same operation, same input. The service echoes the input and adds the model. */
function isJobOf(job: RawJob, record: AttemptRecord, hashes: InputHashes): boolean {
  const [model = ''] = record.operation.split('/')
  const { type } = job
  const sameModel =
    typeof type === 'string' && (type === record.operation.replace('/', '-') || type.startsWith(model))
  return sameModel && hashes !== undefined && matchesFields(job.input, hashes, record.payer)
}

/** When the equal attempts were sent that a request is under way for, ms. */
async function equalInFlight(context: Context, record: AttemptRecord): Promise<number[]> {
  const times: number[] = []
  const hashes = inputHashesOf(record)
  for await (const { record: other } of context.ledger.open()) {
    const busy = other.id !== record.id && other.state === 'sent' && (other.inFlightUntil ?? 0) > Date.now()
    const same = other.operation === record.operation && sameHashes(inputHashesOf(other), hashes)
    if (busy && same) times.push(Date.parse(other.sentAt ?? other.createdAt))
  }
  return times
}

/** Attempts of which one is not known are taken for equal: a job is rather left alone. */
function sameHashes(left: InputHashes, right: InputHashes): boolean {
  if (!left || !right) return true
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
}

function deliveryOf(job: RawJob): Delivery {
  const jobCreatedAt = isoOf(job.createdAt)
  return { jobId: job.id, ...(jobCreatedAt && { jobCreatedAt }) }
}
