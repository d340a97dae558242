// A video model of the AI SDK: in one call, or started here and looked at anywhere.
import type {
  Experimental_VideoModelV4,
  Experimental_VideoModelV4OperationStatusResult as StatusResult,
} from '@ai-sdk/provider'
import { isStableStudioError, type Job, type JobStatus, type StableStudioClient } from '../index.ts'
import { buy, paidOf, submit, whereOf } from './buy.ts'
import { targetOf } from './plan.ts'
import { planVideo } from './plan-video.ts'
import { refuse } from './problems.ts'

/** The service asks for 15 s between two looks at a video, of two requests each; a look of the client is one. */
const leastMsBetweenLooks = 7_500

export function createVideoModel(
  client: StableStudioClient,
  id: string,
  looks: Looks,
): Experimental_VideoModelV4 {
  const target = targetOf(id, 'video')
  const response = () => ({ timestamp: new Date(), modelId: id, headers: undefined })
  return {
    specificationVersion: 'v4',
    provider: 'stablestudio.video',
    modelId: id,
    maxVideosPerCall: 1,
    async doGenerate(options) {
      const plan = planVideo(target, options)
      const { data, metadata } = await buy(client, plan, 0, options.abortSignal)
      const providerMetadata = { stablestudio: { ...metadata, videos: [metadata] } }
      return { videos: [videoOf(data)], warnings: plan.warnings, providerMetadata, response: response() }
    },
    async doStart(options) {
      const plan = planVideo(target, options)
      const job = await submit(client, plan, 0, options.abortSignal)
      const providerMetadata = { stablestudio: paidOf(job) }
      return { operation: plain(job), warnings: plan.warnings, providerMetadata, response: response() }
    },
    async doStatus({ operation, abortSignal }) {
      const result = await statusOf(client, readOperation(id, operation), looks, abortSignal)
      return { ...result, response: response() }
    },
  }
}

/** When each job was looked at last. */
export type Looks = Map<string, number>

type Status = StatusResult extends infer one ? (one extends unknown ? Omit<one, 'response'> : never) : never
type Operation = { id: string; job: Job | undefined }

/** One look at most. Whatever `operation` says beside its id is not used to ask: it comes from the application. */
async function statusOf(
  client: StableStudioClient,
  operation: Operation,
  looks: Looks,
  signal: AbortSignal | undefined,
): Promise<Status> {
  const { id } = operation
  if (!noteLook(looks, id)) return { status: 'pending' }
  try {
    const status = await client.jobs.get(id, { signal })
    const ended = await endOf(status, operation, signal)
    if (ended) looks.delete(id)
    return ended ?? { status: 'pending' }
  } catch (error) {
    if (mayPass(error, operation)) return { status: 'pending' }
    looks.delete(id)
    throw withJob(error, operation)
  }
}

/** Whether it is time to look, which counts as a look. */
function noteLook(looks: Looks, id: string): boolean {
  const now = Date.now()
  for (const [one, at] of looks) if (Math.abs(now - at) >= leastMsBetweenLooks) looks.delete(one)
  if (looks.has(id)) return false
  looks.set(id, now)
  return true
}

/** The service's word, and those of similar services. */
const failed = /^(failed|failure|error|rejected|cancell?ed)$/i
const complete = /^(completed?|succeeded|success|done|finished)$/i

async function endOf(
  { id, status, output, error, updatedAt }: JobStatus,
  { job }: Operation,
  signal: AbortSignal | undefined,
): Promise<Status | undefined> {
  if (failed.test(status))
    return { status: 'error', error: `${error ?? 'The job failed.'} (job ${id}; it stays paid)` }
  if (!output) {
    if (!complete.test(status) || isRecent(updatedAt)) return undefined
    return {
      status: 'error',
      error: `The job names no video that can be downloaded (job ${id}; it stays paid)`,
    }
  }
  const metadata = { ...(job ? paidOf(job) : { jobId: id }), ...whereOf(output) }
  // The AI SDK would fetch a URL without the client's `fetch`, and lose the job with the first failure.
  const videos = [videoOf(await output.bytes({ signal }))]
  const providerMetadata = { stablestudio: { ...metadata, videos: [metadata] } }
  return { status: 'completed', videos, warnings: [], providerMetadata }
}

/** For how long a paid job may not be readable yet, and a complete one may not name its asset yet. */
const settlingMs = 120_000
const isRecent = (time: string) => Math.abs(Date.now() - Date.parse(time)) < settlingMs

/** Trouble of the network or an edge, which the next look may not meet: the service's own 403 is a `SignInError`. */
function mayPass(error: unknown, { job }: Operation): boolean {
  if (!isStableStudioError(error) || error.name !== 'ServiceError') return false
  const { status = 0 } = error
  if (status === 404) return job !== undefined && isRecent(job.createdAt)
  return status < 400 || status >= 500 || [403, 408, 425, 429].includes(status)
}

/** An error of a look knows the id only; the operation knows the job. */
function withJob(error: unknown, { job }: Operation): unknown {
  if (!isStableStudioError(error) || error.job || !job) return error
  const hint = 'The job is paid: look again, or collect it with client.wait(error.job).'
  return Object.assign(error, { job, attemptId: job.attemptId, payment: 'settled', hint })
}

function readOperation(modelId: string, operation: unknown): Operation {
  const given = operation as Partial<Job> | null
  if (typeof given !== 'object' || typeof given?.id !== 'string')
    return refuse(modelId, 'operation', 'must be what startVideo returned, or another Job')
  const texts = [given.operation, given.attemptId, given.receipt?.usd]
  return { id: given.id, job: texts.every((text) => typeof text === 'string') ? (given as Job) : undefined }
}

const videoOf = (data: Uint8Array) => ({ type: 'binary', data, mediaType: 'video/mp4' }) as const

function plain(job: Job) {
  return JSON.parse(JSON.stringify(job))
}
