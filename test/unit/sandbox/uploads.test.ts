// Uploads: ticket, PUT, confirmation, download.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { buy, offerOf, origin, post, proof, setup } from './kit.ts'

const uploadUrl = `${origin}/api/upload`
const request = { filename: 'my cat.png', contentType: 'image/png' }
const bytes = Uint8Array.of(1, 2, 3, 250)

type Kit = ReturnType<typeof setup>
type Ticket = {
  uploadId: string
  clientToken: string
  pathname: string
  expiresAt: string
  curlExample: string
}

async function ticketOf(kit: Kit): Promise<Ticket> {
  const response = await buy(kit, uploadUrl, request)
  expect(response.status).toBe(200)
  return response.json()
}

function put({ sandbox }: Kit, ticket: Ticket, change: Record<string, string> = {}, path = ticket.pathname) {
  const headers = {
    authorization: `Bearer ${ticket.clientToken}`,
    'x-content-type': 'image/png',
    'x-api-version': '11',
    ...change,
  }
  const url = `https://vercel.com/api/blob/?pathname=${encodeURIComponent(path)}`
  return sandbox.fetch(url, { method: 'PUT', headers, body: bytes })
}

async function confirm(kit: Kit, value: unknown): Promise<Response> {
  const header = await proof(kit, { uri: `${origin}/api/upload/confirm` })
  return kit.sandbox.fetch(...post(`${origin}/api/upload/confirm`, value, { 'sign-in-with-x': header }))
}

test('ticket, PUT, confirmation and download', async () => {
  const kit = setup()
  const ticket = await ticketOf(kit)
  expect(ticket).toEqual({
    uploadId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    clientToken: expect.stringMatching(/^vercel_blob_/),
    pathname: expect.stringMatching(/^uploads\/[0-9a-f-]{36}\/my cat\.png$/),
    expiresAt: new Date(kit.now() + 300_000).toISOString(),
    curlExample: expect.stringContaining('https://vercel.com/api/blob/?pathname=uploads%2F'),
  })
  expect(kit.sandbox.balance(kit.wallet.address)).toBe('4.99')
  expect(kit.sandbox.settlements()[0]).toMatchObject({
    operation: 'upload',
    amount: '10000',
    jobId: undefined,
  })
  const stored = await (await put(kit, ticket)).json()
  expect(stored).toEqual({
    url: expect.stringMatching(
      /^https:\/\/wgunica1uhl5nijm\.public\.blob\.vercel-storage\.com\/uploads\/[0-9a-f-]{36}\/my%20cat\.png$/,
    ),
    downloadUrl: `${stored.url}?download=1`,
    pathname: ticket.pathname,
    contentType: 'image/png',
  })
  const confirmed = await confirm(kit, { uploadId: ticket.uploadId, blobUrl: stored.url })
  expect(await confirmed.json()).toEqual({
    success: true,
    upload: { id: ticket.uploadId, blobUrl: stored.url, filename: 'my cat.png', mediaType: 'image/png' },
  })
  const file = await kit.sandbox.fetch(stored.url)
  expect(file.headers.get('content-type')).toBe('image/png')
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes)
  kit.sandbox.clock.advance(20 * 60_000)
  expect((await kit.sandbox.fetch(stored.url)).status).toBe(404)
})

describe('a ticket', () => {
  test('costs a cent, whatever the body', async () => {
    const { sandbox } = setup()
    for (const value of [request, {}, '{']) {
      expect((await offerOf(sandbox, uploadUrl, value)).amount).toBe('10000')
    }
  })

  test.each([
    { filename: 'a.exe', contentType: 'application/x-msdownload' },
    { filename: '', contentType: 'image/png' },
    {},
  ])('for %o is 400, unpaid', async (value) => {
    const kit = setup()
    const response = await buy(kit, uploadUrl, value)
    expect(response.status).toBe(400)
    expect((await response.json()).issues.length).toBeGreaterThan(0)
    expect(kit.sandbox.settlements()).toEqual([])
  })

  test('lives five minutes', async () => {
    const kit = setup()
    const ticket = await ticketOf(kit)
    kit.sandbox.clock.advance(299_999)
    expect((await put(kit, ticket)).status).toBe(200)
    kit.sandbox.clock.advance(1)
    expect((await put(kit, ticket)).status).toBe(403)
  })

  test.each([
    ['an unknown token', { authorization: 'Bearer vercel_blob_client_none' }, 403],
    ['no token', { authorization: '' }, 403],
    ['another type', { 'x-content-type': 'text/html' }, 403],
    ['another API version', { 'x-api-version': '7' }, 400],
  ])('does not open with %s', async (_what, change, status) => {
    const kit = setup()
    expect((await put(kit, await ticketOf(kit), change)).status).toBe(status)
  })

  test('whose file name cannot stand in a URL crashes the handler: 500, unpaid', async () => {
    const kit = setup()
    const response = await buy(kit, uploadUrl, '{"filename":"\\ud800.png","contentType":"image/png"}')
    expect([response.status, await response.json()]).toEqual([
      500,
      { success: false, error: expect.any(String) },
    ])
    expect(kit.sandbox.settlements()).toEqual([])
  })

  test('opens no other path', async () => {
    const kit = setup()
    const ticket = await ticketOf(kit)
    expect((await put(kit, ticket, {}, 'uploads/other/file.png')).status).toBe(403)
  })
})

describe('a confirmation', () => {
  test('asks to sign in', async () => {
    const { sandbox } = setup()
    const response = await sandbox.fetch(...post(`${origin}/api/upload/confirm`, {}))
    expect([response.status, (await response.json()).error]).toEqual([402, 'SIWX authentication required'])
  })

  test('is for the owner, once the bytes are there, and for their URL', async () => {
    const kit = setup()
    const ticket = await ticketOf(kit)
    const early = { uploadId: ticket.uploadId, blobUrl: 'https://evil.example/x.png' }
    expect((await confirm(kit, early)).status).toBe(400)
    const { url } = await (await put(kit, ticket)).json()
    expect((await confirm(kit, early)).status).toBe(400)
    const right = { uploadId: ticket.uploadId, blobUrl: url }
    const thief = { ...kit, wallet: privateKeyToAccount(generatePrivateKey()) }
    expect((await confirm(thief, right)).status).toBe(403)
    expect((await confirm(kit, { ...right, uploadId: 'none' })).status).toBe(404)
    expect((await confirm(kit, { uploadId: ticket.uploadId })).status).toBe(400)
    expect((await confirm(kit, right)).status).toBe(200)
  })
})
