// A PNG encoder for pictures with a palette (PNG specification, 3rd edition: colour type 3, 8 bits, no filter).
import { concatBytes } from '../../internal/body.ts'

/** A picture of at most 256 colours. */
type IndexedPicture = {
  width: number
  height: number
  /** One palette index a pixel, row by row. */
  pixels: Uint8Array
  /** Red, green and blue, three bytes a colour. */
  palette: Uint8Array
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

export async function encodePng(picture: IndexedPicture): Promise<Uint8Array<ArrayBuffer>> {
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, picture.width)
  header.setUint32(4, picture.height)
  header.setUint16(8, 0x0803)
  return concatBytes([
    signature,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('PLTE', picture.palette),
    chunk('IDAT', await deflate(withFilterBytes(picture))),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Each row begins with the number of its filter: 0, none. */
function withFilterBytes({ width, height, pixels }: IndexedPicture): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array((width + 1) * height)
  for (let y = 0; y < height; y += 1)
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return rows
}

/** zlib, as PNG requires. Not through a Blob or Response: those of jsdom and the like have no streams. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (typeof CompressionStream === 'undefined') return stored(bytes)
  const { readable, writable } = new CompressionStream('deflate')
  const writer = writable.getWriter()
  const written = writer.write(bytes).then(() => writer.close())
  const parts: Uint8Array[] = []
  const reader = readable.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  await written
  return concatBytes(parts)
}

const longestBlock = 0xffff

/** zlib without compression (RFC 1950, RFC 1951 §3.2.4), for edge runtimes and React Native. */
function stored(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const parts = [Uint8Array.of(0x78, 0x01)]
  for (let start = 0; start < bytes.length; start += longestBlock) {
    const block = bytes.subarray(start, start + longestBlock)
    const head = new DataView(new ArrayBuffer(5))
    head.setUint8(0, start + longestBlock >= bytes.length ? 1 : 0)
    head.setUint16(1, block.length, true)
    head.setUint16(3, ~block.length, true)
    parts.push(new Uint8Array(head.buffer), block)
  }
  const sum = new DataView(new ArrayBuffer(4))
  sum.setUint32(0, adler32(bytes))
  return concatBytes([...parts, new Uint8Array(sum.buffer)])
}

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0]
  for (const byte of bytes) {
    low = (low + byte) % 65_521
    high = (high + low) % 65_521
  }
  return high * 65_536 + low
}

/** Length, name, data, and the CRC of name and data. */
function chunk(name: string, data: Uint8Array): Uint8Array {
  const named = concatBytes([new TextEncoder().encode(name), data])
  const framed = new Uint8Array(named.length + 8)
  const view = new DataView(framed.buffer)
  view.setUint32(0, data.length)
  framed.set(named, 4)
  view.setUint32(named.length + 4, crc32(named))
  return framed
}

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
