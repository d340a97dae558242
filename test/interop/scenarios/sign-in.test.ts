// SIGN-IN-WITH-X on the free routes: the challenge, proofs that are taken, and proofs that are not.
import { describe, expect, test } from 'vitest'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { buy, type Proof, signIn } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()
const jobs = '/api/jobs'

const at = (ms: number) => new Date(Date.now() + ms).toISOString()

function list(stack: Stack, proof: string): Promise<Seen> {
  return see(stack, jobs, { headers: { 'sign-in-with-x': proof } })
}

async function listBy(stack: Stack, fields: Proof, tampered: Proof = {}): Promise<Seen> {
  return list(stack, await signIn(stack, await stack.wallet('payer', '0'), fields, tampered))
}

type SignInInfo = Record<string, string>

async function challengeOf(stack: Stack): Promise<SignInInfo> {
  const body = await (await fetch(`${stack.url}${jobs}`)).json()
  return body.extensions['sign-in-with-x'].info
}

describe('without a proof', () => {
  test.each([
    ['GET', '/api/jobs?limit=5'],
    ['GET', '/api/jobs/cabc?x=1'],
    ['DELETE', '/api/jobs/cabc'],
    ['POST', '/api/upload/confirm'],
  ])('%s %s is challenged, in the header and in the body', async (method, route) => {
    const seen = await same((stack) => see(stack, route, { method }))
    expect(seen).toMatchObject({ status: 402, body: { accepts: [], error: 'SIWX authentication required' } })
    expect(seen.body).toEqual(seen.headers['payment-required'])
  })

  test('no other header is taken for one', async () => {
    const seen = await same(async (stack) => {
      const proof = await signIn(stack, await stack.wallet('payer', '0'))
      return [
        await see(stack, jobs, { headers: { 'x-sign-in-with-x': proof } }),
        await see(stack, jobs, { headers: { authorization: `SIWX ${proof}` } }),
      ]
    })
    expect(seen.map(({ status }) => status)).toEqual([402, 402])
    expect(seen[0]?.headers['payment-required']).toBeDefined()
  })
})

describe('a proof', () => {
  test('of the challenge is taken', async () => {
    const seen = await same(async (stack) => listBy(stack, await challengeOf(stack)))
    expect(seen).toMatchObject({ status: 200, body: { items: [], nextCursor: null } })
  })

  test('that nobody asked for is taken', async () => {
    expect((await same((stack) => listBy(stack, {}))).status).toBe(200)
  })

  test.each<[string, (stack: Stack) => Proof]>([
    ['without a statement', () => ({ statement: undefined })],
    ['with an empty statement', () => ({ statement: '' })],
    ['of another path', (stack) => ({ uri: `${stack.url}/api/jobs/other?a=1` })],
    ['of the origin', (stack) => ({ uri: stack.url })],
    ['of a URI that only begins like the origin', (stack) => ({ uri: `${stack.url}@evil.example/` })],
    ['of another chain', () => ({ chainId: 'eip155:1' })],
    ['that is almost five minutes old', () => ({ issuedAt: at(-290_000) })],
    ['that lasts a year', () => ({ expirationTime: at(365 * 86_400_000) })],
    ['that begins now', () => ({ notBefore: at(-1_000) })],
  ])('%s is taken', async (_what, fields) => {
    expect((await same((stack) => listBy(stack, fields(stack)))).status).toBe(200)
  })

  test.each<[string, string, (stack: Stack) => Proof, Proof?]>([
    ['for another domain', 'siwx_malformed', () => ({ domain: 'evil.example' })],
    ['with the port in the domain', 'siwx_malformed', (stack) => ({ domain: new URL(stack.url).host })],
    ['for another origin', 'siwx_malformed', () => ({ uri: 'https://evil.example/api/jobs' })],
    ['issued in the future', 'siwx_malformed', () => ({ issuedAt: at(30_000) })],
    ['issued at no time', 'siwx_malformed', () => ({ issuedAt: 'today' })],
    ['that is older than five minutes', 'siwx_expired', () => ({ issuedAt: at(-301_000) })],
    ['that has run out', 'siwx_expired', () => ({ expirationTime: at(-1_000) })],
    ['that runs out at no time', 'siwx_malformed', () => ({ expirationTime: 'never' })],
    ['that is not valid yet', 'siwx_malformed', () => ({ notBefore: at(30_000) })],
    ['that is valid from no time on', 'siwx_malformed', () => ({ notBefore: 'soon' })],
    ['of another wallet', 'siwx_invalid_signature', () => ({}), { address: `0x${'11'.repeat(20)}` }],
    ['of another text', 'siwx_invalid_signature', () => ({}), { statement: 'Sign in' }],
    ['with half a signature', 'siwx_invalid_signature', () => ({}), { signature: '0x1234' }],
    ['with a signature that is none', 'siwx_invalid_signature', () => ({}), { signature: 'yes' }],
    ['without a type', 'siwx_malformed', () => ({}), { type: undefined }],
    ['without a nonce', 'siwx_malformed', () => ({}), { nonce: undefined }],
    ['whose nonce is a number', 'siwx_malformed', () => ({}), { nonce: 12345678 }],
    ['whose resources are no list', 'siwx_malformed', () => ({}), { resources: 'all' }],
    ['whose resources are no texts', 'siwx_malformed', () => ({}), { resources: [1] }],
    ['of no known chain', 'siwx_invalid_signature', () => ({ chainId: 'cosmos:1' })],
  ])('%s is refused, without a new challenge', async (_what, code, fields, tampered) => {
    const seen = await same((stack) => listBy(stack, fields(stack), tampered))
    expect(seen).toMatchObject({ status: 402, body: { error: code } })
    expect(seen.headers['payment-required']).toBeUndefined()
  })

  test.each<[string, Proof, Proof?]>([
    ['with a short nonce', { nonce: 'abc1234' }],
    ['with a nonce of other characters', { nonce: 'abcd-efgh-ijkl' }],
    ['whose address has a wrong checksum', {}, { address: `0x${'aB'.repeat(20)}` }],
    ['with an empty nonce', {}, { nonce: '' }],
    ['with another version', { version: '2' }],
    ['with a statement of two lines', { statement: 'a\nb' }],
    ['whose address is none', {}, { address: '0x12' }],
    ['with a statement beyond ASCII', { statement: 'Ich möchte' }],
  ])('%s breaks the server', async (_what, fields, tampered) => {
    expect((await same((stack) => listBy(stack, fields, tampered))).status).toBe(500)
  })

  test.each<[string, (stack: Stack) => Proof, Proof?]>([
    ['resources: none', () => ({ resources: [] })],
    ['resources: a URL', () => ({ resources: ['https://a.example/b'] })],
    ['resources: a URN', () => ({ resources: ['urn:isbn:5'] })],
    ['resources: a path', () => ({ resources: ['/api/jobs'] })],
    ['resources: a word', () => ({ resources: ['jobs'] })],
    ['resources: words', () => ({ resources: ['all of them'] })],
    ['resources: nothing', () => ({ resources: [''] })],
    ['resources: a URL with a space', () => ({ resources: ['https://a.example/b c'] })],
    ['resources: one of two', () => ({ resources: ['https://a.example/b', 'x'] })],
    ['resources: beyond ASCII', () => ({ resources: ['https://a.example/ü'] })],
    ['resources: a wrong escape', () => ({ resources: ['https://a.example/%zz'] })],
    ['resources: null', () => ({ resources: null })],
    ['resources: two lines', () => ({ resources: ['https://a.example/\n- x:y'] })],
    ['resources: an odd port', () => ({ resources: ['https://a.example:99999/'] })],
    ['resources: brackets', () => ({ resources: ['https://a.example/[b]'] })],
    ['resources: no host', () => ({ resources: ['https://'] })],
    ['resources: a fragment', () => ({ resources: ['x:#a'] })],
    ['resources: an IPv6 host', () => ({ resources: ['https://[::1]:80/'] })],
    ['uri: with a space', (stack) => ({ uri: `${stack.url}/a b` })],
    ['uri: with a wrong escape', (stack) => ({ uri: `${stack.url}/%zz` })],
    ['uri: with brackets', (stack) => ({ uri: `${stack.url}/[a]` })],
    ['uri: beyond ASCII', (stack) => ({ uri: `${stack.url}/ü` })],
    ['uri: with a fragment', (stack) => ({ uri: `${stack.url}/#a` })],
    ['expirationTime: empty', () => ({}), { expirationTime: '' }],
    ['notBefore: empty', () => ({}), { notBefore: '' }],
    ['requestId: empty', () => ({}), { requestId: '' }],
    ['requestId: a word', () => ({ requestId: 'a1' })],
    ['requestId: words', () => ({ requestId: 'a b' })],
    ['issuedAt: without milliseconds', () => ({ issuedAt: `${at(-5_000).slice(0, 19)}Z` })],
    ['issuedAt: with an offset', () => ({ issuedAt: `${at(3_595_000).slice(0, 19)}+01:00` })],
    ['issuedAt: as HTTP writes it', () => ({ issuedAt: new Date(Date.now() - 5_000).toUTCString() })],
    ['issuedAt: a date', () => ({ issuedAt: at(0).slice(0, 10) })],
    [
      'expirationTime: as HTTP writes it',
      () => ({ expirationTime: new Date(Date.now() + 60_000).toUTCString() }),
    ],
    ['notBefore: as HTTP writes it', () => ({ notBefore: new Date(Date.now() - 60_000).toUTCString() })],
    ['statement: quotes', () => ({ statement: 'a "b"' })],
    ['statement: a percent', () => ({ statement: '100 %' })],
    ['statement: an angle', () => ({ statement: 'a < b' })],
    ['statement: a backslash', () => ({ statement: 'a \\ b' })],
    ['statement: braces', () => ({ statement: '{a}' })],
    ['statement: a tab', () => ({ statement: 'a\tb' })],
    ['statement: null', () => ({}), { statement: null }],
    ['chainId: a number too large', () => ({ chainId: `eip155:${'9'.repeat(30)}` })],
    ['chainId: zero', () => ({ chainId: 'eip155:0' })],
    ['chainId: leading zeros', () => ({ chainId: 'eip155:08453' })],
    ['chainId: a number', () => ({}), { chainId: 8453 }],
    ['signature: empty', () => ({}), { signature: '' }],
    ['signature: without 0x', () => ({}), { signature: '11'.repeat(65) }],
    ['signatureScheme: a word', () => ({}), { signatureScheme: 'eip191' }],
    ['signatureScheme: a number', () => ({}), { signatureScheme: 5 }],
    ['type: of Solana', () => ({}), { type: 'ed25519' }],
    ['more fields', () => ({}), { more: 'hello' }],
  ])('with odd %s is answered alike', async (_what, fields, tampered) => {
    await same((stack) => listBy(stack, fields(stack), tampered))
  })

  test.each([
    ['no base64', '-_-_'],
    ['no JSON', btoa('proof')],
    ['no object', btoa('5')],
    ['null', btoa('null')],
  ])('that is %s is malformed', async (_what, header) => {
    expect(await same((stack) => list(stack, header))).toMatchObject({
      status: 402,
      body: { error: 'siwx_malformed' },
    })
  })

  test.each([
    ['lower', (address: string) => address.toLowerCase()],
    ['upper', (address: string) => `0x${address.slice(2).toUpperCase()}`],
  ])('whose address is in %s case is taken', async (_what, spell) => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '0')
      return list(stack, await signIn(stack, payer, {}, { address: spell(payer.address) }))
    })
    expect(seen.status).toBe(200)
  })

  test('is good once', async () => {
    const seen = await same(async (stack) => {
      const proof = await signIn(stack, await stack.wallet('payer', '0'))
      return [await list(stack, proof), await list(stack, proof)]
    })
    expect(seen.map(({ status, body }) => [status, (body as { error?: string }).error])).toEqual([
      [200, undefined],
      [402, 'siwx_nonce_used'],
    ])
  })

  test('that was refused has used up its nonce', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '0')
      const fields = { nonce: 'a'.repeat(16) + stack.name }
      return [
        await list(stack, await signIn(stack, payer, fields, { statement: 'Sign in' })),
        await list(stack, await signIn(stack, payer, fields)),
      ]
    })
    expect(seen.map(({ body }) => (body as { error?: string }).error)).toEqual([
      'siwx_invalid_signature',
      'siwx_nonce_used',
    ])
  })

  test('opens the jobs of its own wallet only', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const stranger = await stack.wallet('stranger', '0')
      const route = `/api/jobs/${await buy(stack, payer)}`
      const as = async (wallet: typeof payer, method: string) =>
        see(stack, route, { method, headers: { 'sign-in-with-x': await signIn(stack, wallet) } })
      return [
        (await as(payer, 'GET')).status,
        await as(stranger, 'GET'),
        await as(stranger, 'DELETE'),
        await list(stack, await signIn(stack, stranger)),
      ]
    })
    expect(seen).toMatchObject([200, { status: 403 }, { status: 403 }, { body: { items: [] } }])
  })
})
