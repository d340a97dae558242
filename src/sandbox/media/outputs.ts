// The files that a job makes: their type, size and content.
import { fromBase64 } from '../../internal/base64.ts'
import type { JobRecord } from '../state/jobs.ts'
import type { World } from '../state/world.ts'
import type { Asset } from './assets.ts'
import { paintPng, paintSvg } from './pictures.ts'
import { jpeg, webp } from './samples.ts'
import { mp4 } from './video.ts'

/** A job without what depends on it. */
export type NewJob = Omit<JobRecord, 'owner' | 'result'>
type Size = { width: number; height: number }

/** Adds a job's files, to appear once it is complete. Returns their paths by the service's field names. */
export function addJobAssets(world: World, job: NewJob): Record<string, string> {
  if (job.failure !== undefined) return {}
  const put = (extension: string, contentType: string, make: Asset['bytes']) => {
    const path = `/generated/${world.ids.uuid(job.createdAt)}.${extension}`
    world.assets.put(path, { contentType, from: job.endsAt, bytes: once(make) })
    return path
  }
  const prompt = String(job.input.prompt ?? job.id)
  if (job.kind === 'svg') {
    return { imageUrl: put('svg', 'image/svg+xml', async () => new TextEncoder().encode(paintSvg(prompt))) }
  }
  if (job.kind === 'video') {
    return {
      videoUrl: put('mp4', 'video/mp4', sample(mp4)),
      thumbnailUrl: put('png', 'image/png', () => paintPng(prompt, { width: 320, height: 180 })),
    }
  }
  return { imageUrl: putImage(job, prompt, put) }
}

function putImage(
  { input }: NewJob,
  prompt: string,
  put: (extension: string, contentType: string, make: Asset['bytes']) => string,
): string {
  if (input.output_format === 'jpeg') return put('jpeg', 'image/jpeg', sample(jpeg))
  if (input.output_format === 'webp') return put('webp', 'image/webp', sample(webp))
  return put('png', 'image/png', () => paintPng(prompt, sizeOf(input)))
}

/** The size of an input, in pixels or as an aspect ratio of about a megapixel. */
export function sizeOf(input: Readonly<Record<string, unknown>>): Size {
  const pixels = /^(\d{2,4})[x*](\d{2,4})$/.exec(String(input.size ?? ''))
  if (pixels) return { width: Math.min(2048, Number(pixels[1])), height: Math.min(2048, Number(pixels[2])) }
  const ratio = /^(\d{1,2}):(\d{1,2})$/.exec(String(input.aspectRatio ?? input.aspect_ratio ?? '1:1'))
  const factor = Math.sqrt(ratio ? Number(ratio[1]) / Number(ratio[2]) : 1)
  const side = (length: number) => Math.max(16, Math.round(length / 16) * 16)
  return { width: side(1024 * factor), height: side(1024 / factor) }
}

const sample = (base64: string) => async () => fromBase64(base64) ?? new Uint8Array()

/** Makes the bytes at most once. */
function once<value>(make: () => Promise<value>): () => Promise<value> {
  let made: Promise<value> | undefined
  return () => {
    made ??= make()
    return made
  }
}
