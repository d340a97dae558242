import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHttp, isRedirect } from '../../../src/internal/http.ts'
import { createSecrets } from '../../../src/internal/secrets.ts'
import { closers, failed, secret, send, serve } from './http-kit.ts'

afterEach(() => {
  for (const close of closers.splice(0)) close()
  vi.useRealTimers()
})

describe('an answer', () => {
  it('is given as it came, with the exact bytes sent', async () => {
    let body = ''
    const { url, requests } = await serve((request, response) => {
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => response.writeHead(402, { 'x-request-id': 'r1' }).end('{"error":"größer"}'))
    })
    const result = await send(url)
    if (result.kind !== 'answer') throw new Error('expected an answer')
    expect(result.status).toBe(402)
    expect(result.headers.get('x-request-id')).toBe('r1')
    expect(result.text()).toBe('{"error":"größer"}')
    expect(result.json()).toEqual({ error: 'größer' })
    expect(body).toBe('{"prompt":"a lighthouse"}')
    expect(requests).toHaveLength(1)
    expect(requests[0]?.headers['payment-signature']).toBe(secret)
    expect(requests[0]?.headers.cookie).toBeUndefined()
  })

  it.each([400, 401, 402, 404, 408, 413, 429, 500, 502, 503, 504])(
    'of status %i is no exception and is not retried',
    async (status) => {
      const { url, requests } = await serve((_request, response) =>
        response.writeHead(status, { 'retry-after': '0' }).end('oops'),
      )
      const result = await send(url)
      expect(result).toMatchObject({ kind: 'answer', status })
      expect(requests).toHaveLength(1)
    },
  )

  it.each(['GET', 'PUT', 'DELETE'] as const)(
    'to a %s is the only one, too: a proof counts once, a file is paid once',
    async (method) => {
      const { url, requests } = await serve((request, response) => {
        if (requests.length === 1) response.writeHead(503, { 'retry-after': '0' }).end('oops')
        else request.socket.resetAndDestroy()
      })
      const headers = { 'sign-in-with-x': secret }
      const http = createHttp(undefined, () => {}, createSecrets())
      const result = await http({ method, url, headers, timeoutMs: 10_000 })
      expect(result).toMatchObject({ kind: 'answer', status: 503 })
      expect(await http({ method, url, headers, timeoutMs: 10_000 })).toMatchObject({ reason: 'network' })
      expect(requests).toHaveLength(2)
    },
  )

  it('that is empty, or no JSON, or too deep, has no JSON', async () => {
    const bodies = ['', '<html>', '['.repeat(1000) + ']'.repeat(1000)]
    const { url } = await serve((_request, response) => response.end(bodies.shift()))
    for (let left = bodies.length; left > 0; left -= 1) {
      const result = await send(url)
      if (result.kind !== 'answer') throw new Error('expected an answer')
      expect(result.json()).toBeUndefined()
    }
  })

  it('that is not UTF-8 is still text', async () => {
    const { url } = await serve((_request, response) => response.end(Buffer.from([0xff, 0x41])))
    const result = await send(url)
    expect(result.kind === 'answer' && result.text()).toBe('\ufffdA')
    expect(result.kind === 'answer' && [...result.bytes]).toEqual([0xff, 0x41])
  })

  it('without a body is empty', async () => {
    const { url } = await serve((_request, response) => response.writeHead(204).end())
    const result = await send(url)
    expect(result.kind === 'answer' && result.bytes).toEqual(new Uint8Array())
  })

  it('tells its headers and when its request was sent', async () => {
    const seen: [string | null, number][] = []
    const { url } = await serve((_request, response) => response.writeHead(200, { date: 'x' }).end())
    const before = Date.now()
    const observe = (_url: string, headers: Headers, sentAt: number) =>
      seen.push([headers.get('date'), sentAt])
    await createHttp(
      undefined,
      observe,
      createSecrets(),
    )({
      method: 'GET',
      url,
      timeoutMs: 10_000,
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.[0]).toBe('x')
    expect(seen[0]?.[1]).toBeGreaterThanOrEqual(before)
    expect(seen[0]?.[1]).toBeLessThanOrEqual(Date.now())
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    '%i is never followed: a payment or a proof stays here',
    async (status) => {
      const thief = await serve((_request, response) => response.end('{}'))
      const { url, requests } = await serve((_request, response) =>
        response.writeHead(status, { location: thief.url }).end(),
      )
      const result = await send(url)
      expect(thief.requests).toHaveLength(0)
      expect(requests).toHaveLength(1)
      expect(result.kind === 'answer' && isRedirect(result.status)).toBe(true)
    },
  )

  it('that a browser hides behind status 0 counts as one', () => {
    expect([0, 300, 307, 399].every(isRedirect)).toBe(true)
    expect([200, 299, 400, 402, 500].some(isRedirect)).toBe(false)
  })
})

describe('a too large answer', () => {
  it('is not read when it announces its length', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100000000' })
      response.write('x')
    })
    expect(failed(await send(url, { maxBytes: 1000 }))).toMatchObject({ reason: 'too_large', status: 200 })
  })

  it('is cut off when it does not', async () => {
    let written = 0
    const { url } = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && written < 200_000_000) {
          written += 65_536
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more)
        }
      }
      more()
    })
    expect(failed(await send(url, { maxBytes: 1000 }))).toMatchObject({ reason: 'too_large', status: 200 })
    expect(written).toBeLessThan(100_000_000)
  })

  it('of exactly the allowed size is fine, one byte more is not', async () => {
    const { url } = await serve((_request, response) => response.end('x'.repeat(1000)))
    expect(await send(url, { maxBytes: 1000 })).toMatchObject({ kind: 'answer' })
    expect(await send(url, { maxBytes: 999 })).toMatchObject({ reason: 'too_large' })
  })

  it('is recognised after a lying content-length by a custom fetch', async () => {
    const lying: typeof fetch = async () =>
      new Response('x'.repeat(5000), { headers: { 'content-length': '10' } })
    expect(failed(await send('https://stablestudio.dev/', { maxBytes: 1000 }, lying)).reason).toBe(
      'too_large',
    )
  })

  it('of 5 MiB is refused by default', async () => {
    const { url } = await serve((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024)))
    expect(failed(await send(url)).reason).toBe('too_large')
  })
})

describe('no answer', () => {
  it('in time is a timeout', async () => {
    const { url } = await serve(() => {})
    const result = failed(await send(url, { timeoutMs: 50 }))
    expect(result).toMatchObject({ reason: 'timeout' })
    expect(result.status).toBeUndefined()
  })

  it('is no longer waited for by the connection either', async () => {
    for (const ends of [() => ({ timeoutMs: 50 }), () => ({ signal: AbortSignal.timeout(50) })]) {
      const closed = new Promise((resolve) => {
        void serve((request) => request.socket.once('close', resolve)).then(({ url }) => send(url, ends()))
      })
      await closed
    }
  })

  it('to its end in time is a timeout that knows the status', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200)
      response.write('{"jobId":')
    })
    expect(failed(await send(url, { timeoutMs: 200 }))).toMatchObject({ reason: 'timeout', status: 200 })
  })

  it('because the caller aborted is an abort', async () => {
    const stop = new AbortController()
    const { url } = await serve(() => stop.abort(new Error('enough')))
    expect(failed(await send(url, { signal: stop.signal })).reason).toBe('aborted')
  })

  it('is asked for when the caller aborted before', async () => {
    const { url, requests } = await serve((_request, response) => response.end())
    expect(failed(await send(url, { signal: AbortSignal.abort() })).reason).toBe('aborted')
    expect(requests).toHaveLength(0)
  })

  it('because nobody listens is a network failure', async () => {
    const { url } = await serve(() => {})
    for (const close of closers.splice(0)) close()
    expect(failed(await send(url)).reason).toBe('network')
  })

  it('because the connection was reset is a network failure', async () => {
    const { url } = await serve((request) => request.socket.resetAndDestroy())
    const result = failed(await send(url))
    expect(result.reason).toBe('network')
    expect(result.status).toBeUndefined()
  })

  it('to its end because of a reset is a network failure that knows the status', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('x', () => setImmediate(() => request.socket.resetAndDestroy()))
    })
    expect(failed(await send(url))).toMatchObject({ reason: 'network', status: 200 })
  })

  it('because the URL is none is a network failure, not an exception', async () => {
    expect(failed(await send('no url')).reason).toBe('network')
  })
})
