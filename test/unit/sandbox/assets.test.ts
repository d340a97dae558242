// The files that jobs make: real formats, the requested size, the right type, and gone after twenty minutes.
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { addJobAssets, sizeOf } from '../../../src/sandbox/media/outputs.ts'
import { paintPng, paintSvg } from '../../../src/sandbox/media/pictures.ts'
import { createIds } from '../../../src/sandbox/state/ids.ts'
import { readOptions } from '../../../src/sandbox/state/options.ts'
import { createWorld } from '../../../src/sandbox/state/world.ts'
import { body, buy, generateUrl, get, setup, stillClock } from './kit.ts'

type Kit = ReturnType<typeof setup>

async function make(kit: Kit, value: Record<string, unknown> = body, url = generateUrl): Promise<string> {
  const { jobId } = await (await buy(kit, url, value)).json()
  kit.sandbox.clock.advance(12_000)
  return (await (await get(kit, `/api/jobs/${jobId}`)).json()).result.imageUrl
}

/** Reads a PNG as strictly as its specification asks, CRCs aside. */
function readPng(file: Uint8Array) {
  const bytes = Buffer.from(file)
  expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  const chunks: Record<string, Buffer> = {}
  let at = 8
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at)
    chunks[bytes.toString('latin1', at + 4, at + 8)] = bytes.subarray(at + 8, at + 8 + length)
    at += length + 12
  }
  expect(at).toBe(bytes.length)
  expect(Object.keys(chunks)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND'])
  const header = chunks.IHDR as Buffer
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  expect(header.subarray(8).toString('hex')).toBe('0803000000')
  const pixels = inflateSync(chunks.IDAT as Buffer)
  expect(pixels.length).toBe((width + 1) * height)
  const colours = (chunks.PLTE as Buffer).length / 3
  expect(Math.max(...new Set(pixels))).toBeLessThan(colours)
  return { width, height, colours: new Set(pixels).size }
}

describe('an image', () => {
  test.each([
    ['1024x1024', 1024, 1024],
    ['1536x1024', 1536, 1024],
    ['1024x1536', 1024, 1536],
  ])('asked for as %s is a PNG of that size', async (size, width, height) => {
    const kit = setup()
    const response = await kit.sandbox.fetch(await make(kit, { ...body, size }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    const picture = readPng(bytes)
    expect(picture).toMatchObject({ width, height })
    expect(picture.colours).toBeGreaterThan(50)
  })

  test('has CRCs that are right', async () => {
    const { crc32 } = await import('node:zlib')
    const bytes = Buffer.from(await paintPng('x', { width: 16, height: 16 }))
    for (let at = 8; at < bytes.length; ) {
      const length = bytes.readUInt32BE(at)
      expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)))
      at += length + 12
    }
  })

  test('is the same for the same prompt and another for another', async () => {
    const paint = async (prompt: string) =>
      Buffer.from(await paintPng(prompt, { width: 64, height: 64 })).toString('hex')
    expect(await paint('a')).toBe(await paint('a'))
    expect(await paint('a')).not.toBe(await paint('b'))
  })

  test.each([
    ['jpeg', 'image/jpeg', 'ffd8ff'],
    ['webp', 'image/webp', '52494646'],
  ])('asked for as %s is one', async (format, type, magic) => {
    const kit = setup()
    const url = await make(kit, { ...body, output_format: format })
    expect(url).toMatch(new RegExp(`\\.${format}$`))
    const response = await kit.sandbox.fetch(url)
    expect(response.headers.get('content-type')).toBe(type)
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.toString('hex')).toMatch(new RegExp(`^${magic}`))
    if (format === 'jpeg') expect(bytes.toString('hex')).toMatch(/ffd9$/)
    else expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8)
  })

  test('follows an aspect ratio', () => {
    expect(sizeOf({ aspectRatio: '16:9' })).toEqual({ width: 1360, height: 768 })
    expect(sizeOf({ aspectRatio: '1:1', imageSize: '4K' })).toEqual({ width: 1024, height: 1024 })
    expect(sizeOf({ size: 'auto' })).toEqual({ width: 1024, height: 1024 })
    expect(sizeOf({ size: '99999x1' })).toEqual({ width: 1024, height: 1024 })
  })
})

describe('a file', () => {
  test('is not there before its job is complete, and gone twenty minutes after', async () => {
    const kit = setup()
    const url = await make(kit)
    const done = Date.parse(kit.sandbox.jobs()[0]?.endsAt ?? '')
    const at = async (time: number) => {
      const clock = stillClock(time)
      Object.assign(kit.sandbox.clock, clock)
      return (await kit.sandbox.fetch(url)).status
    }
    expect(await at(done - 1)).toBe(404)
    expect(await at(done)).toBe(200)
    expect(await at(done + 20 * 60_000 - 1)).toBe(200)
    expect(await at(done + 20 * 60_000)).toBe(404)
  })

  test('needs no sign-in, answers HEAD, and cannot be written', async () => {
    const kit = setup()
    const url = await make(kit)
    const head = await kit.sandbox.fetch(url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000)
    expect((await kit.sandbox.fetch(url, { method: 'PUT', body: 'x' })).status).toBe(405)
  })

  test('does not lie on the API’s own host', async () => {
    const kit = setup()
    const { pathname } = new URL(await make(kit))
    expect((await kit.sandbox.fetch(`https://stablestudio.dev${pathname}`)).status).toBe(404)
  })

  test('of a loopback origin lies there', async () => {
    const kit = setup()
    const local = 'http://127.0.0.1:4021'
    const { jobId } = await (await buy(kit, generateUrl.replace('https://stablestudio.dev', local))).json()
    kit.sandbox.clock.advance(12_000)
    const { proof } = await import('./kit.ts')
    const headers = { 'sign-in-with-x': await proof(kit, { domain: '127.0.0.1', uri: `${local}/api/jobs` }) }
    const job = await (await kit.sandbox.fetch(`${local}/api/jobs/${jobId}`, { headers })).json()
    expect(job.result.imageUrl).toMatch(/^http:\/\/127\.0\.0\.1:4021\/generated\/[0-9a-f-]{36}\.png$/)
    expect((await kit.sandbox.fetch(job.result.imageUrl)).status).toBe(200)
  })
})

describe('video and SVG jobs', () => {
  const world = createWorld(readOptions({ clock: stillClock() }))
  const job = {
    id: createIds(1).job(0),
    type: 'x',
    operation: 'x/y',
    owner: '0x1111111111111111111111111111111111111111' as const,
    input: { prompt: 'a river' },
    createdAt: world.settings.clock.now(),
    endsAt: world.settings.clock.now(),
    failure: undefined,
  }
  const read = async (path = '') => {
    const asset = world.assets.get(path)
    return { type: asset?.contentType, bytes: Buffer.from((await asset?.bytes()) ?? []) }
  }

  test('a video is an MP4 with a thumbnail', async () => {
    const result = addJobAssets(world, { ...job, kind: 'video' })
    expect(Object.keys(result)).toEqual(['videoUrl', 'thumbnailUrl'])
    const { type, bytes } = await read(result.videoUrl)
    expect([type, bytes.toString('latin1', 4, 8)]).toEqual(['video/mp4', 'ftyp'])
    const boxes: string[] = []
    for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
      boxes.push(bytes.toString('latin1', at + 4, at + 8))
    expect(boxes).toEqual(expect.arrayContaining(['ftyp', 'moov', 'mdat']))
    expect(bytes.includes('avc1')).toBe(true)
    expect(bytes.length).toBeLessThan(12_000)
    expect(readPng((await read(result.thumbnailUrl)).bytes)).toMatchObject({ width: 320, height: 180 })
  })

  test('a vectorized image is an SVG under imageUrl', async () => {
    const result = addJobAssets(world, { ...job, kind: 'svg' })
    expect(result.imageUrl).toMatch(/\.svg$/)
    const { type, bytes } = await read(result.imageUrl)
    expect([type, bytes.toString()]).toEqual(['image/svg+xml', paintSvg('a river')])
    expect(bytes.toString()).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*<\/svg>\n$/)
    expect(bytes.toString()).not.toMatch(/NaN|undefined/)
  })
})
