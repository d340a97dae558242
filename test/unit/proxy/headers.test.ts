// Headers and methods that a page could smuggle through the relay.
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { toNodeListener } from '../../../src/entries/node.ts'
import { serve } from '../../support/upstream.ts'
import { app, blob, generate, post, put, startRelay } from './kit.ts'

describe('headers', () => {
  it.each([
    ['a host', { host: 'evil.example' }],
    ['cookies', { cookie: 'session=1', cookie2: '1' }],
    ['where it comes from', { 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4', via: 'x', referer: app }],
    ['another host', { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }],
    ['another path', { 'x-original-url': '/admin', 'x-rewrite-url': '/admin' }],
    ['another method', { 'x-http-method-override': 'DELETE', 'x-http-method': 'PUT' }],
    ['an upgrade', { upgrade: 'websocket', 'sec-websocket-key': 'x' }],
    ['a proxy’s password', { 'proxy-authorization': 'Basic eDp5', 'x-api-key': 'secret' }],
    ['the application’s own login', { authorization: 'Bearer session-of-the-app' }],
    ['a password', { authorization: 'Basic eDp5' }],
    ['two logins in one', { authorization: 'Payment abc, Basic eDp5' }],
    ['an order for the cache', { 'if-none-match': '"x"', range: 'bytes=0-1' }],
  ])('do not carry on %s', async (_name, given) => {
    const relay = await startRelay()
    expect((await relay.ask(generate, post('{}', given))).status).toBe(200)
    const plain = [
      ...['host', 'connection', 'content-type', 'accept', 'accept-encoding', 'content-length'],
      // Added by the runtime's fetch.
      ...['accept-language', 'sec-fetch-mode', 'user-agent', 'cache-control', 'pragma'],
    ]
    const sent = relay.seen[0]?.headers ?? {}
    expect(Object.keys(sent).filter((name) => !plain.includes(name))).toEqual([])
    expect(sent.host).toBe(new URL(relay.url).host)
    expect(JSON.stringify(sent)).not.toMatch(/evil|secret|session|1\.2\.3\.4|app\.example/)
  })

  it('carry on what the protocols need, and nothing else', async () => {
    const relay = await startRelay()
    const protocol = {
      accept: 'application/json',
      'payment-signature': 'cGF5bWVudA==',
      'sign-in-with-x': 'cHJvb2Y=',
      authorization: 'Payment eyJ4IjoxfQ',
    }
    await relay.ask(generate, post('{"prompt":"ü"}', protocol))
    expect(relay.seen[0]).toMatchObject({
      method: 'POST',
      url: generate,
      headers: { ...protocol, 'content-type': 'application/json' },
      body: '{"prompt":"ü"}',
    })
  })

  it('of an upload are the ticket’s, and the wallet’s stay here', async () => {
    const relay = await startRelay()
    await relay.ask(blob, put('bytes', { 'payment-signature': 'x', 'sign-in-with-x': 'x', cookie: 'a=b' }))
    const { headers, body, method } = relay.seen[0] ?? {}
    expect({ method, body }).toEqual({ method: 'PUT', body: 'bytes' })
    expect(headers).toMatchObject({
      authorization: 'Bearer vercel_blob_client_1',
      'x-content-type': 'image/png',
      'x-api-version': '11',
    })
    expect(headers).not.toHaveProperty('payment-signature')
    expect(headers).not.toHaveProperty('sign-in-with-x')
    expect(headers).not.toHaveProperty('cookie')
  })

  it('of a payment do not go to the blob store, nor a ticket to the service', async () => {
    const relay = await startRelay()
    await relay.ask(blob, put('bytes', { authorization: 'Payment eyJ4IjoxfQ' }))
    await relay.ask(generate, post('{}', { authorization: 'Bearer vercel_blob_client_1' }))
    expect(relay.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })

  it('that Connection names stay here', async () => {
    const relay = await startRelay()
    const hop = {
      connection: 'close, Sign-In-With-X , payment-signature,authorization',
      'keep-alive': '5',
      te: 'trailers',
    }
    const named = { 'sign-in-with-x': 'x', 'payment-signature': 'x', authorization: 'Payment abc' }
    await relay.ask(generate, post('{}', { ...hop, ...named, accept: 'text/plain' }))
    const sent = relay.seen[0]?.headers ?? {}
    for (const name of [...Object.keys(named), 'te', 'keep-alive']) expect(sent).not.toHaveProperty(name)
    expect(sent.accept).toBe('text/plain')
  })

  it('with line breaks cannot be made, and do not pass Node', async () => {
    const relay = await startRelay()
    expect(() => new Headers({ accept: 'a\r\nX-Evil: 1' })).toThrow()
    const url = await serve(toNodeListener(relay.proxy))
    const path = `/api/stablestudio/api/jobs?status=${encodeURIComponent('a\r\nX-Evil: 1')}`
    await raw(url, `GET ${path} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n`)
    expect(relay.seen[0]?.url).toBe('/api/jobs?status=a%0D%0AX-Evil%3A%201')
    expect(relay.seen[0]?.headers).not.toHaveProperty('x-evil')
  })
})

describe('methods', () => {
  it.each([
    ['/api/jobs', 'POST', 'GET'],
    ['/api/jobs', 'DELETE', 'GET'],
    ['/api/jobs/a', 'PUT', 'GET, DELETE'],
    ['/api/jobs/a', 'HEAD', 'GET, DELETE'],
    [generate, 'GET', 'POST'],
    [generate, 'DELETE', 'POST'],
    ['/api/upload', 'PUT', 'POST'],
    ['/api/upload/confirm', 'PATCH', 'POST'],
    [blob, 'GET', 'PUT'],
    [blob, 'DELETE', 'PUT'],
    [generate, 'OPTIONS', 'POST'],
  ])('of %s: not %s', async (path, method, allowed) => {
    const relay = await startRelay()
    const answer = await relay.ask(path, { method })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allowed)
    expect(relay.seen).toEqual([])
  })

  it('are not taken from a query, and nothing else is that the route does not know', async () => {
    const relay = await startRelay()
    await relay.ask('/api/jobs/a?_method=DELETE&limit=5')
    await relay.ask(`/api/jobs?limit=5&status=${'x'.repeat(1_025)}&limit=7&path=a&path=b`)
    expect(relay.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/jobs/a',
      'GET /api/jobs?limit=5',
    ])
  })
})

/** What a server says to bytes that no client library would send. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(said))
  })
}
