// The paid generate routes: validate the body by the catalogue, and make the job.
import type { Operation } from '../../catalogue/operation.ts'
import { findOperation, timingOf } from '../../catalogue/operations.ts'
import { addJobAssets, type NewJob } from '../media/outputs.ts'
import { ceilingOf } from '../payment/prices.ts'
import type { PaidRoute } from '../payment/route.ts'
import type { JobRecord } from '../state/jobs.ts'
import type { World } from '../state/world.ts'

/** Prompts with this word fail in moderation. */
const moderated = 'moderated-content'
/** The error of a job that the upstream's moderation stopped. */
export const moderationError =
  'Prediction failed: The input or output was flagged as sensitive (E005). Please try again with different inputs.'

/** The route of an operation; `undefined` when the service has no such operation. */
export function generateRoute(world: World, name: string): PaidRoute | undefined {
  const operation = findOperation(name)
  if (!operation) return undefined
  const [model = '', verb = ''] = name.split('/')
  return {
    operation: name,
    description: `${verb} with ${title(model)} Returns an async job with a pollUrl. Poll the returned pollUrl with SIWX until the job is complete or failed.`,
    tag: 'Generate',
    ceiling: ceilingOf(name),
    schema: operation.input,
    handle(input, owner, origin) {
      const job = newJob(world, name, operation, { ...input, model })
      world.jobs.set(job.id, { ...job, owner, result: addJobAssets(world, job) })
      const answer = { jobId: job.id, type: job.type, pollUrl: `${origin}/api/jobs/${job.id}` }
      return { jobId: job.id, answer: accepted(model, answer) }
    },
  }
}

function newJob(world: World, name: string, { kind }: Operation, input: JobRecord['input']): NewJob {
  const now = world.settings.clock.now()
  const factor = 0.8 + 0.4 * world.random()
  return {
    id: world.ids.job(now),
    type: name === 'sora-2/generate' ? 'sora-2-video' : name.replace('/', '-'),
    operation: name,
    kind,
    input,
    createdAt: now,
    endsAt: now + Math.ceil((timingOf(name, input).typicalSeconds * 1000 * factor) / world.settings.speed),
    failure: String(input.prompt ?? '').includes(moderated) ? moderationError : undefined,
  }
}

/** gpt-image-1 answers like its older handler: another order, no `pollUrl`. */
function accepted(model: string, { jobId, type, pollUrl }: Record<'jobId' | 'type' | 'pollUrl', string>) {
  if (model === 'gpt-image-1') return { type, jobId, status: 'pending', success: true }
  return { success: true, jobId, status: 'pending', type, pollUrl }
}

function title(model: string): string {
  const words = model
    .split('-')
    .map((word) => (word === 'gpt' ? 'GPT' : word.charAt(0).toUpperCase() + word.slice(1)))
  return words.join(' ')
}
