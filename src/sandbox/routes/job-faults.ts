// Faults of jobs: what their owner sees, and how they end.
import { isRecord, own, ownString, parseJson } from '../../internal/json.ts'
import { failJob, toServiceJob } from '../state/jobs.ts'
import type { World } from '../state/world.ts'
import type { Strike } from '../wire/fault-types.ts'
import { type Answer, bytesOf, type Incoming } from '../wire/messages.ts'
import { moderationError } from './generate.ts'

type Shown = Record<string, unknown>

/** Changes each job in the answer. Without one that can be changed, the strike is returned. */
export function spoilJobs(world: World, incoming: Incoming, answer: Answer, strike: Strike): Answer {
  const change = (job: unknown) => (isRecord(job) ? changed(world, incoming, job, strike) : undefined)
  const value = answer.status === 200 ? parseJson(new TextDecoder().decode(bytesOf(answer.body))) : undefined
  const items = own(value, 'items')
  const jobs = Array.isArray(items) ? items : [value]
  const shown = jobs.map(change)
  if (shown.every((job) => job === undefined)) {
    strike.giveBack()
    return answer
  }
  const all = shown.map((job, at) => job ?? jobs[at])
  const body = JSON.stringify(Array.isArray(items) ? { ...(value as Shown), items: all } : all[0])
  return { ...answer, body }
}

/** `undefined`: the fault does not apply to this job. */
function changed(world: World, { url }: Incoming, job: Shown, { kind, state, error }: Strike) {
  const { result, ...rest } = job
  if (kind === 'no-result') return result === undefined ? undefined : rest
  if (kind === 'unknown-state') return { ...rest, status: state, error: null }
  const record = world.jobs.get(ownString(job, 'id') ?? '')
  if (!record || job.status === 'failed') return undefined
  const now = world.settings.clock.now()
  failJob(record, now, error ?? moderationError)
  return toServiceJob(record, now, url.origin)
}
