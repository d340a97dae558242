import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { wrongKind } from '../../../src/internal/kind.ts'

describe('a value of the wrong kind', () => {
  it.each<[unknown, string]>([
    [null, 'must be a string, not null'],
    [undefined, 'must be a string, not undefined'],
    [Number.NaN, 'must be a string, not NaN'],
    [7, 'must be a string, not a number'],
    [1n, 'must be a string, not a bigint'],
    [['x'], 'must be a string, not a list'],
    [{}, 'must be a string, not an object'],
    [() => {}, 'must be a string, not a function'],
    [Buffer.from('x'), 'must be a string, not bytes'],
    [new Blob(['x']), 'must be a string, not bytes'],
    [Promise.resolve('x'), 'is a Promise: await it'],
    [{ url: 'https://x.example/a.png', jobId: 'job_1' }, 'is an Output: use output.url'],
    [{ url: 'https://x.example/a.png', id: 'upload_1' }, 'is an object: use its url'],
    [new Response('x').body, 'is a stream: read it first, as with await new Response(stream).blob()'],
    [Readable.from(['x']), 'is a stream: read it first, as with await new Response(stream).blob()'],
  ])('is told what it is: %s', (value, message) => {
    expect(wrongKind(value, 'must be a string')).toBe(message)
  })
})
