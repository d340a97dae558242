// Loading it needs no clock, and must not be outrun by it.
import 'ky'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OutputError } from '../../../src/errors.ts'
import { createOutput } from '../../../src/service/outputs.ts'
import { contextOf } from '../../support/context.ts'
import { now, outputOf, played, png, refusal, url } from './outputs-kit.ts'

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a download with wrong options', () => {
  it.each<[string, object]>([
    ['timeout', { timeout: '30s' }],
    ['timeout', { timeout: Number.NaN }],
    ['signal', { signal: 'stop' }],
    ['maxBytes', { maxBytes: -1 }],
    ['maxbytes', { maxbytes: 10 }],
  ])('requests nothing, names %s, and keeps the job', async (path, options) => {
    const { output, requests } = outputOf(() => new Response(png))
    for (const download of [output.blob, output.bytes]) {
      const error = await download(options).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path }], job: { id: 'job_1' } })
    }
    expect(requests).toHaveLength(0)
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
