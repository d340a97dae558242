// Keys of callers as keys of the ledger and ids of jobs: what BullMQ takes, and no two for one.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jobIdOf, ledgerKey } from '../../../src/bullmq/keys.ts'

const hostile = [
  '0',
  '42',
  '-1',
  'a:b',
  'a:b:c',
  '',
  ' ',
  '..',
  'ключ',
  '\ud800',
  '\ud801',
  '\ud800\udc00',
  '_',
  '--',
]
hostile.push('x'.repeat(256), 'x'.repeat(257), 'x'.repeat(10_240), 'a'.repeat(128), 'a'.repeat(129))
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string(),
  fc.constantFrom(...hostile),
  fc.integer().map(String),
)
const idOf = (key: string) => jobIdOf(ledgerKey(key))

describe('a key', () => {
  it('that BullMQ takes is the id itself, and the key of the ledger', () => {
    for (const key of ['order-1', 'A', 'a_b-9', 'x'.repeat(128)]) {
      expect(idOf(key)).toBe(key)
      expect(ledgerKey(key)).toBe(key)
    }
  })

  it('of any kind becomes an id that BullMQ takes, and a key that the ledger takes', () => {
    fc.assert(
      fc.property(texts, (key) => {
        expect(idOf(key)).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
        expect(idOf(key)).not.toMatch(/^-?\d+$/)
        expect(ledgerKey(key).length).toBeLessThanOrEqual(256)
      }),
    )
  })

  it('is told from every other, in the queue and in the ledger', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        fc.pre(one !== other)
        expect(idOf(one)).not.toBe(idOf(other))
        expect(ledgerKey(one)).not.toBe(ledgerKey(other))
      }),
    )
  })

  it('cannot be made to be the hash of another', () => {
    for (const key of hostile) {
      expect(idOf(idOf(key)) === idOf(key)).toBe(idOf(key) === key)
      expect(ledgerKey(ledgerKey(key)) === ledgerKey(key)).toBe(ledgerKey(key) === key)
    }
  })
})
