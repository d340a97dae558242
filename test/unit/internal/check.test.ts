import { describe, expect, it } from 'vitest'
import { checkFields, checkInteger, checkMs, checkOptions, checkWord } from '../../../src/internal/check.ts'

const checks = {
  size: checkInteger(1, 9),
  mode: checkWord('mode', ['fast', 'good']),
  times: checkFields(['pay'], checkMs),
}

describe('options', () => {
  it('that are fine, missing or undefined have no problem', () => {
    expect(checkOptions({ size: 9, mode: 'fast', times: { pay: 1 } }, checks)).toEqual([])
    expect(checkOptions({ size: undefined }, checks)).toEqual([])
    expect(checkOptions({}, checks)).toEqual([])
  })

  it('are told every problem, by name', () => {
    expect(checkOptions({ size: 1.5, mode: 'slow', times: { pay: 0 }, sizes: 1 }, checks)).toEqual([
      { path: 'size', message: 'must be an integer from 1 to 9' },
      { path: 'mode', message: 'unknown mode; known: fast, good' },
      { path: 'times', message: 'pay must be a positive number of milliseconds, at most 2147483647' },
      { path: 'sizes', message: 'unknown option. Did you mean size?' },
    ])
  })

  it('name what is unknown inside of one', () => {
    expect(checkOptions({ times: { pay: 0, poll: 1 } }, checks)).toEqual([
      {
        path: 'times',
        message:
          'pay must be a positive number of milliseconds, at most 2147483647; poll: unknown option; known: pay',
      },
    ])
  })

  it.each(['toString', 'constructor', '__proto__'])('do not take %s from a prototype', (name) => {
    const options = JSON.parse(`{"${name}":1}`)
    expect(checkOptions(options, checks)).toMatchObject([{ path: name }])
  })

  it.each([undefined, null, 7, 'x', [], () => {}])('that are %s must be an object', (options) => {
    expect(checkOptions(options, checks)).toEqual([{ path: '', message: 'options must be an object' }])
  })
})
