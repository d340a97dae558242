// The types of the hook: fields and outputs follow the operation.
import { StableStudioClient } from 'stablestudio'
import { useGeneration } from 'stablestudio/react'

export async function Component() {
  const { start, price, state, progress, quote } = useGeneration(new StableStudioClient())
  const image = await start('gpt-image-1.5/generate', { prompt: 'a lighthouse', quality: 'high' })
  const url: string | undefined = image?.url
  // @ts-expect-error not a quality
  void start('gpt-image-1.5/generate', { prompt: 'a lighthouse', quality: 'best' })
  // @ts-expect-error a prompt is missing
  void price('gpt-image-1.5/generate', {})
  const video = await start('veo-3.1/generate', { prompt: 'a lighthouse' }, { maxPrice: '3.20' })
  const still: string | undefined = video?.thumbnailUrl
  const kind: 'video' | undefined = video?.kind
  // @ts-expect-error no such state
  const wrong: boolean = state === 'finished'
  return [url, still, kind, wrong, progress?.expectedMs, quote?.usd]
}

useGeneration(undefined, { name: 'hero', autoResume: false })
// @ts-expect-error not an option
useGeneration(undefined, { key: 'hero' })
