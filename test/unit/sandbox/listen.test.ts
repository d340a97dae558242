// The sandbox over real HTTP.
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { FaultKind, SandboxServer } from '../../../src/entries/sandbox.ts'
import { body, decoded, offerOf, pay, post, proof, setup } from './kit.ts'

type Kit = ReturnType<typeof setup>

let server: SandboxServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

/** A kit whose fetch goes over the network. */
async function start(): Promise<{ kit: Kit; url: string; generate: string }> {
  const kit = setup()
  server = await kit.sandbox.listen()
  return { kit, url: server.url, generate: `${server.url}/api/generate/gpt-image-1.5/generate` }
}

function overHttp(kit: Kit): Kit['sandbox'] {
  return { ...kit.sandbox, fetch: globalThis.fetch }
}

async function send(kit: Kit, generate: string, init: RequestInit = {}): Promise<Response> {
  const header = await pay(kit, await offerOf(overHttp(kit), generate))
  const [url, paid] = post(generate, body, { 'payment-signature': header })
  return fetch(url, { ...paid, ...init })
}

test('a whole generation, on the address it listens on', async () => {
  const { kit, url, generate } = await start()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const quote = await fetch(...post(generate, body))
  expect([quote.status, await quote.text()]).toEqual([402, ''])
  expect(quote.headers.get('date')).toBe(new Date(kit.now()).toUTCString())
  expect(decoded(quote.headers.get('payment-required')).resource.url).toBe(generate)
  expect(quote.headers.get('www-authenticate')).toContain(`realm="127.0.0.1:${server?.port}"`)
  const { pollUrl } = await (await send(kit, generate)).json()
  expect(pollUrl).toMatch(`${url}/api/jobs/`)
  kit.sandbox.clock.advance(12_000)
  const challenge = await (await fetch(pollUrl)).json()
  expect(challenge.extensions['sign-in-with-x'].info).toMatchObject({ domain: '127.0.0.1', uri: pollUrl })
  const own = { domain: '127.0.0.1', uri: pollUrl }
  for (const change of [own, {}]) {
    const job = await fetch(pollUrl, { headers: { 'sign-in-with-x': await proof(kit, change) } })
    const { result } = await job.json()
    expect(result.imageUrl).toMatch(`${url}/generated/`)
    const file = await fetch(result.imageUrl)
    expect(file.headers.get('content-type')).toBe('image/png')
    expect((await file.arrayBuffer()).byteLength).toBe(Number(file.headers.get('content-length')))
  }
})

test('a proof for a stranger’s site is refused here too', async () => {
  const { kit, url } = await start()
  const header = await proof(kit, { domain: 'localhost', uri: `${url}/api/jobs` })
  const response = await fetch(`${url}/api/jobs`, { headers: { 'sign-in-with-x': header } })
  expect((await response.json()).error).toBe('siwx_malformed')
})

test('an upload through the blob route beside the API', async () => {
  const { kit, url } = await start()
  const request = { filename: 'a.png', contentType: 'image/png' }
  const header = await pay(kit, await offerOf(overHttp(kit), `${url}/api/upload`, request))
  const ticket = await (
    await fetch(...post(`${url}/api/upload`, request, { 'payment-signature': header }))
  ).json()
  const stored = await fetch(`${url}/api/blob/?pathname=${encodeURIComponent(ticket.pathname)}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${ticket.clientToken}`,
      'x-content-type': 'image/png',
      'x-api-version': '11',
    },
    body: Uint8Array.of(0, 255, 10),
  })
  const { url: blobUrl } = await stored.json()
  // An input takes https only, so the blob host is named whatever the sandbox listens on.
  expect(blobUrl).toMatch(/^https:\/\/[^/]*blob[^/]*\/uploads\//)
  expect(new Uint8Array(await (await fetch(`${url}/${ticket.pathname}`)).arrayBuffer())).toEqual(
    Uint8Array.of(0, 255, 10),
  )
})

test.each<[FaultKind, number]>([
  ['refused', 0],
  ['reset-before', 0],
  ['reset-after', 1],
])('%s destroys the socket', async (kind, settled) => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'pay', kind })
  await expect(send(kit, generate)).rejects.toThrow('fetch failed')
  expect(kit.sandbox.settlements()).toHaveLength(settled)
})

test('no-answer keeps the connection silent, and close() ends it', async () => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
  const sent = send(kit, generate)
  sent.catch(() => {})
  await expect.poll(() => kit.sandbox.settlements().length).toBe(1)
  await server?.close()
  await expect(sent).rejects.toThrow('fetch failed')
})

test('redirect arrives as 307 where redirects are not followed', async () => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'pay', kind: 'redirect' })
  const response = await send(kit, generate, { redirect: 'manual' })
  expect([response.status, response.headers.get('location')]).toEqual([307, 'https://evil.example/collect'])
})

test('truncated is cut, with a length that fits', async () => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'pay', kind: 'truncated' })
  const text = await (await send(kit, generate)).text()
  expect(() => JSON.parse(text)).toThrow()
})

test('cut: the whole length, half of the body, and a socket that is destroyed', async () => {
  const { kit, url, generate } = await start()
  const { pollUrl } = await (await send(kit, generate)).json()
  kit.sandbox.clock.advance(60_000)
  const job = await fetch(pollUrl, { headers: { 'sign-in-with-x': await proof(kit) } })
  const { imageUrl } = (await job.json()).result
  const whole = new Uint8Array(await (await fetch(imageUrl)).arrayBuffer())
  kit.sandbox.faults.add({ step: 'output', kind: 'cut' })
  const seen = await new Promise<{ length: number; chunks: Buffer[]; code: unknown }>((resolve) => {
    request(imageUrl, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', ({ code }: NodeJS.ErrnoException) =>
        resolve({ length: Number(response.headers['content-length']), chunks, code }),
      )
    }).end()
  })
  expect([seen.length, seen.code]).toEqual([whole.length, 'ECONNRESET'])
  const half = Buffer.concat(seen.chunks)
  expect(half).toEqual(Buffer.from(whole.subarray(0, Math.floor(whole.length / 2))))
  const rest = await fetch(imageUrl, { headers: { range: `bytes=${half.length}-` } })
  expect(rest.status).toBe(206)
  expect(Buffer.concat([half, Buffer.from(await rest.arrayBuffer())])).toEqual(Buffer.from(whole))
  expect((await fetch(imageUrl, { method: 'HEAD' })).headers.get('content-length')).toBe(String(whole.length))
  expect((await fetch(`${url}/api/jobs`)).status).toBe(402)
})

test('cut: an answer without a body comes with its headers, and breaks', async () => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'quote', kind: 'cut' })
  const response = await fetch(...post(generate, body))
  expect(decoded(response.headers.get('payment-required')).accepts).toHaveLength(2)
  await expect(response.text()).rejects.toThrow('terminated')
})

test.each([202, 204, 304, 403])('receipt-status: %i arrives with the receipt', async (status) => {
  const { kit, generate } = await start()
  kit.sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status })
  const response = await send(kit, generate)
  expect(response.status).toBe(status)
  const [settled] = kit.sandbox.settlements()
  expect(decoded(response.headers.get('payment-response')).transaction).toBe(settled?.transaction)
  expect(await response.text()).toMatch({ 202: /jobId/, 403: /"success":false/ }[status] ?? /^$/)
})

test('stale-date: the Date of a cache stands alone', async () => {
  const { kit, url } = await start()
  kit.sandbox.faults.add({ step: 'list', kind: 'stale-date' })
  const { headers } = await fetch(`${url}/api/jobs`)
  expect(headers.get('date')).toBe(new Date(kit.now() - 600_000).toUTCString())
  expect(headers.get('age')).toBe('600')
})

test('echo: what came over the wire', async () => {
  const { kit, url } = await start()
  kit.sandbox.faults.add({ step: 'list', kind: 'echo' })
  const signed = await proof(kit)
  const response = await fetch(`${url}/api/jobs`, { headers: { 'sign-in-with-x': signed } })
  expect([response.status, (await response.json()).message]).toEqual([400, expect.stringContaining(signed)])
})

test('a request with a Host that is no host does not bring the server down', async () => {
  const { url } = await start()
  await new Promise<void>((resolve) => {
    const broken = request(url, { headers: { host: '[[' } }, () => resolve())
    broken.on('error', () => resolve())
    broken.end()
  })
  expect((await fetch(`${url}/api/jobs`)).status).toBe(402)
})

test('a port that is taken, or none at all, is an error', async () => {
  const { kit } = await start()
  await expect(kit.sandbox.listen({ port: server?.port ?? 0 })).rejects.toThrow('EADDRINUSE')
  await expect(kit.sandbox.listen({ port: 70_000 })).rejects.toMatchObject({ code: 'invalid_config' })
})

test('options that are wrong or unknown are named together', async () => {
  const { kit } = await start()
  const wrong = { port: '80', host: '', prot: 1 }
  await expect(kit.sandbox.listen(wrong as never)).rejects.toMatchObject({
    code: 'invalid_config',
    issues: [
      { path: 'port' },
      { path: 'host' },
      { path: 'prot', message: 'unknown option. Did you mean port?' },
    ],
  })
})
