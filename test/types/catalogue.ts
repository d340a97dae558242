// Checked by tsc alone: what an editor completes and refuses, for one operation of every family at least.
import type { AnyOperationId, InputOf, Media, OperationId, OutputOf, StableStudioClient } from 'stablestudio'

declare const studio: StableStudioClient

type Equal<a, b> = (<t>() => t extends a ? 1 : 2) extends <t>() => t extends b ? 1 : 2 ? true : false

function holds<claim extends true>(): claim | undefined {
  return undefined
}

const prompt = 'a lighthouse at dusk'
const picture = 'https://example.com/picture.png'

export async function operations(): Promise<void> {
  await studio.run('gpt-image-1/generate', { prompt, size: '1024x1024', quality: 'high' })
  await studio.run('gpt-image-2/edit', { prompt, images: [picture], background: 'opaque' })
  // @ts-expect-error no transparent background
  await studio.run('gpt-image-2/generate', { prompt, background: 'transparent' })
  // @ts-expect-error no automatic size
  await studio.run('gpt-image-2.5-flare/generate', { prompt, size: 'auto' })
  // @ts-expect-error edits need images
  await studio.run('gpt-image-1.5/edit', { prompt })

  await studio.run('nano-banana/generate', { prompt, aspectRatio: '8:1', thinkingLevel: 'high' })
  // @ts-expect-error spelled aspectRatio
  await studio.run('nano-banana-pro/generate', { prompt, aspect_ratio: '1:1' })
  // @ts-expect-error 512 is for nano-banana alone
  await studio.run('nano-banana-pro/generate', { prompt, imageSize: '512' })

  await studio.run('flux-2-max/generate', { prompt, resolution: '4 MP', seed: 7 })
  // @ts-expect-error 4 MP is for flux-2-max alone
  await studio.run('flux-2-pro/generate', { prompt, resolution: '4 MP' })

  await studio.run('grok/edit', { prompt, images: [picture], aspect_ratio: '19.5:9' })
  await studio.run('grok-video/generate', { prompt, duration: '9', image: picture })
  // @ts-expect-error seconds are strings
  await studio.run('grok-video/generate', { prompt, duration: 9 })

  await studio.run('seedance/t2v', { prompt, outputResolution: '1080p', upscaleResolution: '4k' })
  await studio.run('seedance-fast/i2v', { prompt, urls: [picture], urlMediaTypes: ['image'] })
  // @ts-expect-error 1080p is for seedance alone
  await studio.run('seedance-fast/t2v', { prompt, outputResolution: '1080p' })
  // @ts-expect-error the pictures are `urls`
  await studio.run('seedance/i2v', { prompt, image: picture })

  await studio.run('wan-2.6/t2v', { prompt, size: '1920*1080' })
  await studio.run('wan-2.6/i2v', { prompt, image: picture, resolution: '1080p' })
  // @ts-expect-error with a star
  await studio.run('wan-2.6/t2v', { prompt, size: '1280x720' })
  // @ts-expect-error t2v has size
  await studio.run('wan-2.6/t2v', { prompt, resolution: '720p' })
  // @ts-expect-error i2v has resolution
  await studio.run('wan-2.6/i2v', { prompt, image: picture, size: '1280*720' })

  await studio.run('sora-2-pro/generate', {
    prompt,
    seconds: '12',
    size: '1792x1024',
    input_reference: picture,
  })
  // @ts-expect-error spelled seconds
  await studio.run('sora-2/generate', { prompt, duration: '4' })

  await studio.run('veo-3.1/generate', {
    prompt,
    negativePrompt: 'people',
    imageMode: 'first-frame',
    image: picture,
  })
  // @ts-expect-error only the quality model has it
  await studio.run('veo-3.1-fast/generate', { prompt, negativePrompt: 'people' })

  await studio.run('arrow-1.1/vectorize', { image: picture, target_size: 512 })
  // @ts-expect-error the picture is needed
  await studio.run('arrow-1.1-max/vectorize', { target_size: 512 })

  await studio.run('some-model/of-tomorrow', { anything: ['goes'] }, { maxPrice: '0.50' })
}

export async function outputs(): Promise<void> {
  const video = await studio.run('sora-2/generate', { prompt })
  holds<Equal<typeof video.kind, 'video'>>()
  holds<Equal<typeof video.thumbnailUrl, string | undefined>>()
  const svg = await studio.run('arrow-1.1/vectorize', { image: picture })
  holds<Equal<typeof svg.kind, 'svg'>>()
  holds<Equal<typeof svg.thumbnailUrl, undefined>>()
  const image = await studio.run('grok/generate', { prompt })
  holds<Equal<typeof image.kind, 'image'>>()
  const unknown = await studio.run('some-model/of-tomorrow', {})
  holds<Equal<typeof unknown.kind, 'image' | 'video' | 'svg'>>()
}

export function names(): void {
  const known: OperationId = 'veo-3.1-fast/generate'
  const any: AnyOperationId = 'some-model/of-tomorrow'
  // @ts-expect-error spelled t2v
  const misspelled: OperationId = 'seedance/generate'
  void [known, any, misspelled]
  holds<Equal<InputOf<'wan-2.6/t2v'>['duration'], '5' | '10' | '15' | undefined>>()
  holds<Equal<InputOf<'gpt-image-2/edit'>['images'], Media[]>>()
  holds<Equal<InputOf<'some-model/of-tomorrow'>, Record<string, unknown>>>()
  holds<Equal<OutputOf<'grok-video/generate'>['kind'], 'video'>>()
}
