// Loading it needs no clock, and must not be outrun by it.
import 'ky'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOutput, readResult } from '../../../src/service/outputs.ts'
import { contextOf } from '../../support/context.ts'
import { now, outputOf, png, receipt, refusal, url } from './outputs-kit.ts'

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('an output', () => {
  it('is plain data with its receipt', () => {
    const { output } = outputOf(() => new Response())
    const plain = {
      kind: 'image',
      url,
      expiresAt: '2026-11-22T12:20:00.000Z',
      jobId: 'job_1',
      receipt,
    }
    expect({ ...output }).toEqual(plain)
    expect(JSON.parse(JSON.stringify(output))).toEqual(plain)
  })

  it('expires twenty minutes after the job was done, or after now when the service tells no time', () => {
    const expiry = (doneAt: string) => outputOf(() => new Response(), { doneAt }).output.expiresAt
    expect(expiry('2026-11-22T11:50:00.000Z')).toBe('2026-11-22T12:10:00.000Z')
    expect(expiry('yesterday')).toBe('2026-11-22T12:20:00.000Z')
    expect(expiry('')).toBe('2026-11-22T12:20:00.000Z')
  })

  it('has a thumbnail only when it is a video', () => {
    const context = contextOf({})
    const job = { jobId: 'job_1', doneAt: '', renew: async () => undefined }
    const result = { url, thumbnailUrl: 'https://blob.example/t.jpg', video: true }
    expect(createOutput(context, { ...job, kind: 'video' }, result).thumbnailUrl).toBe(result.thumbnailUrl)
    expect(createOutput(context, { ...job, kind: 'image' }, result)).not.toHaveProperty('thumbnailUrl')
  })

  it('downloads as a blob with the type that the host names, and as bytes', async () => {
    const answer = () => new Response(png, { headers: { 'content-type': 'image/png' } })
    const { output, requests } = outputOf(answer)
    const blob = await output.blob()
    expect(blob.type).toBe('image/png')
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(png)
    expect(await output.bytes()).toEqual(png)
    expect(requests.map(({ method, url: to }) => `${method} ${to}`)).toEqual([`GET ${url}`, `GET ${url}`])
  })

  it('downloads without a type when the host names none', async () => {
    const { output } = outputOf(() => new Response(png))
    expect((await output.blob()).type).toBe('')
  })

  it('sends no header of the wallet, no cookie and no referrer to the host of the asset', async () => {
    const { output, requests } = outputOf(() => new Response(png))
    await output.bytes()
    const names = [...(requests[0]?.headers.keys() ?? [])]
    for (const name of [
      'payment-signature',
      'sign-in-with-x',
      'authorization',
      'cookie',
      'referer',
      'origin',
    ]) {
      expect(names).not.toContain(name)
    }
    expect(requests[0]?.redirect).toBe('manual')
  })
})

describe('an asset that is not fetched', () => {
  it.each([
    'http://blob.example/cat.png',
    'http://stablestudio.dev/cat.png',
    'http://127.0.0.1:9/cat.png',
    'http://169.254.169.254/latest/meta-data',
    'https://user:pass@blob.example/cat.png',
    'https://user@blob.example/cat.png',
    'ftp://blob.example/cat.png',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'javascript:alert(1)',
    'blob:https://stablestudio.dev/1',
    '/cat.png',
    'cat.png',
    '',
  ])('stands at %s', async (at) => {
    const { output, requests } = outputOf(() => new Response(png), { url: at })
    expect((await refusal(output)).code).toBe('output_not_allowed')
    expect(requests).toEqual([])
  })

  it('stands on this machine, but not where the service does', async () => {
    const options = { baseUrl: 'http://127.0.0.1:4021', origin: 'http://127.0.0.1:4021' }
    const elsewhere = outputOf(() => new Response(png), { url: 'http://127.0.0.1:4022/cat.png', options })
    expect((await refusal(elsewhere.output)).code).toBe('output_not_allowed')
    const there = outputOf(() => new Response(png), { url: 'http://127.0.0.1:4021/cat.png', options })
    expect(await there.output.bytes()).toEqual(png)
  })
})

describe('readResult', () => {
  it.each([
    [{ result: { imageUrl: url } }, { url, video: false }],
    [{ result: { url } }, { url, video: false }],
    [{ imageUrl: url }, { url, video: false }],
    [{ result: { videoUrl: url } }, { url, video: true }],
    [{ result: { videoUrl: url, thumbnailUrl: 't' } }, { url, video: true, thumbnailUrl: 't' }],
    [{ result: { videoUrl: url, imageUrl: 'other' } }, { url, video: true }],
    [
      { result: null, videoUrl: url },
      { url, video: true },
    ],
    [
      { result: { imageUrl: url }, imageUrl: 'other' },
      { url, video: false },
    ],
  ])('finds the asset in %j', (job, result) => {
    expect(readResult(job)).toEqual(result)
  })

  it.each([
    undefined,
    null,
    'x',
    [],
    {},
    { result: {} },
    { result: [{ imageUrl: url }] },
    { result: { imageUrl: 7 } },
    { result: { imageUrl: '' } },
    { result: { imageUrl: [url] } },
    JSON.parse(`{"result":{"__proto__":{"imageUrl":"${url}"}}}`),
  ])('finds nothing in %j', (job) => {
    expect(readResult(job)).toBeUndefined()
  })
})
