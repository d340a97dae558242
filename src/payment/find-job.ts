// Finds the job of an attempt whose answer was lost: the one in the wallet's list that only this attempt can have made.
import { operationIds } from '../catalogue/ids.ts'
import type { Context } from '../context.ts'
import { createDeadline, type Deadline, isoOf, readTime } from '../internal/time.ts'
import { type AttemptHandle, inputHashesOf, isClosed, matchesFields } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { fetchJobPages, maxIdlePages, type RawJob } from '../service/jobs.ts'
import { uploadPath } from '../service/requests.ts'

const pageLimit = 50
/** Far more than a wallet creates while an attempt is open. Anything beyond counts as unread. */
const maxPages = 100
/** The clocks of the service's machines may differ by this much. */
const clockToleranceMs = 10_000

/**
 * Searches the wallet's jobs for one that only this attempt can have made. `listed` without a delivery means there is
 * none: the whole list was read with the paying wallet, and no job in it can be this attempt's.
 */
export async function findJob(
  context: Context,
  handle: AttemptHandle,
  deadline: Deadline,
): Promise<{ listed: boolean; delivery?: Delivery }> {
  const { record } = handle
  // An upload creates no job; only a replay can still deliver its ticket.
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
      if (owner !== undefined || !isJobOf(job, record, hashes)) continue
      // By its type it is another operation's: too doubtful to take, and too close to prove anything.
      if (isTypeOfOther(job, record)) listed = false
      else candidates.push(job)
    }
  } catch {
    return { listed: false }
  }
  const bound = candidates.length > 0 ? await bindOldest(context, record, candidates) : { listed }
  return bound.delivery ? bound : { listed: listed && bound.listed }
}

/**
 * Equal attempts may take any of their jobs, unless one of them may still learn which job is its own. A job that could
 * belong to such an attempt is left alone. Of the rest, the oldest is the most likely.
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
    // Checked last: a request in flight a moment ago may have received its job by now.
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
    // New jobs push old ones to the next page. A page with nothing new means that the list does not advance.
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
      // A job of unknown age cannot be matched, but it might be this attempt's, so the list proves nothing.
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

/** Whether the job's type is exactly that of another known operation: `sora-2-pro-generate` begins with `sora-2`, too. */
function isTypeOfOther({ type }: RawJob, { operation }: AttemptRecord): boolean {
  return operationIds().some((id) => id !== operation && id.replace('/', '-') === type)
}

/**
 * When equal attempts with a prior claim were sent, ms. They may still learn which job is theirs: their request is in
 * flight, or they are known to be paid and this one is not.
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

/** Unknown hashes count as equal: it is safer to leave a job alone. */
function sameHashes(left: InputHashes, right: InputHashes): boolean {
  if (!left || !right) return true
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
}

function deliveryOf(job: RawJob): Delivery {
  const jobCreatedAt = isoOf(job.createdAt)
  return { jobId: job.id, ...(jobCreatedAt && { jobCreatedAt }) }
}
