// Fields that take media (images, videos, audio): an https URL that the service fetches, or bytes that are uploaded.
import { parseUrl } from '../internal/url.ts'
import * as z from '../internal/zod.ts'
import type { InputSchema } from './operation.ts'

function url() {
  return z
    .string()
    .check(z.refine(isHttps, { error: 'must be an https URL without a user name or password' }))
}

/** An https URL of anything but media. */
export const httpsUrl = url()

/**
 * An image, video or audio file: an https URL that the service fetches before it charges, or the bytes themselves, which
 * are uploaded first for $0.01 (the same bytes once).
 */
export type Media = string | Blob | Uint8Array<ArrayBuffer> | ArrayBuffer

/** One media file. Every media field uses this very schema, which is how {@link mediaFieldsOf} finds them. */
// Bytes are replaced by their URL before the schema sees them, so only its input type is wider.
export const mediaUrl = url() as unknown as z.ZodMiniType<string, Media>

/** At least one media file. */
export function mediaUrls(max?: number) {
  return z.array(mediaUrl).check(z.minLength(1), ...(max === undefined ? [] : [z.maxLength(max)]))
}

/** Any number of media files. */
export function optionalMediaUrls(max: number) {
  return z.optional(z.array(mediaUrl).check(z.maxLength(max)))
}

/** The names of the media fields, single or lists. */
export function mediaFieldsOf(input: InputSchema): string[] {
  return Object.entries(input.shape).flatMap(([name, schema]) => (takesMedia(schema) ? [name] : []))
}

function takesMedia(schema: z.core.$ZodType): boolean {
  const { innerType, element } = schema._zod.def as { innerType?: z.core.$ZodType; element?: z.core.$ZodType }
  const inner = innerType ?? element
  return schema === mediaUrl || (inner !== undefined && takesMedia(inner))
}

/** Not `z.url`, which weighs 500 bytes more and lets credentials pass. */
function isHttps(text: string): boolean {
  const url = parseUrl(text)
  return url?.protocol === 'https:' && !url.username && !url.password
}
