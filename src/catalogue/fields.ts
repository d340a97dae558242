// Field schemas that several models share. Media (images, videos, audio) is an https URL that the service fetches, or
// bytes that are uploaded.
import { wrongKind } from '../internal/kind.ts'
import { parseUrl } from '../internal/url.ts'
import * as z from '../internal/zod.ts'
import type { InputSchema } from './operation.ts'

/** A non-empty string. */
export function text(maxLength?: number) {
  return z.string().check(z.minLength(1), ...(maxLength === undefined ? [] : [z.maxLength(maxLength)]))
}

/** An integer in a range, with its default. */
export function integer(min: number, max: number, value: number) {
  return z._default(z.int().check(z.minimum(min), z.maximum(max)), value)
}

/** A number in a range, with its default. */
export function number(min: number, max: number, value: number) {
  return z._default(z.number().check(z.minimum(min), z.maximum(max)), value)
}

/** A boolean with its default. */
export function flag(value: boolean) {
  return z._default(z.boolean(), value)
}

/** One of some values, with its default. */
export function choice<const values extends readonly string[]>(values: values, standard: values[number]) {
  return z._default(z.enum(values), standard as never)
}

const mustBeHttps = 'must be an https URL without a user name or password'

/** An https URL of anything but media. */
export const httpsUrl = z.string().check(z.refine(isHttps, { error: mustBeHttps }))

/**
 * An image, video or audio file: an https URL that the service fetches before it charges, or the bytes themselves, which
 * are uploaded first for $0.01 (the same bytes once).
 */
export type Media = string | Blob | Uint8Array<ArrayBuffer> | ArrayBuffer

/** One media file. Every media field uses this very schema, which is how {@link mediaFieldsOf} finds them. */
// Bytes are replaced by their URL before the schema sees them, so only its input type is wider.
export const mediaUrl = z
  .string({ error: wrongMedia })
  .check(z.refine(isHttps, { error: wrongMedia })) as unknown as z.ZodMiniType<string, Media>

/** What to pass instead of a file that the service cannot fetch. */
function wrongMedia({ input }: { input?: unknown }): string | undefined {
  if (input === undefined) return undefined
  if (typeof input !== 'string') return wrongKind(input, 'must be an https URL, bytes or a File')
  const instead = /^(http|data|blob):/.test(input)
    ? 'await (await fetch(url)).blob()'
    : "await fromFile(path) from 'stablestudio/node'"
  return `${mustBeHttps}; otherwise pass bytes, a File, or ${instead}`
}

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
