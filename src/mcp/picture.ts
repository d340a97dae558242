// A picture in the answer itself, when it was asked for and is small: hosts drop larger ones with the whole answer.
import { lstat, readFile } from 'node:fs/promises'
import { mediaTypeOf } from '../internal/media-type.ts'
import type { Result } from './results.ts'

/** As base64 it stays below the 1 MiB that hosts take. */
const maxBytes = 700_000
const shown = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

export type Picture = {
  blocks: Extract<Result['content'][number], { type: 'image' }>[]
  note?: string | undefined
}

export async function pictureOf(file: string, mediaType: string): Promise<Picture> {
  if (!shown.includes(mediaType))
    return { blocks: [], note: `Not shown: ${mediaType} is not a picture that can be.` }
  const found = await lstat(file).catch(() => undefined)
  if (!found?.isFile()) return { blocks: [], note: 'Not shown: it is not a file of this machine.' }
  if (found.size > maxBytes) {
    const kB = Math.round(found.size / 1000)
    const how = "a smaller size, or output_format 'webp' where the model has it"
    return { blocks: [], note: `Not shown: ${kB} kB, and at most 700 are. For the next one: ${how}.` }
  }
  const bytes = await readFile(file)
  const type = mediaTypeOf(bytes, [])
  if (!('type' in type) || !shown.includes(type.type))
    return { blocks: [], note: 'Not shown: not a picture.' }
  return { blocks: [{ type: 'image', data: bytes.toString('base64'), mimeType: type.type }] }
}
