// Pictures of the sandbox are real PNGs, also where the engine cannot compress.
import { inflateSync } from 'node:zlib'
import { expect, it, vi } from 'vitest'
import { encodePng } from '../../../../src/sandbox/media/png.ts'

/** More than one block of 65535 bytes. */
const picture = {
  width: 300,
  height: 400,
  pixels: Uint8Array.from({ length: 120_000 }, (_, at) => at % 7),
  palette: new Uint8Array(21),
}

/** The data of a chunk. */
function chunkOf(png: Uint8Array, name: string): Uint8Array {
  const at = Buffer.from(png).indexOf(name)
  return png.subarray(at + 4, at + 4 + new DataView(png.buffer, at - 4).getUint32(0))
}

it('has the same pixels with and without CompressionStream', async () => {
  const packed = await encodePng(picture)
  vi.stubGlobal('CompressionStream', undefined)
  const plain = await encodePng(picture)
  expect(plain.length).toBeGreaterThan(packed.length)
  const rows = inflateSync(chunkOf(plain, 'IDAT'))
  expect(rows.equals(inflateSync(chunkOf(packed, 'IDAT')))).toBe(true)
  expect(rows.length).toBe(301 * 400)
})
