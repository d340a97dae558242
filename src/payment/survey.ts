// What the search for lost jobs reads, once for all attempts: the wallet's job list, its jobs' owners, what else is open.
import type { Context } from '../context.ts'
import { isRecord } from '../internal/json.ts'
import { createDeadline, type Deadline, readTime } from '../internal/time.ts'
import { hashFields } from '../ledger/attempt.ts'
import type { AttemptRecord } from '../ledger/records.ts'
import { fetchJobPages, maxIdlePages, type RawJob } from '../service/jobs.ts'

const pageLimit = 50
/** Far more than a wallet creates while an attempt is open. Anything beyond counts as unread. */
const maxPages = 100
/** The clocks of the service's machines may differ by this much. */
export const clockToleranceMs = 10_000

export type ListedJob = { job: RawJob; madeAt: number }

/** Jobs made since a time, newest first; `failed` also when only some were read. */
type JobList = { jobs: ListedJob[]; end: 'whole' | 'unread' | 'failed' }

export type Survey = {
  /** ms since the epoch, by this machine's clock. What happened later it may have missed. */
  readonly startedAt: number
  since(time: number): Promise<JobList>
  /** The attempt that has the job. `now`: none may be out of date. */
  ownerOf(jobId: string, when?: 'now'): Promise<string | undefined>
  bind(jobId: string, attemptId: string): Promise<boolean>
  inputHashesOf(job: RawJob, salt: string): Record<string, string>
  /** Open attempts, read after the list: whoever made a job in it is among them, or has the job by now. */
  others(): Promise<{ records: AttemptRecord[]; readAt: number }>
}

/** The earliest moment, on the service's clock, at which an attempt can have made its job. */
export function earliestJob({ sentAt, createdAt }: AttemptRecord): number {
  return Date.parse(sentAt ?? createdAt) - clockToleranceMs
}

/** @param earliest the earliest time that {@link Survey.since} will be asked for. */
export function createSurvey(context: Context, earliest: number, deadline: Deadline): Survey {
  let pages: ReturnType<typeof readPages> | undefined
  let others: ReturnType<typeof readOpen> | undefined
  const readOnce = () => {
    pages ??= readPages(context, earliest, deadline)
    return pages
  }
  const owners = new Map<string, string | undefined>()
  const hashes = new Map<string, Record<string, string>>()
  return {
    startedAt: Date.now(),
    async since(time) {
      const jobs: ListedJob[] = []
      const read = await readOnce()
      for (const page of read.pages) {
        // A job of unknown age cannot be matched, but it might be the one, so the list proves nothing.
        jobs.push(...page.filter(({ madeAt }) => Number.isNaN(madeAt) || madeAt >= time))
        if (page.length > 0 && page.every(({ madeAt }) => madeAt < time)) return { jobs, end: 'whole' }
      }
      return { jobs, end: read.end }
    },
    async ownerOf(jobId, when) {
      // A job never changes its owner.
      if (owners.get(jobId) === undefined && (when === 'now' || !owners.has(jobId)))
        owners.set(jobId, await context.ledger.ownerOfJob(jobId))
      return owners.get(jobId)
    },
    async bind(jobId, attemptId) {
      const bound = await context.ledger.bindJob(jobId, attemptId)
      if (bound) owners.set(jobId, attemptId)
      return bound
    },
    inputHashesOf(job, salt) {
      const key = `${job.id} ${salt}`
      const made = hashes.get(key) ?? (isRecord(job.input) ? hashFields(job.input, salt) : {})
      hashes.set(key, made)
      return made
    },
    async others() {
      await readOnce()
      others ??= readOpen(context)
      return others
    },
  }
}

async function readOpen({ ledger }: Context): Promise<{ records: AttemptRecord[]; readAt: number }> {
  const readAt = Date.now()
  const records: AttemptRecord[] = []
  for await (const { record } of ledger.open()) records.push(record)
  return { records, readAt }
}

async function readPages(
  context: Context,
  earliest: number,
  deadline: Deadline,
): Promise<{ pages: ListedJob[][]; end: JobList['end'] }> {
  const limits = () =>
    createDeadline(
      Math.max(1, Math.min(context.timeouts.poll, deadline.left())),
      deadline.signal,
      context.instant,
    )
  const pages: ListedJob[][] = []
  const seen = new Set<string>()
  let idle = 0
  try {
    for await (const page of fetchJobPages(context, { limit: pageLimit }, limits)) {
      // New jobs push old ones to the next page. A page with nothing new means that the list does not advance.
      const fresh = page.filter(({ id }) => !seen.has(id))
      idle = page.length > 0 ? 0 : idle + 1
      const stuck = idle === maxIdlePages || (page.length > 0 && fresh.length === 0)
      if (pages.length === maxPages || stuck) return { pages, end: 'unread' }
      for (const { id } of fresh) seen.add(id)
      const listed = fresh.map((job) => ({ job, madeAt: readTime(job.createdAt) }))
      pages.push(listed)
      if (listed.length > 0 && listed.every(({ madeAt }) => madeAt < earliest)) break
    }
    return { pages, end: 'whole' }
  } catch {
    return { pages, end: 'failed' }
  }
}
