// The 402 of a paid route, held against the live service's challenge of 2026-10-01.
import { describe, expect, test } from 'vitest'
import { decodePaymentRequired } from '../../../src/x402/header.ts'
import { selectExactOffer } from '../../../src/x402/offer.ts'
import { body, decoded, generateUrl, offerOf, origin, post, setup } from './kit.ts'

const banana = `${origin}/api/generate/nano-banana-pro/generate`

describe('an unpaid request', () => {
  test('is challenged as the live service does it', async () => {
    const { sandbox, now } = setup()
    const response = await sandbox.fetch(...post(banana, { prompt: 'a lighthouse at dusk' }))
    expect(response.status).toBe(402)
    expect(await response.text()).toBe('')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-request-id')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(response.headers.get('date')).toBe(new Date(now()).toUTCString())
    const { resource, accepts, extensions, ...rest } = decoded(response.headers.get('payment-required'))
    expect(rest).toEqual({ x402Version: 2 })
    expect(resource).toEqual({
      url: banana,
      method: 'POST',
      description:
        'generate with Nano Banana Pro Returns an async job with a pollUrl. Poll the returned pollUrl with SIWX until the job is complete or failed.',
      mimeType: 'application/json',
      tags: ['Generate'],
      serviceName: 'StableStudio',
    })
    expect(accepts).toEqual([
      {
        scheme: 'exact',
        network: 'eip155:8453',
        amount: '130000',
        asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
        payTo: '0x07F067959297767c887dbfA3C72379c66E82a045',
        maxTimeoutSeconds: 300,
        extra: { name: 'USD Coin', version: '2' },
      },
      expect.objectContaining({
        scheme: 'exact',
        network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
        amount: '130000',
        payTo: 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c',
        maxTimeoutSeconds: 300,
      }),
    ])
    expect(extensions.bazaar.info.input).toEqual({ type: 'http', method: 'POST', bodyType: 'json', body: {} })
  })

  test('passes the checks of our own client', async () => {
    const { sandbox } = setup()
    const response = await sandbox.fetch(...post(generateUrl, body))
    const challenge = decodePaymentRequired(response.headers.get('payment-required') ?? '')
    expect(selectExactOffer(challenge, { resources: [generateUrl] }).amount).toBe(170_000n)
  })

  test('carries an MPP challenge that is bound to its request', async () => {
    const { sandbox, now } = setup()
    const first = await sandbox.fetch(...post(generateUrl, body))
    const header = first.headers.get('www-authenticate') ?? ''
    const fields = Object.fromEntries(
      [...header.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]),
    )
    expect(header).toMatch(
      /^Payment id="[A-Za-z0-9_-]{43}", realm="stablestudio.dev", method="tempo", intent="charge"/,
    )
    expect(JSON.parse(Buffer.from(fields.request ?? '', 'base64url').toString())).toEqual({
      amount: '170000',
      currency: '0x20c000000000000000000000b9537d11c60e8b50',
      methodDetails: { chainId: 4217 },
      recipient: '0x07F067959297767c887dbfA3C72379c66E82a045',
    })
    expect(Date.parse(fields.expires ?? '')).toBe(now() + 300_000)
    const other = await sandbox.fetch(...post(generateUrl, { ...body, quality: 'low' }))
    expect(other.headers.get('www-authenticate')).not.toContain(fields.id)
    const again = await sandbox.fetch(...post(generateUrl, body))
    expect(again.headers.get('www-authenticate')).toBe(header)
  })

  test.each([
    ['a body that breaks the schema', { quality: 'high' }],
    ['an unknown field', { ...body, seed: 1 }],
    ['malformed JSON', '{'],
    ['no body', ''],
  ])('with %s is quoted the ceiling instead of refused', async (_what, value) => {
    const { sandbox } = setup()
    expect((await offerOf(sandbox, generateUrl, value)).amount).toBe('10000000')
  })

  test.each([
    [{ ...body, quality: 'low' }, '11000'],
    [{ ...body, quality: 'high', size: '1536x1024' }, '250000'],
    [{ prompt: 'x' }, '170000'],
  ])('is priced by its body: %o', async (value, amount) => {
    const { sandbox } = setup()
    expect((await offerOf(sandbox, generateUrl, value)).amount).toBe(amount)
  })

  test('takes the price, payee and network of the options', async () => {
    const payTo = '0x1111111111111111111111111111111111111111'
    const { sandbox } = setup({ network: 'eip155:84532', payTo, price: () => '3.20' })
    const offer = await offerOf(sandbox)
    expect(offer).toMatchObject({
      network: 'eip155:84532',
      payTo,
      amount: '3200000',
      extra: { name: 'USDC' },
    })
  })

  test.each([
    ['throws', () => JSON.parse('{')],
    ['returns no amount', () => 'free'],
  ])('is quoted the ceiling when the price function %s', async (_what, price) => {
    const { sandbox } = setup({ price })
    expect((await offerOf(sandbox)).amount).toBe('10000000')
  })

  test('with an MPP credential that cannot be read crashes, as in the real library', async () => {
    const { sandbox } = setup()
    const response = await sandbox.fetch(...post(generateUrl, body, { authorization: 'Payment abc' }))
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
  })

  test('with another kind of authorization is just unpaid', async () => {
    const { sandbox } = setup()
    const response = await sandbox.fetch(...post(generateUrl, body, { authorization: 'Bearer abc' }))
    expect([response.status, await response.text()]).toEqual([402, ''])
  })
})

describe('routes', () => {
  test('an operation that the service does not have is 404 with directions', async () => {
    const { sandbox } = setup()
    const url = `${origin}/api/generate/gpt-image-9/generate`
    const response = await sandbox.fetch(...post(url, body))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      success: false,
      code: 'route_not_found',
      requestedUrl: url,
      discovery: { openapi: `${origin}/openapi.json`, llmsTxt: `${origin}/llms.txt` },
    })
  })

  test.each(['GET', 'PUT', 'DELETE'])('%s on a known generate path is 405', async (method) => {
    const { sandbox } = setup()
    expect((await sandbox.fetch(generateUrl, { method })).status).toBe(405)
  })

  test.each(['constructor/name', '__proto__/x', 'toString/generate'])('%s is no operation', async (name) => {
    const { sandbox } = setup()
    expect((await sandbox.fetch(...post(`${origin}/api/generate/${name}`, body))).status).toBe(404)
  })

  test('a host that the sandbox does not stand in for is a network error', async () => {
    const { sandbox } = setup()
    for (const url of [
      'https://evil.example/',
      'http://stablestudio.dev/',
      'https://stablestudio.dev.evil.com/',
    ]) {
      await expect(sandbox.fetch(url)).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
    }
  })

  test('string, URL and Request name the same route', async () => {
    const { sandbox } = setup()
    const [, init] = post(generateUrl, body)
    for (const input of [generateUrl, new URL(generateUrl), new Request(generateUrl, init)]) {
      const response = await sandbox.fetch(input, init)
      expect(response.status).toBe(402)
      expect(response.url).toBe(generateUrl)
    }
  })
})

test('requests() tells what was asked without any header value', async () => {
  const { sandbox, now } = setup()
  await sandbox.fetch(...post(`${generateUrl}?a=1`, body, { 'payment-signature': 'c2VjcmV0' }))
  await sandbox.fetch(`${origin}/api/jobs`, { headers: { 'sign-in-with-x': 'c2VjcmV0' } })
  const path = '/api/generate/gpt-image-1/generate'
  expect(sandbox.requests()).toEqual([
    { method: 'POST', path, at: now(), paid: true, signedIn: false, status: 402 },
    { method: 'GET', path: '/api/jobs', at: now(), paid: false, signedIn: true, status: 402 },
  ])
  expect(JSON.stringify(sandbox.requests())).not.toContain('c2VjcmV0')
})

test('requests() keeps the last thousand', async () => {
  const { sandbox } = setup()
  for (let at = 0; at < 1003; at += 1) await sandbox.fetch(`${origin}/nothing/${at}`)
  expect(sandbox.requests()).toHaveLength(1000)
  expect(sandbox.requests()[0]?.path).toBe('/nothing/3')
})
