// What a file is, and what it is called: decided by its bytes before a cent is paid.
import { describe, expect, it, vi } from 'vitest'
import { mediaTypes } from '../../../src/internal/media-type.ts'
import { type FilePlace, readMedia } from '../../../src/uploads/file.ts'
import { box, bytesOf, files } from '../../support/sample-files.ts'
import { failure } from '../../support/studio.ts'

const typeOf = async (bytes: Uint8Array<ArrayBuffer>, type = '', name = 'x') =>
  (await readMedia(new File([bytes], name, { type }))).mediaType

const problemOf = async (media: unknown, place?: FilePlace) => {
  const error = (await failure(readMedia(media, {}, place))) as {
    issues: { message: string; path: string }[]
  }
  expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none', phase: 'input' })
  return `${error.issues[0]?.path} ${error.issues[0]?.message}`
}

describe('what the service does not take', () => {
  it.each([
    ['HEIC', box('heic', 'mif1', 'heic')],
    ['HEIC', box('heix', 'mif1', 'heix')],
    ['HEIC', box('mif1', 'heic', 'hevc')],
    ['HEIC', box('msf1', 'hevc', 'iso8')],
    ['HEIC', box('isom', 'heic')],
    ['HEIF', box('mif1', 'miaf')],
    ['AVIF', box('avif', 'mif1', 'miaf', 'MA1B')],
    ['AVIF', box('mif1', 'avif')],
    ['AVIF', box('avis', 'msf1', 'iso8', 'mp41')],
    ['Canon raw (CR3)', box('crx ', 'crx ', 'isom')],
    ['JPEG 2000', box('jp2 ', 'jp2 ')],
    ['3GP', box('3gp4', '3gp4')],
    ['unknown kind "zzzz"', box('zzzz')],
    ['Matroska', bytesOf('\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86matroska')],
    ['TIFF', bytesOf('II*\0....')],
    ['AVI', bytesOf('RIFF....AVI LIST')],
    ['FLAC', bytesOf('fLaC....')],
    ['PDF', bytesOf('%PDF-1.7')],
    ['JPEG XL', bytesOf('\0\0\0\x0cJXL \r\n')],
    ['SVG', bytesOf('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG', bytesOf('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made --><!DOCTYPE svg><svg/>')],
    ['HTML', bytesOf('\n<!doctype html><html><body><svg></svg>')],
    ['an unknown type', bytesOf('hello, this is a text')],
  ])('%s is said by its name, whatever it is declared as', async (name, bytes) => {
    for (const type of ['', 'image/png', 'image/jpeg', 'video/mp4', 'audio/mpeg', 'image/heic']) {
      const problem = await problemOf(new File([bytes], 'x.mp4', { type }))
      expect(problem).toContain(name)
      for (const taken of mediaTypes) expect(problem).toContain(taken)
    }
  })

  it('is what has no bytes, is no file, or is too large for a picture', async () => {
    expect(await problemOf(new Uint8Array())).toBe('file is empty')
    for (const value of [undefined, null, 5, {}, [1, 2]]) expect(await problemOf(value)).toContain('must be')
    const large = new Uint8Array(10 * 1024 * 1024 + 1)
    large.set(files.png)
    expect(await problemOf(large)).toContain('must be at most 10485760')
  })

  it('is named by the field of the input, which takes its own kind only', async () => {
    const pictures: FilePlace = { field: 'images', kinds: ['image'] }
    expect(await problemOf(files.mp4, pictures)).toBe('images is video/mp4; must be image')
    const sound: FilePlace = { field: 'audioUrl', kinds: ['audio'] }
    expect(await problemOf(files.png, sound)).toBe('audioUrl is image/png; must be audio')
    expect((await readMedia(box('isom', 'mp42'), {}, sound)).mediaType).toBe('audio/mp4')
  })
})

describe('the bytes decide', () => {
  it.each([
    ['image/png', files.png, 'image/jpeg'],
    ['image/jpeg', files.jpeg, 'image/png'],
    ['image/webp', bytesOf('RIFF....WEBPVP8 '), 'image/gif'],
    ['video/quicktime', box('qt  ', 'qt  '), 'video/mp4'],
    ['video/mp4', box('isom', 'iso2'), 'image/png'],
    ['video/mp4', box('3gp4', 'isom', '3gp4'), 'video/3gpp'],
    ['audio/mp4', box('M4A ', 'mp42', 'isom'), 'video/mp4'],
    ['image/png', files.png, 'application/octet-stream'],
  ] as const)('%s', async (right, bytes, declared) => {
    expect(await typeOf(bytes, declared)).toBe(right)
    expect((await readMedia(bytes, { mediaType: declared })).mediaType).toBe(right)
  })

  it('with a box whose size stands behind its name', async () => {
    const bytes = bytesOf('\0\0\0\x01ftyp\0\0\0\0\0\0\0\x20heic\0\0\0\0mif1heic')
    expect(await problemOf(bytes)).toContain('HEIC')
    // A brand that stands behind the box is none.
    expect(await typeOf(bytesOf('\0\0\0\x14ftypisom\0\0\0\0iso2heic'))).toBe('video/mp4')
  })
})

describe('the declaration counts where the bytes leave it open', () => {
  it.each([
    ['audio/mp4', box('M4A ', 'mp42', 'isom'), ''],
    ['audio/mp4', box('M4B ', 'isom'), 'audio/mp4'],
    ['audio/mp4', box('isom', 'iso2', 'mp41'), 'audio/mp4'],
    ['audio/mp4', box('mp42', 'isom'), 'Audio/MP4; codecs="mp4a.40.2"'],
    ['audio/mp4', box('mp42', 'isom'), 'audio/x-m4a'],
    ['video/mp4', box('mp42', 'isom'), ''],
    ['audio/aac', bytesOf('\xff\xf1\x50\x80'), 'audio/aac; codecs=mp4a.40.2'],
    ['audio/aac', bytesOf('\x21\0\x03\0'), 'audio/aac;codecs=x'],
    ['audio/mpeg', bytesOf('\0\0\0\0\xff\xfb'), 'AUDIO/MPEG'],
    ['audio/x-wav', bytesOf('RIFF....WAVEfmt '), 'audio/x-wav'],
    ['image/png', files.png, 'IMAGE/PNG'],
    ['image/jpg', files.jpeg, 'image/jpg'],
  ] as const)('%s', async (right, bytes, declared) => {
    expect(await typeOf(bytes, declared)).toBe(right)
    expect((await readMedia(bytes, { mediaType: declared })).mediaType).toBe(right)
  })

  it('by a name alone, and first by the option', async () => {
    expect(await typeOf(box('isom', 'mp42'), '', 'song.M4A')).toBe('audio/mp4')
    const film = new File([box('isom', 'mp42')], 'song.m4a', { type: 'audio/mp4' })
    expect((await readMedia(film, { mediaType: 'video/mp4' })).mediaType).toBe('video/mp4')
  })

  it('and the same bytes as sound and as a film are two uploads, by other names of one kind not', async () => {
    const hashOf = async (bytes: Uint8Array, mediaType?: string) =>
      (await readMedia(bytes, { mediaType })).hash
    const film = await hashOf(files.mp4)
    expect(await hashOf(files.mp4, 'audio/mp4')).not.toBe(film)
    expect(await hashOf(files.mp4, 'video/mp4')).toBe(film)
    expect(await hashOf(files.jpeg, 'image/jpg')).toBe(await hashOf(files.jpeg))
  })
})

describe('a file name', () => {
  it.each([
    ['写真.png', 'upload.png'],
    ['写真 2024.PNG', '2024.PNG'],
    ['写真', 'upload.png'],
    ['été à la plage.png', 'ete-a-la-plage.png'],
    ['picture.png', 'picture.png'],
    ['.png', 'upload.png'],
    ['..', 'upload.png'],
    ['', 'upload.png'],
    ['my.写真', 'my'],
    ['archive.tar.gz', 'archive.tar.gz'],
    ['C:\\photos\\my house.png', 'my-house.png'],
    ['../../etc/passwd', 'passwd'],
    ['\ud800.png', 'upload.png'],
    ['a?b#c%2f.png', 'a-b-c-2f.png'],
    [`${'x'.repeat(200)}.png`, `${'x'.repeat(96)}.png`],
  ])('%j becomes %j', async (given, right) => {
    expect((await readMedia(files.png, { filename: given })).filename).toBe(right)
    expect((await readMedia(new File([files.png], given || 'x.png'))).filename).toMatch(/^[\w.-]{1,100}$/)
  })
})

describe('a Blob', () => {
  /** As React Native and jsdom have it: it knows its size and type, and cannot give its bytes. */
  const bare = (extra: object = {}) =>
    ({ size: files.png.length, type: 'image/png', [Symbol.toStringTag]: 'Blob', ...extra }) as unknown as Blob

  /** A reader that knows only some ways to read. */
  function stubReader(results: Record<string, unknown>): void {
    class FileReader {
      result: unknown
      error = new Error('unreadable')
      onload?: () => void
      onerror?: () => void
      #read(how: string) {
        if (!(how in results)) throw new Error(`${how} is not implemented`)
        this.result = results[how]
        queueMicrotask(() => (this.result === undefined ? this.onerror?.() : this.onload?.()))
      }
      readAsArrayBuffer() {
        this.#read('readAsArrayBuffer')
      }
      readAsDataURL() {
        this.#read('readAsDataURL')
      }
    }
    vi.stubGlobal('FileReader', FileReader)
  }

  it.each([
    ['a reader', { readAsArrayBuffer: files.png.buffer }],
    [
      'a reader without buffers',
      { readAsDataURL: `data:image/png;base64,${btoa(String.fromCharCode(...files.png))}` },
    ],
    [
      'a reader that loses bytes',
      {
        readAsArrayBuffer: new ArrayBuffer(3),
        readAsDataURL: `data:;base64,${btoa(String.fromCharCode(...files.png))}`,
      },
    ],
  ])('without `arrayBuffer` is read by %s', async (_name, results) => {
    stubReader(results)
    const file = await readMedia(bare())
    expect([...file.bytes]).toEqual([...files.png])
  })

  it('that the runtime does not know is not read as "[object Blob]"', async () => {
    const error = await failure(readMedia(bare()))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    // As long as the text that it would be read as.
    expect(await failure(readMedia(bare({ size: 13, type: 'audio/mpeg' })))).toMatchObject({
      name: 'InvalidInputError',
    })
  })

  it('that has changed on its disk is refused', async () => {
    const cause = new DOMException('changed', 'NotReadableError')
    const error = await failure(readMedia(bare({ arrayBuffer: () => Promise.reject(cause) })))
    expect(error).toMatchObject({ name: 'InvalidInputError', cause })
    expect(JSON.stringify((error as { issues: unknown }).issues)).toContain('cannot be read')
  })

  it('may be missing where bytes are given otherwise', async () => {
    vi.stubGlobal('Blob', undefined)
    vi.stubGlobal('File', undefined)
    expect((await readMedia(files.png)).filename).toBe('upload.png')
    expect(await failure(readMedia({}))).toMatchObject({ name: 'InvalidInputError' })
  })
})
