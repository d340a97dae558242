// The media type of bytes: from their first bytes, and from the declared type where those leave it open.

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

/** The types that fit the bytes, the usual one first; or the name of a format that the service does not take. */
type MediaKind = { types: readonly [string, ...string[]] } | { name: string }

const mp3 = ['audio/mpeg', 'audio/mp3'] as const
const types = (...names: [string, ...string[]]): MediaKind => ({ types: names })

/** Signatures of the first bytes, one character per byte. */
const signatures: readonly [RegExp, MediaKind][] = [
  [/^\xff\xd8\xff/, types('image/jpeg', 'image/jpg')],
  [/^\x89PNG/, types('image/png')],
  [/^GIF8[79]a/, types('image/gif')],
  [/^RIFF....WEBP/s, types('image/webp')],
  [/^(RIFF|RIFX|RF64)....WAVE/s, types('audio/wav', 'audio/x-wav')],
  [/^....(moov|mdat|wide)/s, types('video/quicktime', 'video/mp4', 'audio/mp4')],
  [/^.\x45\xdf\xa3.*matroska/s, { name: 'Matroska' }],
  [/^.\x45\xdf\xa3/s, types('video/webm')],
  [/^OggS.*\x80theora/s, { name: 'Ogg Theora' }],
  [/^OggS/, types('audio/ogg')],
  [/^ID3/, types(...mp3, 'audio/aac')],
  [/^\xff[\xe2\xe3\xf2-\xf5\xfa-\xfd]/, types(...mp3)],
  [/^\xff[\xf0\xf1\xf8\xf9]|^ADIF/, types('audio/aac')],
  [/^RIFF....AVI /s, { name: 'AVI' }],
  [/^fLaC/, { name: 'FLAC' }],
  [/^FORM....AIF[FC]/s, { name: 'AIFF' }],
  [/^BM.{4}\0\0\0\0/s, { name: 'BMP' }],
  [/^(II\*\0|MM\0\*)/, { name: 'TIFF' }],
  [/^(\xff\n|....JXL )/s, { name: 'JPEG XL' }],
  [/^....jP {2}/s, { name: 'JPEG 2000' }],
  [/^8BPS/, { name: 'PSD' }],
  [/^%PDF-/, { name: 'PDF' }],
  [/^(\xef\xbb\xbf)?\s*<(?!!doctype html|html).*?\bsvg\b/is, { name: 'SVG' }],
  [/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)[\s>]/i, { name: 'HTML' }],
]

// ISO 14496-12 containers (MP4, QuickTime, HEIF …) all begin with an `ftyp` box, and only its brands tell them apart.

/** Stills and image sequences: a file with one of these brands is a picture, whatever its other brands. */
const pictures: readonly [RegExp, string][] = [
  [/^(avi[fso]|MA1[AB])$/, 'AVIF'],
  [/^(hei[cxmsf]|hev[cxms])$/, 'HEIC'],
  [/^crx $/, 'Canon raw (CR3)'],
  [/^jp[2xm] |^jph $/, 'JPEG 2000'],
  [/^(mif[12]|msf1|miaf)$/, 'HEIF'],
]
const sound = /^(M4[ABP]|F4[AB]) $/
const film =
  /^(iso[m2-9abc]|mp4[12]|mp71|avc1|hvc1|hev1|av01|dash|dby1|msdh|msnv|MSNV|M4V[ HP]|[fF]4[vVP] |mmp4|cmf[c2]|piff|XAVC)$/

/** The kind that the brands name; `undefined` for bytes that are not such a container. */
function isoMediaKind(bytes: Uint8Array): MediaKind | undefined {
  const [major, ...compatible] = brandsOf(bytes)
  if (major === undefined) return undefined
  const brands = [major, ...compatible]
  const picture = pictures.find(([pattern]) => brands.some((brand) => pattern.test(brand)))
  if (picture) return { name: picture[1] }
  if (major === 'qt  ') return { types: ['video/quicktime'] }
  if (sound.test(major)) return { types: ['audio/mp4'] }
  // Films and audio share these brands, so the declaration decides.
  if (brands.some((brand) => film.test(brand))) return { types: ['video/mp4', 'audio/mp4'] }
  if (brands.some((brand) => sound.test(brand))) return { types: ['audio/mp4'] }
  return {
    name: brands.some((brand) => /^3g/.test(brand)) ? '3GP' : `an MP4 of unknown kind "${printable(major)}"`,
  }
}

/** The major brand and the compatible ones, four characters each. */
function brandsOf(bytes: Uint8Array): string[] {
  const text = String.fromCharCode(...bytes.subarray(0, 512))
  if (text.slice(4, 8) !== 'ftyp') return []
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  // Size 1: the real size follows the name, in 64 bits. Size 0: the box extends to the end.
  const from = size === 1 ? 16 : 8
  const box = text.slice(from, size < 8 ? undefined : size)
  // The major brand is followed by its version.
  return [box.slice(0, 4), ...(box.slice(8).match(/.{4}/gs) ?? [])]
}

const printable = (brand: string) => brand.replace(/[^ -~]/g, '?').trim()

/** Streams that may begin anywhere, so that nothing fixed identifies them. */
const streams: readonly string[] = [...mp3, 'audio/aac']

/** Other names of types that the service takes. */
const aliases: Record<string, string> = {
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'video/x-m4v': 'video/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
  'audio/mp4a-latm': 'audio/mp4',
  'audio/x-mp3': 'audio/mp3',
  'audio/x-mpeg': 'audio/mpeg',
  'audio/x-aac': 'audio/aac',
  'audio/aacp': 'audio/aac',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-pn-wav': 'audio/wav',
}

/** A media type in lower case, without parameters, under the name that the service knows. */
function plainType(mediaType: string): string {
  const name = mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name
}

/** The media type of bytes, or what is wrong with them. */
type FoundType = { type: string } | { problem: string }

/**
 * The type to upload bytes as. The bytes decide, since wrong names and declarations are common and the service's models
 * read the bytes; of several declarations the first that fits counts.
 */
export function mediaTypeOf(bytes: Uint8Array, declared: readonly (string | undefined)[]): FoundType {
  const names = declared.flatMap((one) => (one ? [plainType(one)] : []))
  const kind = kindOf(bytes)
  if (!kind) {
    const stream = names.find((name) => streams.includes(name))
    return stream && !isText(bytes) ? { type: stream } : { problem: `is of an unknown type; ${taken}` }
  }
  if ('name' in kind) return { problem: `is ${kind.name}, which the service does not accept; ${taken}` }
  return { type: names.find((name) => kind.types.includes(name)) ?? kind.types[0] }
}

const taken = `accepted: ${mediaTypes.join(', ')}`

function kindOf(bytes: Uint8Array): MediaKind | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 512))
  return isoMediaKind(bytes) ?? signatures.find(([pattern]) => pattern.test(head))?.[1]
}

/** Whether the first bytes hold no control characters other than white space. */
function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 64).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d))
}

/** The usual file extension of a media type, with its dot. */
export function extensionOf(mediaType: string): string {
  const name = plainType(mediaType)
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

/** The audio type that a file name suggests, where the bytes may leave it open. */
export function typeByName(filename: string | undefined): string | undefined {
  const extension = /\.(m4[ab]|mp3|aac)$/i.exec(filename ?? '')?.[1]?.toLowerCase()
  if (extension === undefined) return undefined
  return extension.startsWith('m4') ? 'audio/mp4' : extension === 'mp3' ? 'audio/mpeg' : 'audio/aac'
}
