// What the compiler must accept and refuse of operations and their inputs. Checked by `tsc`; never run.
import type { AnyOperationId, AssetKind, InputOf, OperationId, Output, OutputOf, Receipt } from 'stablestudio'
import { StableStudioClient } from 'stablestudio'

type Same<a, b> = (<t>() => t extends a ? 1 : 2) extends <t>() => t extends b ? 1 : 2 ? true : false

const studio = new StableStudioClient()
const prompt = 'a lighthouse'

export async function known() {
  await studio.run('gpt-image-1/generate', { prompt })
  await studio.run('gpt-image-1/generate', { prompt, size: '1024x1024', quality: 'high', background: 'auto' })
  await studio.run('gpt-image-1/generate', { prompt, output_format: 'webp', output_compression: 80 })
  await studio.run('nano-banana-pro/generate', { prompt, aspectRatio: '16:9', imageSize: '2K' })
  await studio.submit('gpt-image-1.5/generate', { prompt, moderation: 'low' })
  await studio.quote('nano-banana-pro/generate', { prompt })

  // @ts-expect-error the service spells it aspectRatio
  await studio.run('nano-banana-pro/generate', { prompt, aspect_ratio: '16:9' })
  // @ts-expect-error not a size of this model
  await studio.run('gpt-image-1/generate', { prompt, size: '512x512' })
  // @ts-expect-error the prompt is missing
  await studio.run('gpt-image-1/generate', { size: '1024x1024' })
  // @ts-expect-error the prompt is no text
  await studio.run('gpt-image-1/generate', { prompt: 7 })
  // @ts-expect-error null is not "left out"
  await studio.run('gpt-image-1/generate', { prompt, size: null })
  // @ts-expect-error a field of another model
  await studio.submit('gpt-image-1/generate', { prompt, imageSize: '2K' })
  // @ts-expect-error not a quality
  await studio.quote('gpt-image-1/generate', { prompt, quality: 'ultra' })
  // @ts-expect-error the input is missing
  await studio.run('gpt-image-1/generate')
}

export async function unknown() {
  const output = await studio.run('tomorrow-1/generate', { anything: [1, { goes: true }] }, { maxPrice: '1' })
  const kind: AssetKind = output.kind
  // @ts-expect-error of an unknown operation it may be any kind
  const image: 'image' = output.kind
  await studio.submit('tomorrow-1/generate', {})
  await studio.quote('tomorrow-1/generate', { n: null })
  const operation: string = 'from/elsewhere'
  await studio.run(operation, { prompt }, { maxPrice: '1' })
  const wide: AnyOperationId = operation
  // @ts-expect-error any text is no known operation
  const narrow: OperationId = operation
  // @ts-expect-error an operation is a text
  await studio.run(7, { prompt })
  return { kind, image, wide, narrow }
}

export async function outputs(output: Output) {
  const image = await studio.run('gpt-image-1/generate', { prompt })
  const kind: 'image' = image.kind
  const receipt: Receipt = image.receipt
  const usd: string = image.receipt.usd
  const none: undefined = image.thumbnailUrl
  const blob: Blob = await image.blob()
  const bytes: Uint8Array = await image.bytes()
  // @ts-expect-error an image is no video
  const video: 'video' = image.kind
  // @ts-expect-error what `wait` resolves to may have no receipt
  const always: Receipt = output.receipt
  const anyOutput: Output = image
  const narrowed = output.kind === 'video' ? 'video' : (output.kind satisfies 'image' | 'svg')
  return { kind, receipt, usd, none, blob, bytes, video, always, anyOutput, narrowed }
}

export function videos(video: Output<'video'>, image: Output<'image'>, svg: Output<'svg'>) {
  const still: string | undefined = video.thumbnailUrl
  // @ts-expect-error only videos have a thumbnail
  const noStill: string = image.thumbnailUrl
  // @ts-expect-error only videos have a thumbnail
  const noneEither: string = svg.thumbnailUrl
  return { still, noStill, noneEither }
}

export const checks: readonly true[] = [
  true satisfies Same<OutputOf<'gpt-image-1/generate'>['kind'], 'image'>,
  true satisfies Same<OutputOf<'tomorrow-1/generate'>['kind'], AssetKind>,
  true satisfies Same<InputOf<'tomorrow-1/generate'>, Record<string, unknown>>,
  true satisfies Same<InputOf<'gpt-image-1/generate'>['prompt'], string>,
  true satisfies Same<'gpt-image-1/generate' extends OperationId ? true : false, true>,
]
