// The service's refusals as errors: what it said, and never what it was sent.
import { describe, expect, it, vi } from 'vitest'
import { noAnswerError, refusalOf, requestIdOf, saidBy } from '../../../src/service/refusals.ts'
import { contextOf } from '../../support/context.ts'
import { answer } from './kit.ts'

const baseUrl = 'https://stablestudio.dev'
const prompt = 'a plan that nobody must read'
const where = { phase: 'quote', code: 'service_error' } as const
const refusal = (...given: Parameters<typeof answer>) =>
  refusalOf(answer(...given), { operation: 'gpt-image-1/generate', secrets: [prompt], baseUrl }, where)
const shown = (error: Error) => JSON.stringify([error, error.message, error.stack])

describe('an error never carries the input', () => {
  it.each<[string, number, unknown]>([
    ['an error', 500, { error: `failed at ${prompt}` }],
    ['a reason', 400, { reason: prompt, message: prompt }],
    ['an issue', 422, { issues: [{ path: ['prompt'], message: `is bad: ${prompt}` }] }],
    ['the path of an issue', 400, { issues: [{ path: [prompt], message: 'is bad' }] }],
    ['a page', 502, `<html>${prompt}</html>`],
  ])('that the service repeats in %s', (_name, status, body) => {
    expect(shown(refusal(status, body))).not.toContain(prompt)
  })
})

describe('what the service said', () => {
  it('is kept, short, on one line, without control characters', () => {
    const said = saidBy(answer(500, { error: `no\u001b[31m\r\n${'x'.repeat(5_000)}` }), []) ?? ''
    expect(said).toContain('no')
    expect(said.length).toBeLessThan(600)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(said).not.toMatch(/[\u0000-\u001f]/)
  })

  it('is said once where it is said twice', () => {
    expect(saidBy(answer(500, { error: 'no', message: 'no' }), [])?.match(/no/g)).toHaveLength(1)
  })

  it('of a page is its type alone', () => {
    const page = answer(403, '<html>call +1 555</html>', { 'content-type': 'text/html' })
    expect(saidBy(page, [])).toMatch(/text\/html/)
    expect(saidBy(page, [])).not.toContain('555')
  })

  it('is no more than twenty issues, each with a path of names and numbers', () => {
    const issues = Array.from({ length: 50 }, () => ({ path: ['images', 0, { evil: 1 }], message: 'is bad' }))
    const error = refusal(400, { issues: [{ message: 7 }, ...issues] })
    const { issues: kept } = error as { issues?: unknown[] }
    expect(kept).toHaveLength(20)
    expect(kept?.[1]).toEqual({ path: 'images.0', message: 'is bad' })
  })
})

describe('the class of a refusal', () => {
  it.each<[string, number, unknown, object]>([
    ['an input that is refused', 400, { issues: [] }, { name: 'InvalidInputError', code: 'invalid_input' }],
    ['a page with 400', 400, '<html>', { name: 'ServiceError', code: 'service_error', status: 400 }],
    ['a redirect', 307, '', { name: 'ServiceError', code: 'redirect_refused' }],
    ['a redirect that a browser hides', 0, '', { name: 'ServiceError', code: 'redirect_refused' }],
    [
      'an operation that is gone',
      404,
      { code: 'route_not_found' },
      { name: 'UnknownOperationError', replacements: ['gpt-image-1.5/generate', 'gpt-image-2/generate'] },
    ],
    ['another 404', 404, { error: 'no' }, { name: 'ServiceError', status: 404 }],
    ['a success that fits nothing', 200, '', { name: 'ServiceError', code: 'response_malformed' }],
    ['a failure', 500, { error: 'x' }, { name: 'ServiceError', code: 'service_error', status: 500 }],
  ])('of %s', (_name, status, body, expected) => {
    expect(refusal(status, body)).toMatchObject({ ...expected, payment: 'none', safeToRetry: true })
  })

  it('has the id of the request, cleaned', () => {
    const headers = { 'x-request-id': 'iad1::abc' }
    expect(refusal(500, {}, headers).requestId).toBe('iad1::abc')
    expect(requestIdOf(answer(500, {}))).toEqual({})
  })
})

describe('no answer', () => {
  const failure = (reason: 'network' | 'timeout' | 'too_large') =>
    ({ kind: 'failure', reason, cause: new Error('cause') }) as const

  it.each([
    ['timeout', 'timeout'],
    ['network', 'network_error'],
    ['too_large', 'response_malformed'],
  ] as const)('by %s is %s, before anything was signed', (reason, code) => {
    const error = noAnswerError(contextOf(), failure(reason), { phase: 'quote', code: 'network_error' })
    expect(error).toMatchObject({ name: 'ServiceError', code, payment: 'none', safeToRetry: true })
  })

  it('in a page of another origin leads to the proxy', () => {
    const hint = () =>
      noAnswerError(contextOf(), failure('network'), { phase: 'quote', code: 'network_error' }).hint
    expect(hint()).not.toContain('createProxy')
    vi.stubGlobal('location', { origin: 'https://app.example' })
    expect(hint()).toContain('createProxy')
  })
})
