// Jobs and their life cycle. Nothing runs: the state of a job follows from the clock.
import type { AssetKind } from '../../types.ts'
import type { SandboxJob } from './types.ts'

/** The host of the live service's files. */
export const assetHost = 'wgunica1uhl5nijm.public.blob.vercel-storage.com'

/** A job as stored. Times are ms. */
export type JobRecord = {
  id: string
  type: string
  operation: string
  kind: AssetKind
  owner: string
  input: Readonly<Record<string, unknown>>
  createdAt: number
  endsAt: number
  /** Why it will end as failed; `undefined`: it will complete. */
  failure: string | undefined
  /** Paths of its assets, by the service's field names. */
  result: Readonly<Record<string, string>>
}

/** Makes a job fail, now at the latest. */
export function failJob(job: JobRecord, now: number, failure: string): void {
  Object.assign(job, { failure, endsAt: Math.min(job.endsAt, now), result: {} })
}

/** The share of a job's time in which it is pending. */
const pendingShare = 0.15

/** The state of a job at `now`. */
export function stateOf(job: JobRecord, now: number): Pick<SandboxJob, 'status' | 'progress'> {
  const done = (now - job.createdAt) / (job.endsAt - job.createdAt)
  if (now >= job.endsAt) {
    return job.failure === undefined
      ? { status: 'complete', progress: 100 }
      : { status: 'failed', progress: 0 }
  }
  if (done < pendingShare) return { status: 'pending', progress: 0 }
  const loaded = (done - pendingShare) / (1 - pendingShare)
  return { status: 'loading', progress: Math.min(95, 10 + Math.floor(loaded * 86)) }
}

/**
 * The job as the service's JSON. Its files are on the live host, or next to a sandbox that listens on plain http.
 * @param origin of the request.
 */
export function toServiceJob(job: JobRecord, now: number, origin: string): Record<string, unknown> {
  const assetBase = origin.startsWith('http:') ? origin : `https://${assetHost}`
  const { status, progress } = stateOf(job, now)
  const urls = Object.entries(job.result).map(([name, path]) => [name, assetBase + path])
  const updatedAt = status === 'pending' ? job.createdAt : Math.min(now, job.endsAt)
  return {
    id: job.id,
    type: job.type,
    input: job.input,
    status,
    progress,
    ...(status === 'complete' && { result: Object.fromEntries(urls) }),
    error: status === 'failed' ? job.failure : null,
    createdAt: new Date(job.createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }
}

/** The job as {@link Sandbox.jobs} shows it. */
export function toSandboxJob(job: JobRecord, now: number): SandboxJob {
  const { id, type, operation, owner, input } = job
  const times = {
    createdAt: new Date(job.createdAt).toISOString(),
    endsAt: new Date(job.endsAt).toISOString(),
  }
  return Object.freeze({ id, type, operation, owner, ...stateOf(job, now), input, ...times })
}
