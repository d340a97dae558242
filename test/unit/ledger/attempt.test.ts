import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createAttemptId,
  hashFields,
  hashOf,
  inputHashesOf,
  isClosed,
  matchesFields,
} from '../../../src/ledger/attempt.ts'
import { draft, start } from './kit.ts'

fc.configureGlobal({ seed: 20261122 })

afterEach(() => {
  vi.useRealTimers()
})

describe('an attempt id', () => {
  it('is unique, sorts by time, and can stand in a key and a URL', () => {
    vi.useFakeTimers({ now: start, toFake: ['Date'] })
    const ids = Array.from({ length: 200 }, (_, n) => {
      vi.setSystemTime(start + n * 1000)
      return createAttemptId()
    })
    expect(new Set(ids).size).toBe(200)
    expect([...ids].sort()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^att_[a-z0-9]{20,40}$/)
  })
})

describe('the input of an attempt', () => {
  const { inputHashes: recorded, request, ...rest } = draft('att_1')
  const bare = { ...rest, v: 1, state: 'unknown' } as const
  const header: [string, string] = ['PAYMENT-SIGNATURE', 'c2VjcmV0']
  const kept = (body: string) => ({ ...bare, request: { body, header } })

  it('is known by its recorded hashes, else by the request that is kept', () => {
    expect(inputHashesOf({ ...bare, inputHashes: recorded, request })).toBe(recorded)
    const hashes = inputHashesOf(kept('{"prompt":"a cat","n":2}'))
    expect(hashes).toEqual(hashFields({ prompt: 'a cat', n: 2 }, bare.payer))
    expect(matchesFields(hashFields({ n: 2, prompt: 'a cat', model: 'x' }, bare.payer), hashes ?? {})).toBe(
      true,
    )
    expect(matchesFields(hashFields({ n: 2, prompt: 'a dog' }, bare.payer), hashes ?? {})).toBe(false)
  })

  it('is not known without either, so that no job is taken for its own', () => {
    expect(inputHashesOf(bare)).toBeUndefined()
    expect(inputHashesOf(kept('no JSON'))).toBeUndefined()
    expect(inputHashesOf(kept('[1]'))).toBeUndefined()
  })
})

describe('the hashes of an input', () => {
  const fields = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { noNullPrototype: true })

  it('match the same fields in any order, and with more that the service added', () => {
    fc.assert(
      fc.property(fields, (input) => {
        const hashes = hashFields(input, 'salt')
        const echoed = { model: 'm', ...Object.fromEntries(Object.entries(input).reverse()) }
        expect(matchesFields(hashFields(JSON.parse(JSON.stringify(echoed)), 'salt'), hashes)).toBe(true)
      }),
    )
  })

  it('match no other value, no missing field and no other salt', () => {
    const hashes = hashFields({ prompt: 'a cat', size: 'auto' }, 'salt')
    expect(matchesFields(hashFields({ prompt: 'a cat', size: 'auto' }, 'salt'), hashes)).toBe(true)
    expect(matchesFields(hashFields({ prompt: 'a dog', size: 'auto' }, 'salt'), hashes)).toBe(false)
    expect(matchesFields(hashFields({ prompt: 'a cat' }, 'salt'), hashes)).toBe(false)
    expect(matchesFields(hashFields({ prompt: 'a cat', size: ['auto'] }, 'salt'), hashes)).toBe(false)
    expect(matchesFields(hashFields({ prompt: 'a cat', size: 'auto' }, 'other'), hashes)).toBe(false)
    expect(matchesFields(Object.create(hashes), hashes)).toBe(false)
    expect(matchesFields({}, hashes)).toBe(false)
  })

  it('do not tell the input', () => {
    const text = JSON.stringify(hashFields({ prompt: 'a secret product' }, 'salt'))
    expect(text).not.toContain('secret')
    expect(hashOf('a', 'salt')).toMatch(/^[0-9a-f]{32}$/)
    expect(hashOf('a', 'salt')).not.toBe(hashOf('a', 'other'))
    expect(hashOf(1, 'salt')).not.toBe(hashOf('1', 'salt'))
  })
})

it('is closed when nothing more can come of it', () => {
  const states = ['reserved', 'signed', 'sent', 'unknown', 'settled', 'rejected', 'released'] as const
  expect(states.filter(isClosed)).toEqual(['settled', 'rejected', 'released'])
})
