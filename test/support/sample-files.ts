// Small files by their first bytes.

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (character) => character.charCodeAt(0))

/** A file whose box `ftyp` names these brands, with something behind it. */
export function box(major: string, ...compatible: string[]): Uint8Array<ArrayBuffer> {
  const body = `ftyp${major}\0\0\0\0${compatible.join('')}`
  return bytesOf(`\0\0\0${String.fromCharCode(body.length + 4)}${body}\0\0\0\x08mdat`)
}

export const files = {
  png: bytesOf('\x89PNG\r\n\x1a\nIHDR'),
  jpeg: bytesOf('\xff\xd8\xff\xe0..JFIF'),
  mp4: box('isom', 'iso2', 'avc1', 'mp41'),
}
