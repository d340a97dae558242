import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { InvalidInputError } from '../../../src/errors.ts'

fc.configureGlobal({ seed: 20261122 })

const prompt = 'A secret unreleased product photo for Contoso'
const known = 'gpt-image-1/generate'
const unknown = 'tomorrow-1/generate'

function refusal(operation: unknown, input: unknown): InvalidInputError {
  try {
    validateInput(operation as string, input)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error).toMatchObject({ code: 'invalid_input', phase: 'input', payment: 'none', safeToRetry: true })
    return error
  }
  throw new Error('nothing was refused')
}

const messages = (error: InvalidInputError) =>
  Object.fromEntries(error.issues.map(({ path, message }) => [path, message]))

describe('the input of a known operation', () => {
  it('is sent as it was given', () => {
    const input = { prompt, size: 'auto', quality: 'low', background: 'opaque', output_compression: 0 }
    expect(validateInput(known, input)).toEqual(input)
    expect(
      validateInput('nano-banana-pro/generate', { prompt, aspectRatio: '21:9', imageSize: '4K' }),
    ).toEqual({
      prompt,
      aspectRatio: '21:9',
      imageSize: '4K',
    })
  })

  it('leaves out fields that are undefined', () => {
    const sent = validateInput(known, { prompt, size: undefined, novelty: undefined })
    expect(Object.keys(sent)).toEqual(['prompt'])
  })

  it('does not change with the object that was given', () => {
    const input = { prompt, size: '1024x1024' }
    const sent = validateInput(known, input)
    input.size = 'auto'
    expect(sent.size).toBe('1024x1024')
  })

  it('is refused with every problem in one error, and the allowed values of each', () => {
    const error = refusal(known, {
      prompt: '',
      size: '512x512',
      quality: 'ultra',
      output_compression: 101,
      moderation: null,
      n: 2,
      aspect_ratio: '1:1',
    })
    expect(messages(error)).toEqual({
      prompt: expect.stringMatching(/^must be at least 1/),
      size: 'must be one of 1024x1024, 1536x1024, 1024x1536, auto',
      quality: 'must be one of low, medium, high',
      output_compression: 'must be at most 100',
      moderation: 'must be one of low, auto',
      '': expect.stringMatching(/^unknown fields: n, aspect_ratio\b/),
    })
    for (const { message } of error.issues) expect(error.message).toContain(message)
    expect(error.message).toContain('Nothing was paid')
  })

  it.each([
    [{}, { prompt: 'is required' }],
    [{ prompt: undefined }, { prompt: 'is required' }],
    [{ prompt: null }, { prompt: 'must be a string, not null' }],
    [{ prompt: ['x'] }, { prompt: 'must be a string, not a list' }],
    [{ prompt: 'x', output_compression: '5' }, { output_compression: 'must be a number, not a string' }],
    [{ prompt: 'x', output_compression: Number.NaN }, { output_compression: 'must be a number, not NaN' }],
    [{ prompt: 'x', output_compression: -1 }, { output_compression: 'must be at least 0' }],
    [{ prompt: 'x', size: null }, { size: 'must be one of 1024x1024, 1536x1024, 1024x1536, auto' }],
    [{ prompt: 'x', aspectRatio: '1:1' }, { '': expect.stringMatching(/^unknown field: aspectRatio\b/) }],
  ])('is refused: %j', (input, expected) => {
    expect(messages(refusal(known, input))).toEqual(expected)
  })

  it('refuses a transparent JPEG, which would be charged and come out opaque', () => {
    const error = refusal(known, { prompt, background: 'transparent', output_format: 'jpeg' })
    expect(messages(error)).toEqual({
      output_format: 'must be png or webp, because background is transparent',
    })
    expect(validateInput(known, { prompt, background: 'transparent', output_format: 'png' })).toBeDefined()
    expect(validateInput(known, { prompt, background: 'transparent' })).toBeDefined()
  })

  it('never repeats a value: it may be the prompt in the wrong field', () => {
    const error = refusal(known, { prompt: 7, size: prompt, quality: prompt, output_compression: prompt })
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain('Contoso')
  })

  it('shows the name of an unknown field without control characters and shortened', () => {
    const error = refusal(known, { prompt: 'x', [`\u001b[31m${'n'.repeat(5000)}`]: 1 })
    expect(error.message).not.toContain('\u001b')
    expect(error.message.length).toBeLessThan(1000)
  })
})

describe('the input of an unknown operation', () => {
  it('may be any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (input) => {
        const sent = validateInput(unknown, input)
        expect(JSON.stringify(sent)).toBe(JSON.stringify(input))
      }),
    )
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const list: unknown[] = []
  list.push(list)
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
    ['a cycle', cycle],
    ['a cyclic list', list],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['bytes', new Uint8Array(2)],
    ['a class of its own', new (class Prompt {})()],
    ['a boxed text', new String('x')],
    ['undefined inside', { a: { b: undefined } }],
    ['undefined in a list', [undefined]],
    ['a value with its own JSON', { toJSON: () => 'other' }],
  ])('must not hold %s', (_name, value) => {
    const error = refusal(unknown, { prompt, deep: { value: [value] }, value })
    expect(messages(error)).toEqual({ deep: 'must be plain JSON', value: 'must be plain JSON' })
    expect(error.message).not.toContain('Contoso')
  })

  it('may be an object without a prototype', () => {
    expect(validateInput(unknown, Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
  })
})

describe('any input', () => {
  it.each([
    [undefined, 'must be a plain object, not undefined'],
    [null, 'must be a plain object, not null'],
    ['a prompt', 'must be a plain object, not a string'],
    [7, 'must be a plain object, not a number'],
    [true, 'must be a plain object, not a boolean'],
    [['a'], 'must be a plain object, not a list'],
    [() => ({}), 'must be a plain object, not a function'],
    [Promise.resolve({}), 'is a Promise: await it'],
  ])('that is no object is refused: %s', (input, message) => {
    expect(messages(refusal(known, input))).toEqual({ '': message })
    expect(messages(refusal(unknown, input))).toEqual({ '': message })
  })

  it.each([
    ...[
      '../x',
      'a/b/c',
      '',
      '/',
      'a/',
      '/b',
      'a',
      'a/../b',
      '..',
      'a/..',
      './b',
      'a/.b',
      'a b/c',
      'a/b ',
      ' a/b',
    ],
    ...[
      'a/b?x',
      'a/b#x',
      'a\\b',
      'a/b\n',
      'a%2f/b',
      'http://x/y',
      '//x/y',
      'á/b',
      'a/b\u0000',
      'a:b/c',
      'a@b/c',
    ],
  ])('for an operation named %j is refused', (operation) => {
    expect(messages(refusal(operation, { prompt: 'x' }))).toEqual({
      '': "must be named '{model}/{operation}'",
    })
  })

  it.each([undefined, null, 7, true, {}, ['gpt-image-1/generate'], new String(known)])(
    'for an operation that is no text is refused: %s',
    (operation) => {
      expect(refusal(operation, { prompt: 'x' }).issues).toHaveLength(1)
    },
  )

  it('of whatever kind is taken, or refused with an InvalidInputError', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withTypedArray: true,
      withSparseArray: true,
      withBoxedValues: true,
    })
    const input = fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom('prompt', 'size', '__proto__', 'x'), anything),
    )
    const operation = fc.oneof(fc.constantFrom(known, unknown, 'nano-banana-pro/generate'), fc.string())
    fc.assert(
      fc.property(operation, input, (name, value) => {
        try {
          JSON.stringify(validateInput(name, value))
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
