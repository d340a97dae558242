// The AI SDK's files as the client takes them: an https URL, or bytes, which it uploads.
import type { Experimental_VideoModelV4File, ImageModelV4File } from '@ai-sdk/provider'
import type { Problems } from './problems.ts'

export type File = ImageModelV4File | Experimental_VideoModelV4File

/** A picture as a URL or bytes. Adds a problem for what the service could not take. */
export function pictureOf(file: File, path: string, problems: Problems): unknown {
  if (kindOf(file) === 'video') problems.add(path, 'must be a picture, not a video')
  return mediaOf(file, path, problems)
}

/** A file as a URL or bytes. The client looks at the bytes themselves before it pays for an upload. */
export function mediaOf(file: File, path: string, problems: Problems): unknown {
  if (file?.type === 'url') {
    if (!/^https:\/\//i.test(String(file.url))) problems.add(path, 'must be an https URL, or the file itself')
    return file.url
  }
  const bytes = bytesOf(file)
  if (bytes === undefined) problems.add(path, 'must be a file of bytes or base64, or an https URL')
  return bytes
}

/** What a file is, where its bytes or its media type tell. */
export function kindOf(file: File): 'image' | 'video' | undefined {
  const bytes = bytesOf(file)
  if (bytes && isVideo(bytes)) return 'video'
  const { mediaType } = (file ?? {}) as { mediaType?: unknown }
  return /^(image|video)\//.exec(String(mediaType))?.[1] as 'image' | 'video' | undefined
}

function bytesOf(file: File): Uint8Array | undefined {
  if (file?.type !== 'file') return undefined
  if (typeof file.data !== 'string') return ArrayBuffer.isView(file.data) ? file.data : undefined
  try {
    const text = atob(file.data.replace(/-/g, '+').replace(/_/g, '/'))
    return Uint8Array.from(text, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

/** MP4 and QuickTime (`ftyp`), WebM and Matroska. The AI SDK labels frames as pictures without looking for these. */
function isVideo(bytes: Uint8Array): boolean {
  const starts = (at: number, ...expected: number[]) =>
    expected.every((byte, index) => bytes[at + index] === byte)
  return starts(4, 0x66, 0x74, 0x79, 0x70) || starts(0, 0x1a, 0x45, 0xdf, 0xa3)
}
