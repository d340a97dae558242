// Whose pages may use the relay, and who decides besides.
import { describe, expect, it } from 'vitest'
import { app, blob, codeOf, generate, mount, post, put, startRelay } from './kit.ts'

const other = 'https://other.example'

describe('a request of a page', () => {
  it.each([
    ['of this origin', { origin: app }],
    ['of this origin, as the browser says', { origin: app, 'sec-fetch-site': 'same-origin' }],
    [
      'of this origin, behind a server that changes the host',
      {
        origin: 'https://www.app.example',
        'sec-fetch-site': 'same-origin',
      },
    ],
    [
      'of this origin, behind a server that keeps the host',
      {
        origin: 'https://www.app.example',
        host: 'www.app.example',
      },
    ],
    ['typed by a person', { 'sec-fetch-site': 'none' }],
    ['of no browser', {}],
  ] as [string, Record<string, string>][])('passes: %s', async (_name, headers) => {
    const relay = await startRelay()
    const answer = await relay.ask('/api/jobs', { headers })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each([
    ['of another origin', { origin: other }],
    ['of another origin, as the browser says', { origin: other, 'sec-fetch-site': 'cross-site' }],
    ['of another site, without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['of another subdomain', { origin: 'https://evil.app.example', 'sec-fetch-site': 'same-site' }],
    ['of another subdomain, in an old browser', { origin: 'https://evil.app.example' }],
    ['of another port', { origin: 'https://app.example:8443' }],
    ['of plain http', { origin: 'http://app.example' }],
    ['of a frame without an origin', { origin: 'null' }],
    ['of a frame, as the browser says', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['with a name that begins alike', { origin: 'https://app.example.evil.example' }],
    ['with a name that ends alike', { origin: 'https://evilapp.example' }],
    ['that names the host elsewhere', { origin: other, 'x-forwarded-host': 'other.example' }],
    ['of an extension', { origin: 'chrome-extension://abcdef' }],
    ['of no origin at all', { origin: 'x' }],
  ])('is refused: %s', async (_name, headers) => {
    const relay = await startRelay({ allowOrigins: ['https://friend.example'] })
    const requests: [string, RequestInit][] = [
      ['/api/jobs', { headers }],
      [generate, post('{}', headers)],
      [blob, put('x', headers)],
      [generate, { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': 'POST' } }],
    ]
    for (const [path, init] of requests) {
      const answer = await relay.ask(path, init)
      expect(answer.status).toBe(403)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      expect(await codeOf(answer)).toBe('proxy_origin_refused')
    }
    expect(relay.seen).toEqual([])
  })

  it('of an allowed origin passes, and may read what the protocols need', async () => {
    const relay = await startRelay({ allowOrigins: [other] }, (_request, response) => {
      response.writeHead(402, { 'payment-required': 'eA==', 'x-request-id': 'r' })
      response.end()
    })
    const headers = { origin: other, 'sec-fetch-site': 'cross-site' }
    for (const path of [generate, '/api/nothing']) {
      const answer = await relay.ask(path, post('{}', headers))
      expect(answer.status).toBe(path === generate ? 402 : 404)
      expect(answer.headers.get('access-control-allow-origin')).toBe(other)
      expect(answer.headers.get('vary')).toBe('origin')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      const exposed = (answer.headers.get('access-control-expose-headers') ?? '').split(', ')
      for (const name of ['payment-required', 'payment-response', 'www-authenticate', 'payment-receipt']) {
        expect(exposed).toContain(name)
      }
      for (const name of ['x-request-id', 'retry-after', 'date']) expect(exposed).toContain(name)
    }
  })

  it('of an allowed origin may ask first, without reaching the service or the hooks', async () => {
    const relay = await startRelay({ allowOrigins: [other], authorize: () => false })
    const ask = (path: string, method: string) =>
      relay.ask(path, {
        method: 'OPTIONS',
        headers: { origin: other, 'access-control-request-method': method },
      })
    const answer = await ask(generate, 'POST')
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe(other)
    expect(answer.headers.get('access-control-allow-methods')?.split(', ').sort()).toEqual([
      'DELETE',
      'GET',
      'POST',
      'PUT',
    ])
    const allowed = answer.headers.get('access-control-allow-headers')?.split(', ')
    for (const name of [
      'content-type',
      'payment-signature',
      'sign-in-with-x',
      'authorization',
      'x-content-type',
    ]) {
      expect(allowed).toContain(name)
    }
    expect((await ask(generate, 'DELETE')).status).toBe(405)
    expect((await ask('/api/other', 'GET')).status).toBe(404)
    expect(relay.seen).toEqual([])
  })
})

describe('hooks', () => {
  it.each([
    ['false', () => false, 401],
    ['nothing', () => undefined, 401],
    ['something that is only true-ish', () => 'yes', 401],
    ['a promise of false', async () => false, 401],
    ['an answer', () => new Response('log in', { status: 303, headers: { location: '/login' } }), 303],
    [
      'an error',
      () => {
        throw new Error('database down')
      },
      500,
    ],
    [
      'a promise of an error',
      async () => {
        throw new Error('database down')
      },
      500,
    ],
  ])('let nothing through that ends in %s', async (_name, hook, status) => {
    const relay = await startRelay({ authorize: hook as never })
    for (const [path, init] of [
      [generate, post()],
      [blob, put()],
      ['/api/jobs', {}],
    ] as const) {
      const answer = await relay.ask(path, init)
      expect(answer.status).toBe(status)
      expect(await answer.text()).not.toContain('database')
    }
    expect(relay.seen).toEqual([])
  })

  it('see the request with its cookies, and only one that would be relayed', async () => {
    const seen: string[] = []
    const relay = await startRelay({
      authorize: (request) => {
        seen.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get('cookie')}`)
        return request.headers.get('cookie') === 'session=1'
      },
    })
    const headers = { cookie: 'session=1' }
    expect((await relay.ask('/api/jobs/a', { headers })).status).toBe(200)
    await relay.ask('/api/admin', { headers })
    await relay.ask('/api/jobs', { headers: { ...headers, origin: other } })
    expect(seen).toEqual(['GET /api/stablestudio/api/jobs/a session=1'])
    expect(relay.seen).toHaveLength(1)
  })

  it('limit the rate of those who are let in', async () => {
    let left = 2
    let asked = 0
    const relay = await startRelay({
      authorize: (request) => request.headers.get('x-user') !== 'stranger',
      rateLimit: () => {
        asked += 1
        left -= 1
        return left >= 0
      },
    })
    const statuses: number[] = []
    for (const user of ['stranger', 'a', 'a', 'a']) {
      statuses.push((await relay.ask('/api/jobs', { headers: { 'x-user': user } })).status)
    }
    expect(statuses).toEqual([401, 200, 200, 429])
    expect(asked).toBe(3)
    expect(relay.seen).toHaveLength(2)
  })

  it('may answer with when to come again', async () => {
    const relay = await startRelay({
      rateLimit: () => new Response(null, { status: 429, headers: { 'retry-after': '7' } }),
      allowOrigins: [other],
    })
    const answer = await relay.proxy(new Request(`${mount}/api/jobs`, { headers: { origin: other } }))
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('access-control-allow-origin')).toBe(other)
  })

  it('that read the body stop the request instead of emptying it', async () => {
    const relay = await startRelay({ authorize: async (request) => (await request.text()).length > 0 })
    for (const [path, init] of [
      [generate, post()],
      [blob, put()],
    ] as const) {
      expect(await codeOf(await relay.ask(path, init))).toBe('proxy_body_refused')
    }
    expect(relay.seen).toEqual([])
  })
})
