// An image model of the AI SDK: n pictures are n payments inside one call, so that none is dropped for another's failure.
import type {
  ImageModelV4,
  ImageModelV4CallOptions,
  ImageModelV4Result,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { isStableStudioError, type StableStudioClient } from '../index.ts'
import { buy, gravest } from './buy.ts'
import { maxImages, planImage, type Target, targetOf } from './plan.ts'

export function createImageModel(client: StableStudioClient, id: string): ImageModelV4 {
  const target = targetOf(id, 'image')
  return {
    specificationVersion: 'v4',
    provider: 'stablestudio.image',
    modelId: id,
    // The client's own `concurrency` and `limits` hold inside.
    maxImagesPerCall: maxImages,
    supportsFileInputs: true,
    supportsMaskInputs: false,
    doGenerate: (options) => generate(client, target, options),
  }
}

async function generate(
  client: StableStudioClient,
  target: Target,
  options: ImageModelV4CallOptions,
): Promise<ImageModelV4Result> {
  const plan = planImage(target, options)
  const { n, abortSignal } = options
  const calls = Array.from({ length: n }, (_, index) => buy(client, plan, index, abortSignal))
  const results = await Promise.allSettled(calls)
  const bought = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  // Never an empty list: the AI SDK would call again, and pay again.
  if (bought.length === 0) throw gravest(results.flatMap((one) => ('reason' in one ? [one.reason] : [])))
  return {
    images: bought.map(({ data }) => data),
    warnings: [...plan.warnings, ...results.flatMap(missing)],
    providerMetadata: { stablestudio: { images: bought.map(({ metadata }) => metadata) } },
    response: { timestamp: new Date(), modelId: target.id, headers: undefined },
  }
}

function missing(
  result: PromiseSettledResult<unknown>,
  index: number,
  { length }: readonly unknown[],
): SharedV4Warning[] {
  if (result.status === 'fulfilled') return []
  return [
    { type: 'other', message: `Picture ${index + 1} of ${length} is missing. ${reasonOf(result.reason)}` },
  ]
}

function reasonOf(error: unknown): string {
  if (!isStableStudioError(error)) return 'An unexpected error occurred.'
  const { shortMessage, code, payment, job, attemptId } = error
  const handle = job
    ? `; its job is paid: client.wait('${job.id}')`
    : attemptId
      ? `; attempt ${attemptId}`
      : ''
  return `${shortMessage} (${code}, payment: ${payment}${handle})`
}
