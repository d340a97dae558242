// Inputs with files: checked with placeholders first, then uploaded and replaced by their URLs.

import type { Call } from '../call.ts'
import { mediaFieldsOf } from '../catalogue/fields.ts'
import { findOperation, uploadPrice } from '../catalogue/operations.ts'
import { validateInput } from '../catalogue/validate.ts'
import type { Context } from '../context.ts'
import { isRecord } from '../internal/json.ts'
import { isBytesLike } from '../internal/realm.ts'
import { parseUsd } from '../internal/usd.ts'
import type { Receipt } from '../types.ts'
import { type FilePlace, readMedia, type UploadFile } from './file.ts'
import { isUploaded, uploadFile } from './upload.ts'

/** A valid input, with the files to upload before it can be sent. */
export type MediaInput = {
  /** Valid, with placeholders for the files' URLs. */
  input: Record<string, unknown>
  /** Each different file once, by its placeholder. */
  files: ReadonlyMap<string, UploadFile>
}

/** A URL that passes the schemas, and that nobody can mean. */
const placeholderOf = (hash: string) => `https://upload.invalid/${hash}`

/**
 * Validates an input and reads the files in it.
 *
 * @throws {InvalidInputError} with every problem, before anything is uploaded or paid.
 */
export async function readInput(operation: string, input: unknown): Promise<MediaInput> {
  const files = new Map<string, UploadFile>()
  if (!isRecord(input)) return { input: validateInput(operation, input), files }
  const known = findOperation(operation)
  const names = known ? mediaFieldsOf(known.input) : Object.keys(input)
  const replaced: Record<string, unknown> = { ...input }
  for (const name of names) {
    const place = known ? placeOf(name) : undefined
    if (Object.hasOwn(input, name)) replaced[name] = (await toPlaceholder(input[name], files, place)).value
  }
  return { input: validateInput(operation, replaced), files }
}

/** The kinds that a field accepts, which its name tells in all of the service's operations. */
function placeOf(field: string): FilePlace {
  if (/audio/i.test(field)) return { field, kinds: ['audio'] }
  return { field, kinds: field === 'urls' ? ['image', 'video'] : ['image'] }
}

/** The value is wrapped: a Promise in it must reach the check, not be awaited on the way. */
async function toPlaceholder(
  value: unknown,
  files: Map<string, UploadFile>,
  place: FilePlace | undefined,
): Promise<{ value: unknown }> {
  if (Array.isArray(value)) {
    const all = await Promise.all(value.map((one) => toPlaceholder(one, files, place)))
    return { value: all.map((one) => one.value) }
  }
  if (!isBytesLike(value)) return { value }
  const file = await readMedia(value, {}, place)
  const url = placeholderOf(file.hash)
  files.set(url, file)
  return { value: url }
}

/** Uploads the files of an input and fills in their URLs. Pays for each file that is not there yet. */
export async function uploadInput(
  context: Context,
  { input, files }: MediaInput,
  call: Call,
): Promise<{ input: Record<string, unknown>; receipts: Receipt[] }> {
  const urls = new Map<string, string>()
  const receipts: Receipt[] = []
  let left = call.maxPrice
  for (const [url, file] of files) {
    const upload = await uploadFile(context, file, { ...call, maxPrice: left })
    urls.set(url, upload.url)
    if (!upload.receipt) continue
    receipts.push(upload.receipt)
    const amount = BigInt(upload.receipt.amount)
    call.trace.uploads = (call.trace.uploads ?? 0n) + amount
    if (left !== undefined) left -= amount
  }
  return { input: placeUrls(input, (url) => urls.get(url) ?? url), receipts }
}

/** The input with something else for each placeholder. */
export function placeUrls(
  input: Record<string, unknown>,
  urlOf: (placeholder: string) => string,
): Record<string, unknown> {
  const place = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(place)
    return typeof value === 'string' && value.startsWith(placeholderOf('')) ? urlOf(value) : value
  }
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, place(value)]))
}

/** How many files of an input are still to be paid for, and what that costs. */
export async function uploadsOf(
  context: Context,
  media: MediaInput,
): Promise<{ count: number; amount: bigint }> {
  let count = 0
  for (const { hash } of media.files.values()) if (!(await isUploaded(context, hash))) count += 1
  return { count, amount: BigInt(count) * (parseUsd(uploadPrice.max) ?? 0n) }
}
