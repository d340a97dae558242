// Inputs as JSON: copied as they will be read back, refused when they would not be, and printed alike when they are alike.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printOf, toJson } from '../../../src/bullmq/input.ts'
import type { InputIssue } from '../../../src/errors.ts'
import type { Json } from '../../../src/types.ts'

const read = (value: unknown) => {
  const issues: InputIssue[] = []
  return { json: toJson(value, issues), paths: issues.map(({ path }) => path) }
}

describe('an input', () => {
  it('of JSON is copied as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        expect(read(value)).toEqual({ json: JSON.parse(JSON.stringify(value)), paths: [] })
      }),
      { examples: [[-0], [{ deep: [-0] }]] },
    )
  })

  it('loses the fields that are undefined, as in JSON', () => {
    expect(read({ a: 1, b: undefined })).toEqual({ json: { a: 1 }, paths: [] })
  })

  it.each([
    ['a Blob', new Blob([])],
    ['bytes', new Uint8Array(3)],
    ['a buffer', new ArrayBuffer(3)],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
    ['an object of a class', new (class Thing {})()],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a hole in a list', [undefined]],
  ])('with %s is refused, with its place', (_, value) => {
    expect(read({ deep: [{ x: value }] }).paths[0]).toMatch(/^input\.deep\.0\.x/)
  })

  it('that contains itself is refused', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(read(circle).paths).toHaveLength(1)
  })

  it('has the same print whatever the order of its fields, and another for any other', () => {
    const one = { prompt: 'x', images: [{ a: 1, b: 2 }], size: '1K' }
    const same = { size: '1K', images: [{ b: 2, a: 1 }], prompt: 'x' }
    expect(printOf('a/b', one)).toBe(printOf('a/b', same))
    const others: [string, Json][] = [
      ['a/c', one],
      ['a/b', { ...one, prompt: 'y' }],
      ['a/b', { ...one, images: [...one.images, 1] }],
      ['a/b', { ...one, size: 1 }],
    ]
    for (const [operation, other] of others) expect(printOf(operation, other)).not.toBe(printOf('a/b', one))
    expect(printOf('a/b', one)).not.toContain('prompt')
  })
})
