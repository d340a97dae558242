// Fields that take media (images, videos, audio): an https URL that the service fetches, or bytes that are uploaded.
import { parseUrl } from '../internal/url.ts'
import * as z from '../internal/zod.ts'
import type { InputSchema } from './operation.ts'

function url() {
  return z.string().check(z.refine(isHttps, { error: 'must be an https URL without user name and password' }))
}

/** An https URL that is not media. */
export const httpsUrl = url()

/**
 * A medium: an https URL that the service fetches before it charges, or the bytes themselves, which are uploaded first
 * for $0.01 (the same bytes once).
 */
export type Media = string | Blob | Uint8Array<ArrayBuffer> | ArrayBuffer

/** One medium. Every field that takes media is made of this very schema, which is how {@link mediaFieldsOf} works. */
// Bytes are replaced by their URL before the schema sees them, so only the type of its input is wider.
export const mediaUrl = url() as unknown as z.ZodMiniType<string, Media>

/** Several media, one at least. */
export function mediaUrls(max?: number) {
  return z.array(mediaUrl).check(z.minLength(1), ...(max === undefined ? [] : [z.maxLength(max)]))
}

/** Several media or none. */
export function optionalMediaUrls(max: number) {
  return z.optional(z.array(mediaUrl).check(z.maxLength(max)))
}

/** The names of the fields that take media, alone or as a list. */
export function mediaFieldsOf(input: InputSchema): string[] {
  return Object.entries(input.shape).flatMap(([name, schema]) => (takesMedia(schema) ? [name] : []))
}

function takesMedia(schema: z.core.$ZodType): boolean {
  const { innerType, element } = schema._zod.def as { innerType?: z.core.$ZodType; element?: z.core.$ZodType }
  const inner = innerType ?? element
  return schema === mediaUrl || (inner !== undefined && takesMedia(inner))
}

/** Not `z.url`, which weighs 500 bytes more and would let credentials pass. */
function isHttps(text: string): boolean {
  const url = parseUrl(text)
  return url?.protocol === 'https:' && !url.username && !url.password
}
