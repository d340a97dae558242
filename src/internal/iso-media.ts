// ISO 14496-12 containers (MP4, QuickTime, HEIF …): all begin with an `ftyp` box, and only its brands tell them apart.

/** The types that fit the bytes, the usual one first; or the name of a format that the service does not take. */
export type MediaKind = { types: readonly [string, ...string[]] } | { name: string }

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
export function isoMediaKind(bytes: Uint8Array): MediaKind | undefined {
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
