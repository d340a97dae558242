// One deadline for the whole request, and the engines that lack what it once was made of.
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { toNodeListener } from '../../../src/entries/node.ts'
import { createProxy, type ProxyOptions } from '../../../src/entries/proxy.ts'
import { serve } from '../../support/upstream.ts'
import { app, blob, codeOf, deferred, generate, mount, post, put, startRelay } from './kit.ts'

const never = () => new Promise<never>(() => {})
const paid = (body: BodyInit = '{}') => ({ ...post(body, { 'payment-signature': 'x' }), duplex: 'half' })

/** A body that sends its first piece and then nothing, for ever. */
const stuck = () => new ReadableStream({ start: (one) => one.enqueue(new Uint8Array([0x7b])) })

describe('the time of a request', () => {
  it.each([
    ['authorize', { authorize: never }],
    ['rateLimit', { rateLimit: never }],
    ['rateLimit after authorize', { authorize: () => true, rateLimit: never }],
  ] as [string, ProxyOptions][])('ends where a hook hangs: %s', async (_name, hooks) => {
    const relay = await startRelay({ timeout: 50, ...hooks })
    for (const [path, init] of [
      ['/api/jobs', {}],
      [generate, paid()],
      [blob, put()],
    ] as const) {
      const answer = await relay.ask(path, init)
      expect(answer.status).toBe(504)
      expect(await codeOf(answer)).toBe('proxy_timeout')
    }
    expect(relay.seen).toEqual([])
  })

  it('ends where a body does not come, and relays nothing of it', async () => {
    const relay = await startRelay({ timeout: 50 })
    const answer = await relay.ask(generate, paid(stuck() as never) as RequestInit)
    expect(answer.status).toBe(504)
    expect(relay.seen).toEqual([])
  })

  it('ends where a file does not come, also for a fetch that knows no signals', async () => {
    const fetches = [undefined, never]
    for (const fetch of fetches) {
      const relay = await startRelay({ timeout: 50, fetch })
      const answer = await relay.ask(blob, put(stuck() as never))
      expect(answer.status).toBe(504)
      expect(relay.seen.every(({ body }) => body.endsWith('(cut off)'))).toBe(true)
    }
  })

  it('is one for all of its parts: what a hook took is not there for the service', async () => {
    vi.useFakeTimers()
    try {
      let hooked = () => {}
      const proxy = createProxy({
        timeout: 1_000,
        authorize: () =>
          new Promise((resolve) => {
            hooked = () => resolve(true)
          }),
        fetch: never,
      })
      const answer = proxy(new Request(`${mount}${generate}`, post()))
      await vi.advanceTimersByTimeAsync(900)
      hooked()
      await vi.advanceTimersByTimeAsync(99)
      let status = 0
      void answer.then((one) => {
        status = one.status
      })
      await vi.advanceTimersByTimeAsync(0)
      expect(status).toBe(0)
      await vi.advanceTimersByTimeAsync(1)
      expect(status).toBe(504)
    } finally {
      vi.useRealTimers()
    }
  })

  it('leaves no timer behind, whatever the end was', async () => {
    vi.useFakeTimers()
    try {
      const answers = [
        async () => Response.json({}),
        async () => new Response(null, { status: 204 }),
        async () => bodiless('{}'),
        async () => new Response(null, { status: 302 }),
        async () => Promise.reject(new Error('lost')),
      ]
      for (const fetch of answers) {
        const proxy = createProxy({ fetch: fetch as never })
        await (await proxy(new Request(`${mount}/api/jobs`))).text()
        expect(vi.getTimerCount()).toBe(0)
      }
      for (const authorize of [() => false, () => Promise.reject(new Error('down'))]) {
        await createProxy({ authorize })(new Request(`${mount}/api/jobs`))
        expect(vi.getTimerCount()).toBe(0)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('a hook that says yes after it is over lets nothing through', async () => {
    const late = deferred()
    const relay = await startRelay({ timeout: 30, authorize: () => late.promise.then(() => true) })
    expect((await relay.ask(generate, paid() as RequestInit)).status).toBe(504)
    late.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(relay.seen).toEqual([])
  })

  it.each([
    ['POST', generate],
    ['PUT', blob],
  ])('frees the connection of who sends a byte now and then: %s', async (method, path) => {
    const relay = await startRelay({ timeout: 100 })
    const url = await serve(toNodeListener(relay.proxy))
    const head = `${method} /api/stablestudio${path} HTTP/1.1\r\nHost: app.example\r\nContent-Length: 1000\r\n\r\n{`
    expect(await slowly(url, head)).toMatch(/^HTTP\/1\.1 504[\s\S]*Connection: close[\s\S]*proxy_timeout/)
  })
})

/** Sends a byte now and then until the server has ended the connection. */
function slowly(url: string, head: string): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(head))
    const more = setInterval(() => socket.write('x'), 20)
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(more)
      resolve(said)
    })
  })
}

/** As React Native answers: the bytes at once, without a stream. */
function bodiless(text: string, init?: ResponseInit): Response {
  const answer = new Response(text, init)
  Object.defineProperty(answer, 'body', { value: undefined })
  return answer
}

describe('an engine', () => {
  it('whose answers have no stream relays them all the same', async () => {
    const headers = { 'payment-response': 'eA==', 'content-type': 'application/json' }
    const answerWith = (text: string, status = 200) =>
      createProxy({ maxAnswerBytes: 100, fetch: async () => bodiless(text, { status, headers }) })
    const ask = (proxy: ReturnType<typeof createProxy>) => proxy(new Request(`${mount}${generate}`, post()))
    const answer = await ask(answerWith('{"ok":true}', 402))
    expect([answer.status, await answer.text()]).toEqual([402, '{"ok":true}'])
    expect(answer.headers.get('payment-response')).toBe('eA==')
    expect(await codeOf(await ask(answerWith('x'.repeat(101))))).toBe('proxy_answer_too_large')
    expect((await ask(answerWith(''))).status).toBe(200)
  })

  it('whose answers never come whole is not waited for', async () => {
    const answer = bodiless('')
    Object.defineProperty(answer, 'arrayBuffer', { value: never })
    const proxy = createProxy({ timeout: 30, fetch: async () => answer })
    expect((await proxy(new Request(`${mount}/api/jobs`))).status).toBe(504)
  })

  it('whose requests have no stream sends what they hold, never an empty payment', async () => {
    const relay = await startRelay({ maxBodyBytes: 10, maxUploadBytes: 10 })
    const ask = (path: string, init: RequestInit) => {
      const request = new Request(`${mount}${path}`, init)
      Object.defineProperty(request, 'body', { value: undefined })
      return relay.proxy(request)
    }
    expect((await ask(generate, post('{"a":1}'))).status).toBe(200)
    expect((await ask(blob, put('bytes'))).status).toBe(200)
    expect((await ask(generate, post('x'.repeat(11)))).status).toBe(413)
    expect(relay.seen.map(({ body }) => body)).toEqual(['{"a":1}', 'bytes'])
  })

  it('without AbortSignal.any and the rest relays, and still ends with the page', async () => {
    for (const name of ['any', 'timeout'] as const) vi.spyOn(AbortSignal, name).mockImplementation(broken)
    const arrived = deferred()
    const proxy = createProxy({
      fetch: (_url, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
          arrived.resolve()
        }),
    })
    const leaving = new AbortController()
    const answer = proxy(new Request(`${mount}/api/jobs`, { signal: leaving.signal }))
    await arrived.promise
    leaving.abort()
    expect((await answer).status).toBe(502)
  })

  it('whose hooks answer with a class of another realm shows their answer', async () => {
    const answer = {
      status: 402,
      headers: new Headers({ 'x-why': 'plan' }),
      body: undefined,
      arrayBuffer: async () => new TextEncoder().encode('upgrade').buffer,
      [Symbol.toStringTag]: 'Response',
    }
    const proxy = createProxy({ authorize: () => answer as never, allowOrigins: ['https://other.example'] })
    const headers = { origin: 'https://other.example' }
    const said = await proxy(new Request(`${mount}/api/jobs`, { headers }))
    expect([said.status, said.headers.get('x-why'), await said.text()]).toEqual([402, 'plan', 'upgrade'])
  })
})

const broken = () => {
  throw new TypeError('not a function')
}

describe('a slash at the end, as hosts add it', () => {
  it.each([
    ['/api/jobs/?limit=5', {}, '/api/jobs?limit=5'],
    ['/api/jobs/a/', {}, '/api/jobs/a'],
    ['/api/generate/gpt-image-2/generate/', post(), '/api/generate/gpt-image-2/generate'],
    ['/api/upload/', post(), '/api/upload'],
    ['/api/upload/confirm/', post(), '/api/upload/confirm'],
    ['/api/blob/?pathname=a.png', put(), '/api/blob/?pathname=a.png'],
  ] as const)('passes, and stays here: %s', async (path, init, right) => {
    for (const basePath of [undefined, '/api/stablestudio', '/api/stablestudio/']) {
      const relay = await startRelay({ basePath })
      expect((await relay.ask(path, init)).status).toBe(200)
      expect(relay.seen.map(({ url }) => url)).toEqual([right])
    }
  })

  it.each(['/api/jobs//', '/api/', '/', '/api/jobs/a//'])('is one, and not two: %s', async (path) => {
    const relay = await startRelay()
    expect((await relay.ask(path)).status).toBe(404)
  })
})

describe('allowOrigins', () => {
  it.each([
    ['https://*.app.example', 'wildcard'],
    ['*', 'wildcard'],
    [`${app}/`, `write '${app}'`],
    [`${app}/path`, `write '${app}'`],
    ['https://App.Example', `write '${app}'`],
    [`${app}:443`, `write '${app}'`],
    ['http://app.example:80', "write 'http://app.example'"],
    ['https://münchen.example', "write 'https://xn--mnchen-3ya.example'"],
    ['https://user@app.example', `write '${app}'`],
    ['app.example', 'not an origin'],
    ['null', 'not an origin'],
    ['file:///a', 'not an origin'],
    ['', 'not an origin'],
    [5, 'a number is not an origin'],
  ])('refuses %j, and says what is allowed', (one, said) => {
    let message = ''
    try {
      createProxy({ allowOrigins: [app, one as string] })
    } catch (error) {
      message = (error as { issues: { message: string }[] }).issues[0]?.message ?? ''
    }
    expect(message).toContain(said)
    expect(message).toContain("'https://app.example'")
  })

  it('takes origins as browsers send them', () => {
    expect(createProxy({ allowOrigins: [app, 'http://localhost:3000', 'https://[::1]:8443'] })).toBeTypeOf(
      'function',
    )
  })
})
