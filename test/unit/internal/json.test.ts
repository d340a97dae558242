import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, isRecord, own, ownString, parseJson, sameJson } from '../../../src/internal/json.ts'

fc.configureGlobal({ seed: 20261122 })

const nested = (depth: number, open = '[', close = ']') => `${open.repeat(depth)}${close.repeat(depth)}`

describe('parseJson', () => {
  it('reads what the service sends', () => {
    expect(parseJson('{"jobId":"job_1","progress":0.5,"result":null}')).toEqual({
      jobId: 'job_1',
      progress: 0.5,
      result: null,
    })
  })

  it.each(['', '{', '<html>', "{'a':1}", 'undefined', 'NaN', '{"a":1}x', '\u0000'])('refuses %j', (text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  it('reads 32 levels of nesting around a value, and refuses 33', () => {
    const around = (depth: number, open: string, close: string) =>
      parseJson(`${open.repeat(depth)}1${close.repeat(depth)}`)
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      expect(around(32, open, close)).toBeDefined()
      expect(around(33, open, close)).toBeUndefined()
    }
  })

  it('reads flat values however many there are, and brackets inside of texts', () => {
    expect(parseJson(`[${Array(100).fill('{"a":[]}').join(',')}]`)).toHaveLength(100)
    expect(parseJson(JSON.stringify(nested(100)))).toBe(nested(100))
  })

  it('refuses nesting deeper than any stack without overflowing it', () => {
    expect(parseJson(nested(500_000))).toBeUndefined()
  })

  it('does not let a hostile `__proto__` reach a prototype', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(own(value, 'polluted')).toBeUndefined()
  })
})

describe('own', () => {
  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])('reads no inherited %s', (key) => {
    expect(own({}, key)).toBeUndefined()
    expect(ownString({}, key)).toBeUndefined()
  })

  it('reads own fields, with a hostile hasOwnProperty and without a prototype too', () => {
    expect(own({ hasOwnProperty: null, a: 1 }, 'a')).toBe(1)
    expect(own(Object.assign(Object.create(null), { a: 1 }), 'a')).toBe(1)
    expect(own(JSON.parse('{"__proto__":"x"}'), '__proto__')).toBe('x')
  })

  it.each([null, undefined, 'text', 7, true, ['a'], () => 0])('reads nothing from %s', (value) => {
    expect(own(value, 'length')).toBeUndefined()
    expect(own(value, '0')).toBeUndefined()
    expect(isRecord(value)).toBe(false)
  })

  it('reads text only as text', () => {
    expect(ownString({ a: 'b' }, 'a')).toBe('b')
    for (const a of [1, null, ['b'], new String('b')]) expect(ownString({ a }, 'a')).toBeUndefined()
  })
})

/** The same value with the keys of all its objects in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

describe('canonicalJson', () => {
  it('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
        expect(sameJson(value, reversed(value))).toBe(true)
      }),
    )
  })

  it('keeps the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('tells apart what differs', () => {
    expect(sameJson([1, 2], [2, 1])).toBe(false)
    expect(sameJson({ a: 1 }, { a: '1' })).toBe(false)
    expect(sameJson({ a: null }, {})).toBe(false)
    expect(sameJson({ a: { b: 1 } }, { a: { b: 1, c: 2 } })).toBe(false)
    expect(sameJson({ ab: 1 }, { a: { b: 1 } })).toBe(false)
    expect(sameJson([], {})).toBe(false)
    expect(sameJson(JSON.parse('{"__proto__":1}'), {})).toBe(false)
    expect(sameJson({ a: 1 }, { b: 1 })).toBe(false)
    expect(sameJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true)
    expect(sameJson({ a: undefined, b: 1 }, { a: 2, b: 1 })).toBe(false)
    expect(sameJson({ a: undefined, b: 1 }, { a: undefined, c: 1 })).toBe(false)
    expect(sameJson(null, {})).toBe(false)
  })

  it('compares deep values once, not once for each way to them', () => {
    const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1), b: depth })
    let looks = 0
    const counted = (value: unknown): unknown =>
      isRecord(value)
        ? new Proxy(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, counted(one)])), {
            ownKeys: (target) => {
              looks += 1
              return Reflect.ownKeys(target)
            },
          })
        : value
    expect(sameJson(counted(deep(30)), deep(30))).toBe(true)
    expect(looks).toBeLessThan(100)
  })

  it('sorts by code units, not by locale', () => {
    expect(canonicalJson({ b: 1, a: 2, B: 3, ä: 4 })).toBe('{"B":3,"a":2,"b":1,"ä":4}')
  })
})
