// What kind of media bytes are, read from their first bytes.

/** Types that the service takes; others are refused before paying. */
export const mediaTypes = [
  'image/jpeg',
  'image/jpg',
  'image/png',
  'image/gif',
  'image/webp',
  'video/mp4',
  'video/webm',
  'video/quicktime',
  'audio/mpeg',
  'audio/mp3',
  'audio/wav',
  'audio/x-wav',
  'audio/mp4',
  'audio/aac',
  'audio/ogg',
] as const

/** Signatures as text of the first bytes; `.` stands for any byte. */
const signatures: readonly [RegExp, string][] = [
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^\x89PNG\r\n/, 'image/png'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF....WEBP/s, 'image/webp'],
  [/^RIFF....WAVE/s, 'audio/wav'],
  [/^....ftypqt/s, 'video/quicktime'],
  [/^....ftypM4A/s, 'audio/mp4'],
  [/^....ftyp/s, 'video/mp4'],
  [/^.\x45\xdf\xa3/s, 'video/webm'],
  [/^OggS/, 'audio/ogg'],
  [/^ID3|^\xff[\xfb\xf3\xf2]/, 'audio/mpeg'],
  [/^\xff[\xf1\xf9]/, 'audio/aac'],
]

/** The media type of bytes; `undefined` when they are nothing that the service takes. */
export function detectMediaType(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  return signatures.find(([pattern]) => pattern.test(head))?.[1]
}

/** The usual file extension of a media type, with its dot. */
export function extensionOf(mediaType: string): string {
  const name = mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  const special: Record<string, string> = {
    'image/jpeg': '.jpg',
    'image/jpg': '.jpg',
    'image/svg+xml': '.svg',
    'video/quicktime': '.mov',
    'audio/mpeg': '.mp3',
    'audio/x-wav': '.wav',
    'audio/mp4': '.m4a',
  }
  if (Object.hasOwn(special, name)) return special[name] ?? ''
  return /^(image|video|audio)\/[a-z0-9]+$/.test(name) ? `.${name.split('/')[1]}` : ''
}
