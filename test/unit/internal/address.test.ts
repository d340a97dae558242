import fc from 'fast-check'
import { bytesToHex, getAddress, isAddress } from 'viem'
import { describe, expect, it } from 'vitest'
import { checksum, readAddress } from '../../../src/internal/address.ts'

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => bytesToHex(bytes))

/** Each letter in one case or the other. */
const anyCase = fc
  .tuple(address, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
  .map(
    ([text, upper]) =>
      `0x${[...text.slice(2)].map((digit, at) => (upper[at] ? digit.toUpperCase() : digit)).join('')}`,
  )

describe('an address', () => {
  it('has the checksum that viem gives it', () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(checksum(text)).toBe(getAddress(text))
      }),
    )
  })

  it('is read exactly where viem reads it: in lower case, or with its right checksum', () => {
    const texts = fc.oneof(address, address.map(checksum), anyCase, fc.string(), fc.constant('0x'))
    fc.assert(
      fc.property(texts, (text) => {
        expect(readAddress(text)).toBe(isAddress(text) ? getAddress(text) : undefined)
      }),
    )
  })

  it('is a text', () => {
    for (const value of [undefined, null, 7, {}, ['0x'], Symbol('0x')]) {
      expect(readAddress(value)).toBeUndefined()
    }
  })
})
