// A file as an input: read, checked and named before anything is paid for it.
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Media } from '../catalogue/media.ts'
import { InvalidInputError } from '../errors.ts'
import { hexDigits } from '../internal/hex.ts'
import { detectMediaType, extensionOf, mediaTypes } from '../internal/media-type.ts'

/** What a file is called and what it is, where its bytes do not say it. */
export type FileOptions = {
  /** @default the file's own name, else 'upload' with the usual extension */
  filename?: string | undefined
  /** @default detected from the bytes */
  mediaType?: string | undefined
}

/** A file, ready to be uploaded. */
export type UploadFile = { bytes: Uint8Array<ArrayBuffer>; filename: string; mediaType: string; hash: string }

const maxImageBytes = 10 * 1024 * 1024

/** Reads and checks a file. @throws {InvalidInputError} before anything is paid. */
export async function readMedia(media: unknown, options: FileOptions = {}): Promise<UploadFile> {
  const bytes = await bytesOf(media)
  if (!bytes) throw invalidFile('must be a Blob, File, Uint8Array or ArrayBuffer')
  if (bytes.length === 0) throw invalidFile('is empty')
  const mediaType = options.mediaType ?? detectMediaType(bytes) ?? typeOf(media)
  if (!mediaType || !(mediaTypes as readonly string[]).includes(mediaType)) {
    throw invalidFile(`has a type that the service does not take; there are ${mediaTypes.join(', ')}`)
  }
  if (mediaType.startsWith('image/') && bytes.length > maxImageBytes) {
    throw invalidFile(`is an image of ${bytes.length} bytes; ${maxImageBytes} is the most`)
  }
  const filename = options.filename ?? nameOf(media) ?? `upload${extensionOf(mediaType)}`
  return { bytes, mediaType, filename: safeName(filename), hash: await hashBytes(bytes) }
}

/** Whether a value is media that has to be uploaded. */
export function isBytes(value: unknown): value is Exclude<Media, string> {
  return value instanceof Blob || value instanceof Uint8Array || value instanceof ArrayBuffer
}

/** Pages without https have no `crypto.subtle`; there it takes a little longer. */
async function hashBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = crypto as { subtle?: SubtleCrypto }
  const hash = subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : keccak_256(bytes)
  return hexDigits(hash)
}

async function bytesOf(media: unknown): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (media instanceof Blob) return new Uint8Array(await media.arrayBuffer())
  if (media instanceof ArrayBuffer) return new Uint8Array(media.slice(0))
  // A copy: what the caller does with its buffer afterwards must not change what was paid for.
  return media instanceof Uint8Array ? new Uint8Array(media) : undefined
}

function typeOf(media: unknown): string | undefined {
  return media instanceof Blob && media.type ? media.type : undefined
}

function nameOf(media: unknown): string | undefined {
  const name = media instanceof Blob && 'name' in media ? media.name : undefined
  return typeof name === 'string' && name ? name : undefined
}

/** The name becomes part of a URL and of the service's records. */
function safeName(name: string): string {
  const plain = name
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
  return plain?.slice(-100) || 'upload'
}

function invalidFile(message: string): InvalidInputError {
  return new InvalidInputError('This file cannot be uploaded.', {
    code: 'invalid_input',
    phase: 'input',
    safeToRetry: true,
    issues: [{ path: 'file', message }],
    hint: 'Nothing was sent and nothing was paid.',
  })
}
