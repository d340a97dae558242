// SIGN-IN-WITH-X as an attacker would use it.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { answerSignInChallenge, createSignInProof } from '../../../src/siwx/proof.ts'
import { base64, buy, decoded, get, origin, proof, setup } from './kit.ts'

type Kit = ReturnType<typeof setup>

function send({ sandbox }: Kit, header: string, path = '/api/jobs'): Promise<Response> {
  return sandbox.fetch(`${origin}${path}`, { headers: { 'sign-in-with-x': header } })
}

async function errorOf(response: Response): Promise<string> {
  expect(response.status).toBe(402)
  expect(response.headers.get('payment-required')).toBeNull()
  const { error, message } = await response.json()
  expect(message).toBeTypeOf('string')
  return error
}

function iso(kit: Kit, offset: number): string {
  return new Date(kit.now() + offset).toISOString()
}

function signer({ wallet }: Kit) {
  return { address: wallet.address, signMessage: (message: string) => wallet.signMessage({ message }) }
}

describe('the challenge', () => {
  test('is the same in body and header, and names what to sign', async () => {
    const kit = setup()
    const response = await kit.sandbox.fetch(`${origin}/api/jobs/job_1?x=1`)
    expect(response.status).toBe(402)
    const text = await response.text()
    expect(text).toBe(Buffer.from(response.headers.get('payment-required') ?? '', 'base64').toString())
    const challenge = JSON.parse(text)
    expect(challenge).toMatchObject({
      x402Version: 2,
      error: 'SIWX authentication required',
      accepts: [],
      resource: { url: `${origin}/api/jobs/job_1?x=1` },
    })
    expect(challenge.extensions['sign-in-with-x']).toMatchObject({
      info: {
        domain: 'stablestudio.dev',
        uri: `${origin}/api/jobs/job_1?x=1`,
        version: '1',
        chainId: 'eip155:8453',
        type: 'eip191',
        nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
        issuedAt: iso(kit, 0),
        expirationTime: iso(kit, 300_000),
        statement: 'Sign in to verify your wallet identity',
      },
      supportedChains: [
        { chainId: 'eip155:8453', type: 'eip191' },
        { chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', type: 'ed25519' },
      ],
    })
    expect(response.headers.get('www-authenticate')).toContain('method="tempo"')
  })

  test('never names the same nonce twice', async () => {
    const { sandbox } = setup()
    const nonces = new Set<string>()
    for (let at = 0; at < 20; at += 1) {
      const { extensions } = decoded(
        (await sandbox.fetch(`${origin}/api/jobs`)).headers.get('payment-required'),
      )
      nonces.add(extensions['sign-in-with-x'].info.nonce)
    }
    expect(nonces.size).toBe(20)
  })

  test('is answered by our own client, and so is none at all', async () => {
    const kit = setup()
    const context = { origin, path: '/api/jobs', now: kit.now() }
    const { extensions } = decoded(
      (await kit.sandbox.fetch(`${origin}/api/jobs`)).headers.get('payment-required'),
    )
    const answer = await answerSignInChallenge(signer(kit), extensions['sign-in-with-x'], context)
    expect((await send(kit, answer)).status).toBe(200)
    expect((await send(kit, await createSignInProof(signer(kit), context))).status).toBe(200)
  })
})

describe('a proof', () => {
  test('works once', async () => {
    const kit = setup()
    const header = await proof(kit)
    expect((await send(kit, header)).status).toBe(200)
    expect(await errorOf(await send(kit, header))).toBe('siwx_nonce_used')
    kit.sandbox.clock.advance(300_001)
    expect(await errorOf(await send(kit, header))).toBe('siwx_expired')
  })

  test('sent twice at once works once', async () => {
    const kit = setup()
    const header = await proof(kit)
    const answers = await Promise.all([send(kit, header), send(kit, header)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 402])
  })

  test('may be aged up to five minutes and not a millisecond from the future', async () => {
    const kit = setup()
    expect((await send(kit, await proof(kit, { issuedAt: iso(kit, 0) }))).status).toBe(200)
    expect((await send(kit, await proof(kit, { issuedAt: iso(kit, -300_000) }))).status).toBe(200)
    expect(await errorOf(await send(kit, await proof(kit, { issuedAt: iso(kit, -300_001) })))).toBe(
      'siwx_expired',
    )
    expect(await errorOf(await send(kit, await proof(kit, { issuedAt: iso(kit, 1) })))).toBe('siwx_malformed')
  })

  test.each([
    ['siwx_expired', { expirationTime: -1 }],
    ['siwx_malformed', { notBefore: 1 }],
  ])('is %s with %o', async (error, offsets) => {
    const kit = setup()
    const times = Object.fromEntries(
      Object.entries(offsets).map(([name, offset]) => [name, iso(kit, offset)]),
    )
    expect(await errorOf(await send(kit, await proof(kit, times)))).toBe(error)
  })

  test.each([
    ['another domain', { domain: 'evil.example' }],
    ['a domain with a port', { domain: 'stablestudio.dev:443' }],
    ['another origin', { uri: 'https://evil.example/api/jobs' }],
    ['no type', { type: 'none' }],
    ['a time that is none', { issuedAt: 'soon' }],
    ['a statement that is no text', { statement: null }],
  ])('with %s is malformed', async (_what, change) => {
    const kit = setup()
    expect(await errorOf(await send(kit, await proof(kit, change)))).toBe('siwx_malformed')
  })

  test.each([
    '%%%',
    base64('{'),
    base64('null'),
    base64('[]'),
    Buffer.from('{"a":"??>>"}').toString('base64url'),
  ])('that is %s is malformed', async (header) => {
    expect(await errorOf(await send(setup(), header))).toBe('siwx_malformed')
  })

  test.each([
    ['an empty nonce', { nonce: '' }],
    ['a short nonce', { nonce: 'abcdefg' }],
    ['a nonce with signs', { nonce: 'abcd-efgh-ijkl' }],
    ['a statement beyond ASCII', { statement: 'Grüß Gott' }],
    ['a statement of two lines', { statement: 'a\nURI: https://evil.example' }],
    ['another version', { version: '2' }],
  ])('with %s is a 500, as from the real message builder', async (_what, change) => {
    const kit = setup()
    expect((await send(kit, await proof(kit, change))).status).toBe(500)
  })

  test('with an address whose checksum is wrong is a 500; without any checksum it is good', async () => {
    const kit = setup()
    const { address } = kit.wallet
    const lower = address.toLowerCase()
    const swapped = address.replace(/[a-f]/gi, (one) =>
      one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase(),
    )
    expect((await send(kit, await proof(kit, { address: `0x${swapped.slice(2)}` }))).status).toBe(500)
    expect((await send(kit, await proof(kit, { address: lower }))).status).toBe(200)
  })

  test.each([
    ['somebody else’s address', { address: privateKeyToAccount(generatePrivateKey()).address }, {}],
    ['another text than the signed one', {}, { statement: 'Hello' }],
    ['the whole chain id in the text', {}, { chainId: 'x:8453' }],
    ['a chain of another kind', { chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp' }, {}],
  ])('with %s has no valid signature', async (_what, change, signed) => {
    const kit = setup()
    expect(await errorOf(await send(kit, await proof(kit, change, signed)))).toBe('siwx_invalid_signature')
  })

  test('burns its nonce even when the signature is wrong', async () => {
    const kit = setup()
    const nonce = 'a'.repeat(32)
    expect(await errorOf(await send(kit, await proof(kit, { nonce }, { statement: 'Hello' })))).toBe(
      'siwx_invalid_signature',
    )
    expect(await errorOf(await send(kit, await proof(kit, { nonce })))).toBe('siwx_nonce_used')
  })

  test('burns its nonce even when its message cannot be built', async () => {
    const kit = setup()
    const nonce = 'd'.repeat(32)
    expect((await send(kit, await proof(kit, { nonce, statement: 'Grüß Gott' }))).status).toBe(500)
    expect(await errorOf(await send(kit, await proof(kit, { nonce })))).toBe('siwx_nonce_used')
  })

  test('does not burn its nonce when it is malformed', async () => {
    const kit = setup()
    const nonce = 'b'.repeat(32)
    expect(await errorOf(await send(kit, await proof(kit, { nonce, issuedAt: iso(kit, 1) })))).toBe(
      'siwx_malformed',
    )
    expect((await send(kit, await proof(kit, { nonce }))).status).toBe(200)
  })

  test.each([
    ['without a statement', { statement: undefined }],
    ['of another EVM chain', { chainId: 'eip155:1' }],
    ['for the bare origin', { uri: origin }],
    ['for another job', { uri: `${origin}/api/jobs/other` }],
  ])('%s is good', async (_what, change) => {
    const kit = setup()
    expect((await send(kit, await proof(kit, change))).status).toBe(200)
  })

  test('under an old header name is no proof', async () => {
    const kit = setup()
    const header = await proof(kit)
    const response = await kit.sandbox.fetch(`${origin}/api/jobs`, {
      headers: { 'x-sign-in-with-x': header },
    })
    expect(response.headers.get('payment-required')).not.toBeNull()
  })
})

test('another wallet is sent away from a job, and sees none in its list', async () => {
  const kit = setup()
  const { jobId } = await (await buy(kit)).json()
  const thief = { ...kit, wallet: privateKeyToAccount(generatePrivateKey()) }
  const response = await get(thief, `/api/jobs/${jobId}`)
  expect([response.status, await response.text()]).toEqual([403, '{"success":false,"error":"Unauthorized"}'])
  expect(await (await get(thief, '/api/jobs')).json()).toEqual({ items: [], nextCursor: null })
  expect((await get(kit, `/api/jobs/${jobId}`)).status).toBe(200)
})
