import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText, encodeJson, fromBase64, toBase64 } from '../../../src/internal/base64.ts'

fc.configureGlobal({ seed: 20261122 })

const bytes = fc.uint8Array({ maxLength: 300 })
const url = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')

describe('base64', () => {
  it('writes what Buffer writes: the standard alphabet, padded', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(toBase64(value)).toBe(Buffer.from(value).toString('base64'))
      }),
    )
  })

  it('reads both alphabets, padded or not', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const standard = Buffer.from(value).toString('base64')
        const bare = standard.replaceAll('=', '')
        for (const text of [standard, bare, url(standard), url(bare), ` ${standard}\r\n`]) {
          expect(fromBase64(text)).toEqual(new Uint8Array(value))
        }
      }),
    )
  })

  it('reads bytes that need both special characters of each alphabet', () => {
    const special = new Uint8Array([0xfb, 0xff, 0xbf])
    expect(toBase64(special)).toBe('+/+/')
    expect(fromBase64('-_-_')).toEqual(special)
    expect(fromBase64('+_-/')).toEqual(special)
  })

  it('encodes 200 kB without overflowing the stack, and reads it back', () => {
    const large = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31) % 256)
    const text = toBase64(large)
    expect(text).toBe(Buffer.from(large).toString('base64'))
    expect(fromBase64(text)).toEqual(large)
  })

  it.each(['a', 'abcde', 'ab=c', 'ab\ncd', 'ab cd', 'ab.d', 'äöüß', 'ab%3D', '\0\0\0\0', '==a='])(
    'refuses %j',
    (text) => {
      expect(fromBase64(text)).toBeUndefined()
      expect(decodeText(text)).toBeUndefined()
    },
  )

  it('reads nothing from nothing', () => {
    expect(fromBase64('')).toEqual(new Uint8Array())
    expect(fromBase64('====')).toBeUndefined()
    expect(toBase64(new Uint8Array())).toBe('')
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const read = fromBase64(text)
        expect(read === undefined || read instanceof Uint8Array).toBe(true)
      }),
    )
  })

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a cut-off sequence', [0xe2, 0x82]],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('refuses text that is not UTF-8: %s', (_name, value) => {
    expect(decodeText(toBase64(Uint8Array.from(value)))).toBeUndefined()
  })

  it('carries any JSON value through a header, also with non-ASCII text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const header = encodeJson(value)
        expect(header).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
        expect(JSON.parse(decodeText(header) ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('carries a lone surrogate as its escape, because UTF-8 has none', () => {
    expect(decodeText(encodeJson('\ud800'))).toBe('"\\ud800"')
  })
})
