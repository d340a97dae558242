// A file as an input: read, checked and named before anything is paid.
import { keccak_256 } from '@noble/hashes/sha3.js'
import { InvalidInputError } from '../errors.ts'
import { hexDigits } from '../internal/hex.ts'
import { wrongKind } from '../internal/kind.ts'
import { extensionOf, mediaTypeOf, typeByName } from '../internal/media-type.ts'
import { copyBytes, isBlob, isMemory } from '../internal/realm.ts'
import { readBlob } from './blob.ts'

/** The name and type of a file, where the bytes do not tell. */
export type FileOptions = {
  /** @default the file's own name, else 'upload' with the usual extension */
  filename?: string | undefined
  /**
   * Used where the bytes leave it open, as with audio in an MP4 container; otherwise the bytes decide. Parameters and
   * case are ignored.
   * @default detected from the bytes
   */
  mediaType?: string | undefined
}

export type UploadFile = { bytes: Uint8Array<ArrayBuffer>; filename: string; mediaType: string; hash: string }

const maxImageBytes = 10 * 1024 * 1024

/** The input field that a file is for, and the kinds that it accepts. */
export type FilePlace = { field: string; kinds: readonly ('image' | 'video' | 'audio')[] }

const anywhere: FilePlace = { field: 'file', kinds: ['image', 'video', 'audio'] }

/** Reads and checks a file. @throws {InvalidInputError} before anything is paid. */
export async function readMedia(
  media: unknown,
  options: FileOptions = {},
  place = anywhere,
): Promise<UploadFile> {
  const bytes = await bytesOf(media, place)
  const filename = options.filename ?? textOf(media, 'name')
  const meant = place.kinds[0] === 'audio' ? 'audio/mp4' : undefined
  const declared = [options.mediaType, textOf(media, 'type'), typeByName(filename), meant]
  const mediaType = checkMedia(bytes, declared, place)
  const hash = await hashBytes(bytes)
  return {
    bytes,
    mediaType,
    filename: safeName(filename ?? '', mediaType),
    hash: identityOf(bytes, hash, mediaType),
  }
}

/** The media type that bytes are uploaded as. @throws {InvalidInputError} when the service does not take them. */
export function checkMedia(
  bytes: Uint8Array,
  declared: readonly (string | undefined)[],
  { field, kinds } = anywhere,
): string {
  if (bytes.length === 0) throw invalidFile('is empty', field)
  const found = mediaTypeOf(bytes, declared)
  if ('problem' in found) throw invalidFile(found.problem, field)
  const { type } = found
  if (!kinds.some((kind) => kind === kindOf(type))) {
    throw invalidFile(`is ${type}; must be ${kinds.join(' or ')}`, field)
  }
  if (kindOf(type) === 'image' && bytes.length > maxImageBytes) {
    throw invalidFile(`is an image of ${bytes.length} bytes; must be at most ${maxImageBytes}`, field)
  }
  return type
}

const kindOf = (mediaType: string) => mediaType.split('/')[0]

/** The service stores a type with the bytes, so the same bytes are uploaded once as video and once as audio. */
function identityOf(bytes: Uint8Array, hash: string, mediaType: string): string {
  const usual = mediaTypeOf(bytes, [])
  const kind = kindOf(mediaType)
  return 'type' in usual && kindOf(usual.type) !== kind ? `${hash}-${kind}` : hash
}

/** Pages without https have no `crypto.subtle`; the fallback is slower. */
async function hashBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = crypto as { subtle?: SubtleCrypto }
  const hash = subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : keccak_256(bytes)
  return hexDigits(hash)
}

/** A copy, so that the caller cannot change what was paid for. */
async function bytesOf(media: unknown, { field }: FilePlace): Promise<Uint8Array<ArrayBuffer>> {
  if (isMemory(media)) return copyBytes(media)
  if (!isBlob(media)) throw invalidFile(wrongFile(media), field)
  return readBlob(media).catch((cause) => {
    throw invalidFile('cannot be read; it may have changed since it was selected', field, cause)
  })
}

function wrongFile(media: unknown): string {
  const must = 'must be a Blob, File, Uint8Array or ArrayBuffer'
  if (typeof media !== 'string') return wrongKind(media, must)
  return /^https:/.test(media)
    ? 'is a URL: pass it as an input, which needs no upload'
    : `${must}; for a path, await fromFile(path) from 'stablestudio/node'`
}

/** What a Blob says about itself. */
function textOf(media: unknown, name: 'name' | 'type'): string | undefined {
  const text = isBlob(media) ? (media as Partial<File>)[name] : undefined
  return typeof text === 'string' && text ? text : undefined
}

const longestName = 100

/** Plain ASCII without folders. The extension stays; the result is never empty. */
function safeName(name: string, mediaType: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  // Letters survive without their accents.
  const plain = last.normalize('NFKD').replace(/\p{M}+/gu, '')
  const [extension = ''] = /\.[A-Za-z0-9]{1,8}$/.exec(plain) ?? []
  const stem = plain
    .slice(0, plain.length - extension.length)
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(-(longestName - extension.length))
  return stem ? `${stem}${extension}` : `upload${extension || extensionOf(mediaType)}`
}

function invalidFile(message: string, path: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('This file cannot be uploaded.', {
    issues: [{ path, message }],
    hint: 'Nothing was sent and nothing was paid.',
    ...(cause !== undefined && { cause }),
  })
}
