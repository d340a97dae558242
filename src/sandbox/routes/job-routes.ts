// The free job routes: get, list and delete, for the wallet that signed in.
import { type JobRecord, stateOf, toServiceJob } from '../state/jobs.ts'
import type { World } from '../state/world.ts'
import { type Answer, failure, type Incoming, json } from '../wire/messages.ts'
import { signedIn } from './sign-in.ts'

const defaultLimit = 20
const maxLimit = 100

export function getJob(world: World, incoming: Incoming, id: string): Promise<Answer> {
  return withOwnJob(world, incoming, 'Poll a job', id, (job) => json(toJson(world, incoming, job)))
}

/** The service allows it for failed jobs only. */
export function deleteJob(world: World, incoming: Incoming, id: string): Promise<Answer> {
  return withOwnJob(world, incoming, 'Delete a failed job', id, (job) => {
    if (stateOf(job, world.settings.clock.now()).status !== 'failed') {
      return failure(400, 'Only failed jobs can be deleted')
    }
    world.jobs.delete(id)
    return json({ success: true })
  })
}

export function listJobs(world: World, incoming: Incoming): Promise<Answer> {
  return signedIn(world, incoming, 'List jobs', (signer) => list(world, incoming, signer))
}

function list(world: World, incoming: Incoming, signer: string): Answer {
  const query = incoming.url.searchParams
  const limit = Number(query.get('limit') ?? defaultLimit)
  if (!Number.isInteger(limit) || limit < 1) {
    const issue = { code: 'invalid_type', path: ['limit'], message: 'must be an integer of at least 1' }
    return failure(400, 'Validation failed', { issues: [issue] })
  }
  const now = world.settings.clock.now()
  const status = query.get('status')
  const mine = [...world.jobs.values()]
    .filter((job) => job.owner === signer && (!status || stateOf(job, now).status === status))
    .reverse()
  const { jobs, nextCursor } = page(mine, query.get('cursor'), Math.min(limit, maxLimit))
  return json({ items: jobs.map((job) => toJson(world, incoming, job)), nextCursor })
}

/** The cursor is the id of the last job on the previous page; nothing follows an unknown one. */
function page(jobs: readonly JobRecord[], cursor: string | null, limit: number) {
  const last = jobs.findIndex((job) => job.id === cursor)
  const start = cursor ? (last < 0 ? jobs.length : last + 1) : 0
  const shown = jobs.slice(start, start + limit)
  return { jobs: shown, nextCursor: start + limit < jobs.length ? (shown.at(-1)?.id ?? null) : null }
}

function withOwnJob(
  world: World,
  incoming: Incoming,
  description: string,
  id: string,
  use: (job: JobRecord) => Answer,
): Promise<Answer> {
  return signedIn(world, incoming, description, (signer) => {
    const job = world.jobs.get(id)
    if (!job) return failure(404, 'Job not found')
    return job.owner === signer ? use(job) : failure(403, 'Unauthorized')
  })
}

function toJson(world: World, { url }: Incoming, job: JobRecord): Record<string, unknown> {
  return toServiceJob(job, world.settings.clock.now(), url.origin)
}
