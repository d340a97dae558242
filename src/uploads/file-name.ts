// File names that are safe in a URL and in the service's records.
import { extensionOf } from '../internal/media-type.ts'

const longest = 100

/** Plain ASCII without folders. The extension stays; the result is never empty. */
export function safeName(name: string, mediaType: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  // Letters survive without their accents.
  const plain = last.normalize('NFKD').replace(/\p{M}+/gu, '')
  const [extension = ''] = /\.[A-Za-z0-9]{1,8}$/.exec(plain) ?? []
  const stem = plain
    .slice(0, plain.length - extension.length)
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(-(longest - extension.length))
  return stem ? `${stem}${extension}` : `upload${extension || extensionOf(mediaType)}`
}
