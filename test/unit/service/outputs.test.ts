// Loading it needs no clock, and must not be outrun by it.
import 'ky'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../../src/config.ts'
import { OutputError } from '../../../src/errors.ts'
import { createOutput, readResult } from '../../../src/service/outputs.ts'
import type { AssetKind, Output } from '../../../src/types.ts'
import { contextOf } from '../../support/context.ts'

const now = Date.parse('2026-11-22T12:00:00.000Z')
const url = 'https://blob.example/cat.png'
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff])
const paid = () => ({ id: 'job_1', operation: 'o', pollUrl: '', createdAt: '', attemptId: 'att_1', receipt })
const receipt = {
  ...{ usd: '0.17', amount: '170000', network: 'eip155:8453', asset: '0xa', payer: '0xb', payTo: '0xc' },
  settledAt: '2026-11-22T11:59:00.000Z',
}

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** An output whose asset's host answers like this; remembers the requests. */
function outputOf(
  answer: () => Response | Promise<Response>,
  change: {
    url?: string
    kind?: AssetKind
    doneAt?: string
    options?: ClientOptions
    renew?: () => Promise<string | undefined>
  } = {},
) {
  const requests: Request[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push(new Request(input, init))
    return answer()
  }
  const context = contextOf({ ...change.options, fetch })
  const job = {
    jobId: 'job_1',
    kind: change.kind ?? 'image',
    doneAt: change.doneAt ?? new Date(now).toISOString(),
    paid: paid(),
    renew: change.renew ?? (async () => undefined),
  }
  return { requests, output: createOutput(context, job, { url: change.url ?? url, video: false }) }
}

/** Moves the clock until it has settled: between two tries of a download there is a pause. */
async function played<value>(promise: Promise<value>): Promise<value> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let turns = 0; turns < 1_000 && !settled; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(50)
  }
  return promise
}

async function refusal(output: Output): Promise<OutputError> {
  const both = [output.blob().catch((e: unknown) => e), output.bytes().catch((e: unknown) => e)]
  const errors = await played(Promise.all(both))
  for (const error of errors) {
    if (!(error instanceof OutputError)) throw error
    expect(error).toMatchObject({ phase: 'output', payment: 'settled', safeToRetry: true })
  }
  expect(errors[0]).toMatchObject({ code: (errors[1] as OutputError).code })
  return errors[0] as OutputError
}

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

describe('a download that fails', () => {
  it.each([301, 302, 307, 308])('by redirect %i is not followed', async (status) => {
    const answer = () => new Response(null, { status, headers: { location: 'https://evil.example/' } })
    const { output, requests } = outputOf(answer)
    expect((await refusal(output)).code).toBe('output_not_allowed')
    expect(requests.every((request) => request.url === url)).toBe(true)
  })

  it.each([404, 410])('with %i has expired', async (status) => {
    const { output } = outputOf(() => new Response('gone', { status }))
    const error = await refusal(output)
    expect(error.code).toBe('output_expired')
    expect(error.message).toContain('2026-11-22T12:20:00.000Z')
    expect(error.hint).toContain('20 minutes')
  })

  it.each([400, 401, 403, 429, 500, 503, 204, 206])(
    'with %i has failed, as long as the asset should be there',
    async (status) => {
      const { output } = outputOf(() => new Response(null, { status }))
      const error = await refusal(output)
      expect(error.code).toBe('output_failed')
      expect(error.message).toContain(String(status))
    },
  )

  it('with 403 has expired when its time is over', async () => {
    const { output } = outputOf(() => new Response('denied', { status: 403 }))
    vi.setSystemTime(now + 20 * 60_000 + 1)
    expect((await refusal(output)).code).toBe('output_expired')
  })

  it('by the network has failed, and says so', async () => {
    const cause = new TypeError('fetch failed')
    const { output } = outputOf(() => Promise.reject(cause))
    const error = await refusal(output)
    expect(error.code).toBe('output_failed')
    expect(error.hint).toContain('moves no money')
  })

  it.each<[string, () => Response]>([
    ['500', () => new Response('oops', { status: 500 })],
    ['503 with Retry-After', () => new Response('', { status: 503, headers: { 'retry-after': '7' } })],
    ['429', () => new Response('', { status: 429 })],
    [
      'a broken connection',
      () => {
        throw new TypeError('fetch failed')
      },
    ],
  ])('once or twice by %s is tried again: an asset is gone soon', async (_name, failing) => {
    for (const failures of [1, 2]) {
      let left = failures
      const { output, requests } = outputOf(() => {
        left -= 1
        return left >= 0 ? failing() : new Response(png)
      })
      expect(await played(output.bytes())).toEqual(png)
      expect(requests.map((request) => request.url)).toEqual(Array(failures + 1).fill(url))
    }
  })

  it('is never called as a method, which the fetch of a browser refuses', async () => {
    const fetch = async function (this: unknown) {
      if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
      return new Response(png)
    }
    const job = { jobId: 'job_1', kind: 'image', doneAt: '', renew: async () => undefined } as const
    const output = createOutput(contextOf({ fetch }), job, { url, video: false })
    expect(await played(output.bytes())).toEqual(png)
  })

  it('by a Retry-After of an hour is tried again soon all the same, or told', async () => {
    const headers = { 'retry-after': '3600' }
    const { output, requests } = outputOf(() => new Response('', { status: 503, headers }))
    const began = Date.now()
    const error = await played(output.bytes().catch((one: unknown) => one))
    expect(error).toMatchObject({ code: 'output_failed', message: expect.stringContaining('503') })
    expect(requests).toHaveLength(5)
    expect(Date.now() - began).toBeLessThan(21_000)
  })

  it('with a large page is not read', async () => {
    const pull = vi.fn((stream: ReadableStreamDefaultController) => stream.enqueue(new Uint8Array(65_536)))
    const cancel = vi.fn()
    const { output } = outputOf(
      () => new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), { status: 503 }),
    )
    await expect(played(output.bytes())).rejects.toMatchObject({ code: 'output_failed' })
    expect(pull).not.toHaveBeenCalled()
    expect(cancel).toHaveBeenCalledTimes(5)
  })

  it('for the fifth time is given up', async () => {
    const { output, requests } = outputOf(() => new Response('oops', { status: 503 }))
    await expect(played(output.bytes())).rejects.toMatchObject({ code: 'output_failed' })
    expect(requests).toHaveLength(5)
  })

  it('by a status that will not change is not tried again', async () => {
    for (const status of [400, 403, 404, 410, 307]) {
      const { output, requests } = outputOf(() => new Response(null, { status }))
      await expect(played(output.bytes())).rejects.toBeInstanceOf(OutputError)
      expect(requests).toHaveLength(1)
    }
  })

  it('is not tried again when its time is over or its caller has aborted', async () => {
    const { output, requests } = outputOf(() => new Response('', { status: 503 }))
    await expect(played(output.bytes({ timeout: 100 }))).rejects.toMatchObject({ code: 'output_failed' })
    expect(requests).toHaveLength(1)
    const stop = new AbortController()
    const stopped = outputOf(() => {
      stop.abort('enough')
      return new Response('', { status: 503 })
    })
    await expect(played(stopped.output.bytes({ signal: stop.signal }))).rejects.toMatchObject({
      code: 'aborted',
    })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(stopped.requests).toHaveLength(1)
  })

  it('because it is too large is not read', async () => {
    const { output } = outputOf(() => new Response('x', { headers: { 'content-length': '600000000' } }))
    expect((await refusal(output)).code).toBe('output_too_large')
  })
})

describe('an asset that has moved', () => {
  const moved = 'https://blob.example/moved.png'
  /** The host of the asset knows only the new address. */
  function movedTo(renew: () => Promise<string | undefined>) {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const { url: to } = new Request(input, init)
      asked.push(to)
      return to === moved ? new Response(png) : new Response('gone', { status: 404 })
    }
    const job = { jobId: 'job_1', kind: 'image', doneAt: '', renew } as const
    return { asked, output: createOutput(contextOf({ fetch }), job, { url, video: false }) }
  }

  it('is looked for once more at the address that the service names now', async () => {
    const { asked, output } = movedTo(async () => moved)
    expect(await output.bytes()).toEqual(png)
    expect(asked).toEqual([url, moved])
  })

  it.each<[string, () => Promise<string | undefined>]>([
    ['the same address', async () => url],
    ['no address', async () => undefined],
    ['another one that is gone too', async () => 'https://blob.example/gone.png'],
    ['no answer', () => Promise.reject(new Error('offline'))],
  ])('has expired when the service has %s', async (_name, renew) => {
    const { asked, output } = movedTo(renew)
    await expect(output.bytes()).rejects.toMatchObject({ code: 'output_expired' })
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  it('is not fetched from an address that may not be fetched', async () => {
    for (const at of ['http://blob.example/cat.png', 'http://169.254.169.254/', 'file:///etc/passwd']) {
      const { asked, output } = movedTo(async () => at)
      await expect(output.bytes()).rejects.toBeInstanceOf(OutputError)
      expect(asked).toEqual([url])
    }
  })

  it('is not asked for while it is there', async () => {
    let renewals = 0
    const renew = async () => {
      renewals += 1
      return moved
    }
    const { output } = outputOf(() => new Response(null, { status: 503 }), { renew })
    await refusal(output)
    expect(renewals).toBe(0)
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
