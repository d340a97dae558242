// `upload`: turns a file into a URL for use in inputs.

import type { Call } from '../call.ts'
import type { Media } from '../catalogue/fields.ts'
import type { Context } from '../context.ts'
import type { Upload } from '../types.ts'
import { type FileOptions, readMedia } from '../uploads/file.ts'
import { uploadFile } from '../uploads/upload.ts'

/** Options of `upload`. @inlineType FileOptions */
export type UploadOptions = FileOptions & {
  signal?: AbortSignal | undefined
  /** Time limit of the whole call, ms. @default 900_000 */
  timeout?: number | undefined
}

export async function upload(
  context: Context,
  media: Media,
  { filename, mediaType }: FileOptions,
  call: Call,
): Promise<Upload> {
  return uploadFile(context, await readMedia(media, { filename, mediaType }), call)
}
