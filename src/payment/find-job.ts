// Finds the job of an attempt whose answer was lost: the one in the wallet's list that only this attempt can have made.
import type { Context } from '../context.ts'
import { isSameAddress } from '../internal/address.ts'
import { type Deadline, isoOf, readTime } from '../internal/time.ts'
import { type AttemptHandle, inputHashesOf, isClosed, matchesFields } from '../ledger/attempt.ts'
import type { Delivery } from '../ledger/ledger.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { fitOf, type RawJob } from '../service/jobs.ts'
import { uploadPath } from '../service/requests.ts'
import { clockToleranceMs, createSurvey, earliestJob, type Survey } from './survey.ts'

type Found = { listed: boolean; delivery?: Delivery }

/**
 * Searches the wallet's jobs for one that only this attempt can have made. `listed` without a delivery means there is
 * none: the whole list was read with the paying wallet, and no job in it can be this attempt's.
 */
export async function findJob(
  context: Context,
  handle: AttemptHandle,
  deadline: Deadline,
  survey: Survey = createSurvey(context, earliestJob(handle.record), deadline),
): Promise<Found> {
  const { record } = handle
  // An upload creates no job; only a replay can still deliver its ticket.
  if (record.path === uploadPath) return { listed: true }
  // Another wallet's list does not show the payer's jobs.
  if (!isSameAddress(record.payer, context.payer?.address ?? '')) return { listed: false }
  const hashes = inputHashesOf(record)
  const candidates: RawJob[] = []
  const { jobs, end } = await survey.since(earliestJob(record))
  let listed = end === 'whole'
  try {
    for (const { job, madeAt } of jobs) {
      if (Number.isNaN(madeAt)) {
        listed = false
        continue
      }
      const owner = await survey.ownerOf(job.id)
      if (owner === record.id) return { listed: true, delivery: deliveryOf(job) }
      const fit = fitOf(job, record.operation)
      if (owner !== undefined || fit === 'other' || !hasInputOf(job, record, hashes, survey)) continue
      // Too doubtful to take, and too close to prove anything.
      if (fit === 'doubtful') listed = false
      else candidates.push(job)
    }
  } catch {
    return { listed: false }
  }
  if (end === 'failed') return { listed: false }
  const bound = candidates.length > 0 ? await bindOldest(record, candidates, survey) : { listed }
  return bound.delivery ? bound : { listed: listed && bound.listed }
}

/**
 * Equal attempts may take any of their jobs, unless one of them may still learn which job is its own. A job that could
 * belong to such an attempt is left alone. Of the rest, the oldest is the most likely.
 */
async function bindOldest(
  record: AttemptRecord,
  candidates: readonly RawJob[],
  survey: Survey,
): Promise<Found> {
  const sentAt = await priorClaims(record, survey)
  const isFree = ({ createdAt }: RawJob) =>
    sentAt.every((time) => readTime(createdAt) < time - clockToleranceMs)
  let decided = true
  for (const job of [...candidates].reverse()) {
    // Checked last: a request in flight a moment ago may have received its job by now.
    const owner = await survey.ownerOf(job.id, 'now')
    if (owner === record.id) return { listed: true, delivery: deliveryOf(job) }
    if (owner !== undefined) continue
    if (!isFree(job)) decided = false
    else if (await survey.bind(job.id, record.id)) return { listed: true, delivery: deliveryOf(job) }
  }
  return { listed: decided }
}

type InputHashes = ReturnType<typeof inputHashesOf>

/** The service echoes the input and adds the model. */
function hasInputOf(job: RawJob, { payer }: AttemptRecord, hashes: InputHashes, survey: Survey): boolean {
  return hashes !== undefined && matchesFields(survey.inputHashesOf(job, payer), hashes)
}

/**
 * When equal attempts with a prior claim were sent, ms. They may still learn which job is theirs: their request is in
 * flight, or they are known to be paid and this one is not.
 */
async function priorClaims(record: AttemptRecord, survey: Survey): Promise<number[]> {
  const times: number[] = []
  const hashes = inputHashesOf(record)
  const { records, readAt } = await survey.others()
  for (const other of records) {
    // As of the reading: a lease may have been renewed since.
    const inFlight = other.state === 'sent' && (other.inFlightUntil ?? 0) > readAt
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
