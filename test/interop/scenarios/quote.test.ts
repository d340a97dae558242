// What an unpaid request is told: the price of its body, or the ceiling when there is none.
import { describe, expect, test } from 'vitest'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { input, path, post } from '../support/sign.ts'

const same = onBoth()

type Required = { accepts: { amount: string }[] }
const amountOf = (seen: { headers: Record<string, unknown> }) =>
  (seen.headers['payment-required'] as Required).accepts[0]?.amount

describe('an unpaid request', () => {
  test('is answered with a 402 whose body is empty and whose header is the challenge', async () => {
    const seen = await same((stack) => see(stack, path, post(input)))
    expect(seen).toMatchObject({ status: 402, body: '', headers: { 'cache-control': 'no-store' } })
    expect(amountOf(seen)).toBe('70000')
  })

  test('is quoted the price of its own body', async () => {
    expect(amountOf(await same((stack) => see(stack, path, post({ ...input, imageSize: '4K' }))))).toBe(
      '150000',
    )
  })

  test.each([
    ['no body', ''],
    ['half a body', '{"prompt":'],
    ['a body without its prompt', { aspectRatio: '1:1' }],
    ['a body with a field too many', { ...input, size: '1024x1024' }],
    ['a list', []],
  ])('with %s is quoted the ceiling', async (_name, body) => {
    const seen = await same((stack) => see(stack, path, post(body)))
    expect(seen.status).toBe(402)
    expect(amountOf(seen)).toBe('10000000')
  })

  test('for an upload is quoted a cent, whatever its body', async () => {
    const [good, bad] = await same(async (stack) => [
      await see(stack, '/api/upload', post({ filename: 'a.png', contentType: 'image/png' })),
      await see(stack, '/api/upload', post('{')),
    ])
    expect([good, bad].map((seen) => seen && amountOf(seen))).toEqual(['10000', '10000'])
  })

  test('to a route that is not there is sent to the discovery documents', async () => {
    const seen = await same((stack) => see(stack, '/api/generate/gpt-image-0/generate', post(input)))
    expect(seen).toMatchObject({ status: 404, body: { code: 'route_not_found' } })
  })

  test('by a method that is not there is refused', async () => {
    const seen = await same(async (stack) => [
      await see(stack, path),
      await see(stack, '/api/jobs', { method: 'POST' }),
      await see(stack, '/api/jobs/x', { method: 'PUT' }),
    ])
    expect(seen.map(({ status }) => status)).toEqual([405, 405, 405])
  })

  test('of a browser that asks whether it may is not found', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const seen = await same((stack) => see(stack, path, { method: 'OPTIONS', headers }))
    expect(seen.status).toBe(404)
  })

  test('from another origin gets no leave to be read', async () => {
    const headers = { origin: 'https://app.example' }
    const seen = await same((stack) => see(stack, path, post(input, headers)))
    expect(seen.headers['access-control-allow-origin']).toBeUndefined()
  })
})
