// Sizes and times: what is too large or too late is neither relayed nor kept in memory.
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createProxy } from '../../../src/entries/proxy.ts'
import { blob, codeOf, deferred, generate, mount, post, put, startRelay, trickle } from './kit.ts'

const mebibyte = 1024 * 1024

describe('a request that is too large', () => {
  it('by its own word is refused before anything is sent', async () => {
    const relay = await startRelay({ maxBodyBytes: 1_000, maxUploadBytes: 2_000 })
    for (const [path, init] of [
      [generate, post('x'.repeat(1_001))],
      [generate, post('x', { 'content-length': '1001' })],
      [blob, put('x'.repeat(2_001))],
      [blob, put('x', { 'content-length': '2001' })],
    ] as const) {
      const answer = await relay.ask(path, init)
      expect(answer.status).toBe(413)
      expect(await codeOf(answer)).toBe('proxy_body_too_large')
    }
    expect(relay.seen).toEqual([])
  })

  it('without its word is cut off early, and a payment is not sent in part', async () => {
    const relay = await startRelay()
    const { stream, taken } = trickle(64 * mebibyte)
    const init = { ...post('', { 'payment-signature': 'x' }), body: stream, duplex: 'half' }
    const answer = await relay.ask(generate, init as RequestInit)
    expect(answer.status).toBe(413)
    expect(taken.bytes).toBeLessThan(2 * mebibyte)
    expect(relay.seen).toEqual([])
  })

  it('as an upload without its word ends the upload', async () => {
    const relay = await startRelay({ maxUploadBytes: mebibyte })
    const { stream, taken } = trickle(64 * mebibyte)
    const answer = await relay.ask(blob, put(stream as never))
    expect(answer.status).toBe(413)
    expect(taken.bytes).toBeLessThan(8 * mebibyte)
    expect(relay.seen.every(({ body }) => body.endsWith('(cut off)'))).toBe(true)
  })

  it('lies about its length in vain', async () => {
    const relay = await startRelay({ maxBodyBytes: 1_000 })
    const answer = await relay.ask(generate, post('x'.repeat(5_000), { 'content-length': '10' }))
    expect(answer.status).toBe(413)
    expect(relay.seen).toEqual([])
  })

  it('is not made by packing it', async () => {
    const relay = await startRelay()
    const answer = await relay.ask(generate, post('x', { 'content-encoding': 'gzip' }))
    expect(answer.status).toBe(415)
    expect(relay.seen).toEqual([])
  })

  it('passes exactly at the caps, and uploads as large as images may be', async () => {
    const relay = await startRelay({ maxBodyBytes: 1_000 })
    expect((await relay.ask(generate, post('x'.repeat(1_000)))).status).toBe(200)
    expect((await relay.ask(blob, put('x'.repeat(10 * mebibyte)))).status).toBe(200)
    expect(relay.seen.map(({ body }) => body.length)).toEqual([1_000, 10 * mebibyte])
  })
})

describe('an upload', () => {
  it('is passed on while it comes', async () => {
    const first = deferred()
    const proxy = createProxy({
      target: 'http://127.0.0.1:9',
      fetch: async (_url, init) => {
        const reader = (new Response(init?.body).body as ReadableStream<Uint8Array>).getReader()
        await reader.read()
        first.resolve()
        while (!(await reader.read()).done);
        return Response.json({ url: 'https://x.example' })
      },
    })
    let step = 0
    const body = new ReadableStream({
      async pull(controller) {
        step += 1
        // The second piece exists only once the first one has arrived.
        if (step === 2) await first.promise
        if (step > 2) return controller.close()
        controller.enqueue(new Uint8Array(10))
      },
    })
    expect((await proxy(new Request(`${mount}${blob}`, put(body as never)))).status).toBe(200)
  })

  it('that breaks off is not passed for a whole one', async () => {
    const relay = await startRelay()
    let step = 0
    const body = new ReadableStream({
      pull(controller) {
        step += 1
        if (step > 3) controller.error(new Error('connection lost'))
        else controller.enqueue(new Uint8Array(1_000))
      },
    })
    expect((await relay.ask(blob, put(body as never))).status).toBe(502)
    const paid = {
      ...post(),
      body: new ReadableStream({ pull: (one) => one.error(new Error('lost')) }),
      duplex: 'half',
    }
    expect((await relay.ask(generate, paid as RequestInit)).status).toBe(415)
    expect(
      relay.seen.every(({ url, body }) => url.startsWith('/api/blob') && body.endsWith('(cut off)')),
    ).toBe(true)
  })
})

describe('an answer', () => {
  it('that is too large by its own word is not read', async () => {
    const relay = await startRelay({ maxAnswerBytes: 100 }, (_request, response) => {
      response.writeHead(200, { 'content-length': '101' })
      response.end('x'.repeat(101))
    })
    const answer = await relay.ask('/api/jobs')
    expect(answer.status).toBe(502)
    expect(await codeOf(answer)).toBe('proxy_answer_too_large')
  })

  it('that never ends breaks off, instead of passing for a whole one', async () => {
    const relay = await startRelay({ maxAnswerBytes: 100_000 }, (_request, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      }
      response.on('drain', more)
      more()
    })
    const answer = await relay.ask('/api/jobs')
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('larger than 100000 bytes')
  })

  it('that breaks off is not passed for a whole one', async () => {
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.destroy())
    })
    const answer = await relay.ask('/api/jobs')
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  it('is passed on while it comes', async () => {
    const asked = deferred()
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(200)
      response.write('first')
      asked.promise.then(() => response.end('second'))
    })
    const reader = (await relay.ask('/api/jobs')).body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first')
    asked.resolve()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second')
  })

  it.each([
    ['no head', () => {}],
    ['no end', (_request: unknown, response: { write(text: string): void }) => response.write('{')],
  ])('that has %s ends with the time of the relay', async (name, answer) => {
    const relay = await startRelay({ timeout: 200 }, answer as never)
    const late = await relay.ask('/api/jobs')
    if (name === 'no head') {
      expect(late.status).toBe(504)
      expect(await codeOf(late)).toBe('proxy_timeout')
    } else {
      await expect(late.text()).rejects.toThrow('ran out of time')
    }
  })

  it.each(['no head', 'no end'])('with %s ends so also where fetch knows no signals', async (what) => {
    const never = new ReadableStream({ start: (one) => one.enqueue(new Uint8Array(1)) })
    const proxy = createProxy({
      timeout: 50,
      fetch: () => (what === 'no head' ? new Promise(() => {}) : Promise.resolve(new Response(never))),
    })
    const answer = await proxy(new Request(`${mount}/api/jobs`))
    if (what === 'no head') expect(answer.status).toBe(504)
    else await expect(answer.text()).rejects.toThrow('ran out of time')
  })

  it('of nobody is said clearly', async () => {
    const proxy = createProxy({ target: 'http://127.0.0.1:9' })
    const answer = await proxy(new Request(`${mount}/api/jobs`))
    expect(answer.status).toBe(502)
    expect(await codeOf(answer)).toBe('proxy_unreachable')
  })

  it('with no body has none', async () => {
    const relay = await startRelay({}, (_request, response) => response.writeHead(204).end())
    const answer = await relay.ask('/api/jobs/a', { method: 'DELETE' })
    expect(answer.status).toBe(204)
    expect(answer.body).toBeNull()
  })

  it('that is packed arrives unpacked', async () => {
    const { gzipSync } = await import('node:zlib')
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
      response.end(gzipSync('{"ok":true}'))
    })
    const answer = await relay.ask('/api/jobs')
    expect(answer.headers.get('content-encoding')).toBeNull()
    expect(await answer.json()).toEqual({ ok: true })
    expect(relay.seen[0]?.headers['accept-encoding']).toBe('identity')
  })
})

describe('a page that leaves', () => {
  it.each([
    ['ends its look at a job', {}, true],
    ['does not end its payment', post('{}', { 'payment-signature': 'x' }), false],
  ] as const)('%s', async (_name, init, ends) => {
    const arrived = deferred()
    let aborted = false
    const finish = deferred()
    const proxy = createProxy({
      target: 'http://127.0.0.1:9',
      fetch: async (_url, sent) => {
        sent?.signal?.addEventListener('abort', () => {
          aborted = true
          finish.resolve()
        })
        arrived.resolve()
        await finish.promise
        return Response.json({})
      },
    })
    const leaving = new AbortController()
    const path = ends ? '/api/jobs' : generate
    const answer = proxy(new Request(`${mount}${path}`, { ...init, signal: leaving.signal }))
    await arrived.promise
    leaving.abort()
    if (!ends) {
      await pause(0)
      finish.resolve()
    }
    await answer
    expect(aborted).toBe(ends)
  })
})
