import { describe, expect, it } from 'vitest'
import type { OutputError, StableStudioError } from '../../src/errors.ts'
import { encodeJson } from '../../src/internal/base64.ts'
import { played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('A20 parser abuse', () => {
  it.each<[string, string]>([
    ['what is not base64', '%%%'],
    ['what is not JSON', btoa('not json')],
    ['an array', encodeJson([])],
    ['null', encodeJson(null)],
    ['version 1', encodeJson({ x402Version: 1, accepts: [] })],
    [
      'a thousand offers',
      encodeJson({
        x402Version: 2,
        resource: { url: 'https://stablestudio.dev' },
        accepts: Array(1_000).fill({}),
      }),
    ],
    ['more than 64 KiB', encodeJson({ x402Version: 2, accepts: [], pad: 'x'.repeat(70_000) })],
    ['a nesting of 10,000', btoa(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    [
      'a prototype',
      btoa('{"x402Version":2,"__proto__":{"accepts":[]},"accepts":[{"__proto__":{"scheme":"exact"}}]}'),
    ],
  ])('is sent %s as a challenge: a typed error, and nothing signed', async (_name, header) => {
    const hostile = createHostile(
      async () => new Response(null, { status: 402, headers: { 'payment-required': header } }),
    )
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'OfferRefusedError', payment: 'none', safeToRetry: true })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A21 poisoned results', () => {
  const withResult = (result: unknown) =>
    createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      const job = await answer.json()
      return Response.json(job.status === 'complete' ? { ...job, result } : job)
    })

  it.each([
    'http://10.0.0.1/secret',
    'file:///etc/passwd',
    'https://user:pass@stablestudio.dev/a.png',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    `https://stablestudio.dev/${'a'.repeat(100_000)}`,
  ])('names %.60s as the asset: not handed out, and the job is not lost', async (imageUrl) => {
    const { studio } = withResult({ imageUrl })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'OutputError', code: 'output_not_allowed', job: { operation } })
    const { job } = error as OutputError
    expect(await played(studio.jobs.get(job?.id ?? ''))).not.toHaveProperty('output')
  })

  it('downloads without any header of the wallet', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    const image = await played(hostile.studio.run(operation, input))
    await image.bytes()
    const download = hostile.requests.at(-1)
    expect(download?.url).toBe(image.url)
    expect([...(download?.headers.keys() ?? [])]).not.toEqual(expect.arrayContaining(['sign-in-with-x']))
    expect(download?.headers.get('payment-signature')).toBeNull()
    expect(download?.headers.get('authorization')).toBeNull()
  })

  it('is complete without an asset', async () => {
    const hostile = withResult({ nothing: true })
    expect(await played(failure(hostile.studio.run(operation, input)))).toMatchObject({
      name: 'OutputError',
      payment: 'settled',
    })
  })
})

describe('A22 pending for ever', () => {
  it('ends at the deadline, with few requests, and with the job', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      return Response.json({ ...(await answer.json()), status: 'paused-by-nobody-knows', result: undefined })
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'JobTimeoutError', payment: 'settled' })
    expect((error as StableStudioError).job?.id).toMatch(/^c/)
    // 600 s at two requests for each published interval of 10 s.
    expect(hostile.requests.length).toBeLessThanOrEqual(2 + 120)
  })
})
