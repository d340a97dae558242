// What a typical file does with the client; the difference to the baseline is what its types cost.
import type { StableStudioClient } from 'stablestudio'

export declare const studio: StableStudioClient

export async function use(): Promise<(string | undefined)[]> {
  const quote = await studio.quote('gpt-image-1/generate', { prompt: 'a lighthouse', quality: 'high' })
  const image = await studio.run('nano-banana-pro/edit', { prompt: 'at night', images: [new Blob()] })
  const video = await studio.run('veo-3.1/generate', { prompt: 'waves', durationSeconds: '4' })
  const drawing = await studio.run('arrow-1.1/vectorize', { image: image.url })
  return [quote.usd, image.url, video.thumbnailUrl, drawing.receipt.usd]
}
