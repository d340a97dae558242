// The paid generate routes: validate the body by the catalogue, and make the job.
import type { Operation } from '../../catalogue/operation.ts'
import { findOperation, timingOf } from '../../catalogue/operations.ts'
import { addJobAssets } from '../media/outputs.ts'
import { ownerOf } from '../payment/pay.ts'
import { ceilingOf, priceOf } from '../payment/prices.ts'
import type { Made, PaidRoute, Read } from '../payment/route.ts'
import type { JobRecord } from '../state/jobs.ts'
import type { World } from '../state/world.ts'
import { en } from '../state/zod.ts'

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
    read: (text) => parseBody(text, operation.input),
    price: (body) => priceOf(name, body, world.settings.price),
    handle: async (body, payer, origin) => makeJob(world, { name, operation, body, payer, origin }),
  }
}

/** The service uses zod's own messages. */
const { localeError } = en()

/** Parses a JSON body by its schema, with the service's issues. */
export function parseBody(text: string, schema: Operation['input']): Read {
  let value: unknown
  try {
    // An empty body fails the schema, not the parser.
    value = text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    return { ok: false, error: 'Invalid JSON', issues: [] }
  }
  const parsed = schema.safeParse(value, { error: localeError })
  if (parsed.success) return { ok: true, body: parsed.data as Record<string, unknown> }
  return { ok: false, error: 'Validation failed', issues: parsed.error.issues }
}

type Order = {
  name: string
  operation: Operation
  body: Record<string, unknown>
  payer: string
  origin: string
}

function makeJob(world: World, { name, operation, body, payer, origin }: Order): Made {
  const now = world.settings.clock.now()
  const [model = '', verb = ''] = name.split('/')
  const id = world.ids.job(now)
  const factor = 0.8 + 0.4 * world.random()
  const job: Omit<JobRecord, 'result'> = {
    id,
    type: name === 'sora-2/generate' ? 'sora-2-video' : `${model}-${verb}`,
    operation: name,
    kind: operation.kind,
    owner: ownerOf(payer),
    input: { ...body, model },
    createdAt: now,
    endsAt: now + Math.ceil((timingOf(name, body).typicalSeconds * 1000 * factor) / world.settings.speed),
    failure: String(body.prompt ?? '').includes(moderated) ? moderationError : undefined,
  }
  world.jobs.set(id, { ...job, result: addJobAssets(world, job) })
  return {
    jobId: id,
    answer: accepted(model, { jobId: id, type: job.type, pollUrl: `${origin}/api/jobs/${id}` }),
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
