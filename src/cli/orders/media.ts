// The flags of `image`, `video` and `vectorize` as orders. The same table maps them as for the AI SDK.

import { inputAt, type Plan, planImage, targetOf } from '../../ai/plan.ts'
import { planVideo } from '../../ai/plan-video.ts'
import { InvalidInputError } from '../../index.ts'
import { readMediaFile } from './files.ts'
import type { Order } from './order.ts'

export type ImageFlags = {
  model: string
  count: number
  size?: string
  ratio?: string
  image?: string[]
  seed?: number
  quality?: string
  background?: string
  format?: string
}
export type VideoFlags = {
  model: string
  seconds?: number
  size?: string
  ratio?: string
  image?: string[]
  last?: string
  seed?: number
}

type AiFile =
  | { type: 'url'; url: string }
  | { type: 'file'; data: Uint8Array<ArrayBuffer>; mediaType: string }

/** `-n` pictures of one input. With a seed each has its own, or the same picture would be paid for again. */
export async function imageOrders(
  prompt: string,
  flags: ImageFlags,
): Promise<{ orders: Order[]; warnings: string[] }> {
  const { model, count, size, ratio, seed } = flags
  const files = await Promise.all((flags.image ?? []).map(aiFile))
  const plan = named(() =>
    planImage(targetOf(model, 'image'), {
      ...{
        prompt,
        n: count,
        size: size as `${number}x${number}`,
        aspectRatio: ratio as `${number}:${number}`,
        seed,
      },
      ...{ files, mask: undefined, providerOptions: { stablestudio: ownFields(flags) } },
    }),
  )
  const hasSeed = typeof plan.input.seed === 'number'
  const first = orderOf(plan, 0)
  const orders = Array.from({ length: count }, (_, at) => (hasSeed ? orderOf(plan, at) : first))
  return { orders, warnings: warningsOf(plan) }
}

export async function videoOrders(
  prompt: string,
  flags: VideoFlags,
): Promise<{ orders: Order[]; warnings: string[] }> {
  const { model, seconds, size, ratio, seed, image = [], last } = flags
  const [first, ...others] = await Promise.all(image.map(aiFile))
  const lastFile = last === undefined ? undefined : await aiFile(last)
  const frames = lastFile
    ? [
        ...(first ? [{ image: first, frameType: 'first_frame' as const }] : []),
        { image: lastFile, frameType: 'last_frame' as const },
      ]
    : undefined
  const references = others.length > 0 ? [...(first ? [first] : []), ...others] : undefined
  const plan = named(() =>
    planVideo(targetOf(model, 'video'), {
      ...{ prompt, n: 1, duration: seconds, seed, fps: undefined, providerOptions: {} },
      ...{ resolution: size as `${number}x${number}`, aspectRatio: ratio as `${number}:${number}` },
      ...{
        image: frames || references ? undefined : first,
        frameImages: frames,
        inputReferences: references,
      },
      generateAudio: undefined,
    } as Parameters<typeof planVideo>[1]),
  )
  return { orders: [orderOf(plan, 0)], warnings: warningsOf(plan) }
}

export async function vectorizeOrders(
  file: string,
  model: string,
): Promise<{ orders: Order[]; warnings: string[] }> {
  const operation = model.includes('/') ? model : `${model}/vectorize`
  return { orders: [{ operation, input: { image: await readMediaFile(file) } }], warnings: [] }
}

function orderOf(plan: Plan, at: number): Order {
  return { operation: plan.operation, input: inputAt(plan, at) }
}

function ownFields({ quality, background, format }: ImageFlags) {
  return {
    ...(quality !== undefined && { quality }),
    ...(background !== undefined && { background }),
    ...(format !== undefined && { output_format: format }),
  }
}

async function aiFile(path: string): Promise<AiFile> {
  const file = await readMediaFile(path)
  if (typeof file === 'string') return { type: 'url', url: file }
  return { type: 'file', data: new Uint8Array(await file.arrayBuffer()), mediaType: file.type }
}

/** The AI SDK's names for what the command calls otherwise. */
const flagOf: { [path: string]: string } = {
  size: '--size',
  resolution: '--size',
  aspectRatio: '--ratio',
  duration: '--seconds',
  files: '-i',
  image: '-i',
  inputReferences: '-i',
  frameImages: '--last',
  seed: '--seed',
  id: '-m',
  n: '-n',
}

const inFlags = (path: string) => flagOf[path.split('.')[0] ?? ''] ?? path

/** Problems by the flag that mends them. */
function named<value>(plan: () => value): value {
  try {
    return plan()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const issues = error.issues.map(({ path, message }) => ({
      path: inFlags(path),
      message: message
        .replace(
          "set the service's own field in providerOptions.stablestudio",
          'use `stablestudio run` with its own fields',
        )
        .replace(/use client\.run\(.*$/, 'use `stablestudio vectorize`')
        .replace(/use (image|video)\('([^']*)'\)\. For \w+\(\)/, 'use `stablestudio $1 -m $2`. Here'),
    }))
    throw new InvalidInputError(error.shortMessage.replace('call of', 'flags for'), {
      issues,
      hint: 'Nothing was sent and nothing was paid.',
    })
  }
}

function warningsOf({ warnings }: Plan): string[] {
  return warnings.map((warning) =>
    warning.type === 'other'
      ? warning.message
      : `${inFlags('feature' in warning ? warning.feature : '')}: ${'details' in warning ? warning.details : ''}`,
  )
}
