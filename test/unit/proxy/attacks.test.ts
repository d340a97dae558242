// Attempts to make the relay an open one: to other hosts, to other paths, with other headers, past its caps.
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { toNodeListener } from '../../../src/entries/node.ts'
import { serve, startUpstream } from '../../support/upstream.ts'
import { app, blob, codeOf, generate, mount, post, put, startRelay } from './kit.ts'

describe('other places', () => {
  it.each([
    ['another host as the path', '/https://evil.example/api/jobs'],
    ['another host as the path, encoded', '/https%3A%2F%2Fevil.example/api/jobs'],
    ['another host after two slashes', '//evil.example/api/jobs'],
    ['another host after a backslash', '/\\evil.example/api/jobs'],
    ['another host after an encoded backslash', '/%5c%5cevil.example/api/jobs'],
    ['another port', '/:8080/api/jobs'],
    ['another port of this host as the path', '/http://127.0.0.1:8080/api/jobs'],
    ['a user name', '/user:secret@evil.example/api/jobs'],
    ['a user name at the route', '/@evil.example/api/jobs'],
    ['dots after a route', '/api/jobs/../admin'],
    ['encoded dots', '/api/jobs/%2e%2e/admin'],
    ['encoded dots and slashes', '/api/jobs/%2e%2e%2fadmin'],
    ['dots with an encoded slash', '/api/jobs/..%2fadmin'],
    ['dots encoded twice', '/api/jobs/%252e%252e%252fadmin'],
    ['dots in a prefix', '/..%2f..%2f/api/jobs'],
    ['an encoded slash', '/api/generate/gpt-image-2%2fgenerate'],
    ['an encoded backslash', '/api/jobs/..%5cadmin'],
    ['a backslash', '/api/jobs/..\\..\\admin'],
    ['a semicolon', '/api/jobs/a;b'],
    ['a line break', '/api/jobs/a%0d%0aHost:%20evil.example'],
    ['a null byte', '/api/jobs/a%00'],
    ['an encoded letter', '/api/j%6fbs'],
    ['a model of dots', '/api/generate/../generate'],
    ['an operation with dots and encoded slashes', '/api/generate/..%2f..%2fadmin/generate'],
    ['an operation with encoded backslashes', '/api/generate/a%5c..%5c..%5cadmin/generate'],
    ['an operation with a line break', '/api/generate/a%0d%0a/generate'],
    ['a model that begins with a dot', '/api/generate/.env/generate'],
    ['an operation with a third part', '/api/generate/gpt-image-2/generate/more'],
    ['an operation with one part', '/api/generate/gpt-image-2'],
    ['a route of the service that needs no relay', '/openapi.json'],
    ['a path that only begins like a route', '/api/jobsx'],
    ['a path in capitals', '/API/JOBS'],
    ['the root', '/'],
    ['nothing', ''],
  ])('are not reached: %s', async (_name, path) => {
    const relay = await startRelay()
    for (const init of [{}, post(), put()]) {
      const answer = await relay.ask(path, init)
      expect([404, 405]).toContain(answer.status)
      expect(await codeOf(answer)).toMatch(/^proxy_(route_unknown|method_refused)$/)
    }
    expect(relay.seen).toEqual([])
  })

  it.each([
    ['dots that the URL itself resolves', `${mount}/api/upload/../jobs`],
    ['another host in the URL', 'https://evil.example/api/stablestudio/api/jobs'],
    ['another port in the URL', 'https://app.example:8443/api/stablestudio/api/jobs'],
    [
      'a query with another host',
      `${mount}/api/jobs?target=https://evil.example&url=//evil.example&host=evil`,
    ],
    ['a fragment', `${mount}/api/jobs#@evil.example`],
  ])('are not reached: %s leads to the service all the same', async (_name, url) => {
    const relay = await startRelay()
    expect((await relay.proxy(new Request(url))).status).toBe(200)
    expect(relay.seen.map((seen) => seen.url)).toEqual(['/api/jobs'])
    expect(relay.seen[0]?.headers.host).toBe(new URL(relay.url).host)
  })

  it.each([
    ['dots', '..%2f..%2fadmin'],
    ['dots inside', 'uploads%2f..%2f..%2fadmin'],
    ['a slash at the front', '%2fetc'],
    ['two slashes', 'uploads%2f%2fevil.example'],
    ['a backslash', 'uploads%5c..%5cadmin'],
    ['a line break', 'uploads%0d%0aX-Evil:%201'],
    ['another query', 'uploads%3Ftoken=1'],
    ['a fragment', 'uploads%23x'],
    ['nothing', ''],
    ['too much', 'x'.repeat(1_025)],
  ])('on the blob store are not reached: %s', async (_name, pathname) => {
    const relay = await startRelay()
    expect((await relay.ask(`/api/blob?pathname=${pathname}`, put())).status).toBe(404)
    expect(relay.seen).toEqual([])
  })

  it('on the blob store are not reached by a second pathname or by its other parameters', async () => {
    const relay = await startRelay()
    await relay.ask(`${blob}&pathname=other&multipart=1&url=https://evil.example`, put())
    expect(relay.seen.map(({ url }) => url)).toEqual(['/api/blob/?pathname=uploads%2F1%2Fa.png'])
  })

  it('are not reached from outside the mount point, when that is given', async () => {
    const relay = await startRelay({ basePath: '/api/stablestudio' })
    for (const path of ['/api/jobs', '/other/api/jobs', '/api/stablestudiox/api/jobs', '/api/stablestudio']) {
      expect((await relay.proxy(new Request(`${app}${path}`))).status).toBe(404)
    }
    expect((await relay.ask('/api/jobs')).status).toBe(200)
    expect(relay.seen).toHaveLength(1)
  })
})

describe('raw requests', () => {
  it.each([
    ['dots', 'GET /api/stablestudio/../api/jobs'],
    ['encoded dots', 'GET /api/stablestudio/%2e%2e/api/jobs'],
    ['half-encoded dots', 'GET /api/stablestudio/.%2E/api/jobs'],
    ['a backslash', 'GET /api/stablestudio\\api/jobs'],
    ['a whole URL', 'GET http://evil.example/api/jobs'],
    ['a whole https URL', 'GET https://evil.example:444/api/jobs'],
    ['a host after two slashes', 'GET //evil.example/api/jobs'],
    ['a host without a scheme', 'GET evil.example/api/jobs'],
    ['a user name', 'GET @evil.example/api/jobs'],
    ['a star', 'OPTIONS *'],
    ['a tunnel', 'CONNECT evil.example:443'],
    ['a method of its own', 'TRACE /api/stablestudio/api/jobs'],
  ])('are refused on Node: %s', async (_name, line) => {
    const relay = await startRelay()
    const url = await serve(toNodeListener(relay.proxy))
    const said = await raw(url, `${line} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n`)
    expect(said).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
    if (line.includes('://')) expect(said).toMatch(/^HTTP\/1\.1 404 /)
    expect(relay.seen).toEqual([])
  })

  it.each(['evil.example/x?', 'evil.example#', 'user@evil.example', 'a b', '[::1', 'evil.example\\x'])(
    'with the host %j reach the service or nothing',
    async (host) => {
      const relay = await startRelay()
      const url = await serve(toNodeListener(relay.proxy))
      const head = `GET /api/stablestudio/api/jobs HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      expect(await raw(url, head)).toMatch(/^HTTP\/1\.1 (400|404|200) /)
      expect(relay.seen.every((seen) => seen.url === '/api/jobs')).toBe(true)
      expect(relay.seen.every(({ headers }) => headers.host === new URL(relay.url).host)).toBe(true)
    },
  )

  it('with two bodies or two lengths are refused by Node, and what is relayed has one', async () => {
    const relay = await startRelay()
    const url = await serve(toNodeListener(relay.proxy))
    const head = `POST /api/stablestudio${generate} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n`
    const smuggled = '0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
    for (const lengths of [
      `Content-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n`,
      `Content-Length: 4\r\nContent-Length: ${smuggled.length}\r\n`,
      'Transfer-Encoding: chunked, identity\r\n',
    ]) {
      expect(await raw(url, `${head}${lengths}\r\n${smuggled}`)).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect(relay.seen).toEqual([])
  })
})

describe('answers', () => {
  it.each([301, 302, 303, 307, 308, 300, 304])('that redirect (%d) are not followed', async (status) => {
    const elsewhere = await startUpstream()
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(status, { location: `${elsewhere.url}/api/jobs`, 'set-cookie': 'a=b' })
      response.end()
    })
    const paid = post('{}', { 'payment-signature': 'x', 'sign-in-with-x': 'x' })
    for (const init of [paid, put()]) {
      const answer = await relay.ask(init === paid ? generate : blob, init)
      expect(answer.status).toBe(502)
      expect(await codeOf(answer)).toBe('proxy_redirect_refused')
      expect(answer.headers.get('location')).toBeNull()
    }
    expect(elsewhere.seen).toEqual([])
    expect(relay.seen).toHaveLength(2)
  })

  it('leave cookies, server names and what Connection names behind', async () => {
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(200, {
        'set-cookie': ['session=1; Path=/', 'other=2'],
        server: 'x',
        'access-control-allow-origin': '*',
        'clear-site-data': '"*"',
        'strict-transport-security': 'max-age=1',
        'service-worker-allowed': '/',
        refresh: '0;url=https://evil.example',
        connection: 'close, x-request-id',
        'x-request-id': 'req_1',
        'payment-response': 'cmVjZWlwdA==',
      })
      response.end('{}')
    })
    const { headers } = await relay.ask(generate, post())
    expect([...headers.keys()].sort()).toEqual([
      'cache-control',
      'content-security-policy',
      'date',
      'payment-response',
      'x-content-type-options',
    ])
  })

  it('of HTML cannot run as a page of the application', async () => {
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'public, max-age=99' })
      response.end('<script>steal()</script>')
    })
    const { headers } = await relay.ask('/api/jobs/a')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it.each([
    ['Payment id="x", realm="a, Basic b", method="tempo"', true],
    ['Payment id="x", Payment id="y"', true],
    ['Basic realm="Log in to app.example"', false],
    ['Payment id="x", Basic realm="Log in"', false],
    ['Digest realm="x", Payment id="x"', false],
    ['Negotiate', false],
    ['Payment id="x", Negotiate', false],
  ])('ask for a payment, and never for a password: %s', async (challenge, passes) => {
    const relay = await startRelay({}, (_request, response) => {
      response.writeHead(402, { 'www-authenticate': challenge })
      response.end()
    })
    const answer = await relay.ask(generate, post())
    expect(answer.status).toBe(402)
    expect(answer.headers.get('www-authenticate')).toBe(passes ? challenge : null)
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
