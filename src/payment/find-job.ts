// The job of an attempt whose answer was lost: found in the wallet's list by what only this attempt can have made.
import type { Context } from '../context.ts'
import { createDeadline, type Deadline, isoOf, readTime } from '../internal/time.ts'
import { type AttemptHandle, inputHashesOf, isClosed, matchesFields } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { fetchJobPages, maxIdlePages, type RawJob } from '../service/jobs.ts'
import { uploadPath } from '../service/requests.ts'

const pageLimit = 50
/** Far more than a wallet makes while an attempt is open; what lies beyond counts as not looked at. */
const maxPages = 100
/** Clocks of the service's own machines may differ by this much. */
const clockToleranceMs = 10_000

/**
 * Looks through the wallet's jobs for one that only this attempt can have made. `listed` says that there is none: the
 * whole list was read, with the wallet that paid, and nothing in it may be this attempt's.
 */
export async function findJob(
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
 * what can be the job of one with a prior claim is left alone. Of the others the oldest is the likeliest.
 */
async function bindOldest(
  context: Context,
  record: AttemptRecord,
  candidates: readonly RawJob[],
): Promise<{ listed: boolean; delivery?: Delivery }> {
  const sentAt = await priorClaims(context, record)
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

/**
 * When the equal attempts were sent that may still be told which job is their own, ms: a request of theirs is under way,
 * or they are known to be paid, which this one is not.
 */
async function priorClaims(context: Context, record: AttemptRecord): Promise<number[]> {
  const times: number[] = []
  const hashes = inputHashesOf(record)
  for await (const { record: other } of context.ledger.open()) {
    const inFlight = other.state === 'sent' && (other.inFlightUntil ?? 0) > Date.now()
    const paid = other.receipt !== undefined && record.receipt === undefined && !isClosed(other.state)
    const claims = other.id !== record.id && (inFlight || paid)
    const same = other.operation === record.operation && sameHashes(inputHashesOf(other), hashes)
    if (claims && same) times.push(Date.parse(other.sentAt ?? other.createdAt))
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
