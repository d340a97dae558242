import { recoverMessageAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { parseSiweMessage } from 'viem/siwe'
import { describe, expect, it } from 'vitest'
import { SignInError } from '../../../src/errors.ts'
import { formatSignInMessage, type SignInMessage } from '../../../src/siwx/message.ts'
import { answerSignInChallenge, checkSignInChallenge, createSignInProof } from '../../../src/siwx/proof.ts'

const account = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
const now = Date.parse('2026-11-22T15:11:10.500Z')
const context = { origin: 'https://stablestudio.dev', path: '/api/jobs/job_1?x=1', now }

/** A signer that remembers what it was asked to sign. */
function recording() {
  const asked: string[] = []
  const signMessage = (message: string) => {
    asked.push(message)
    return account.signMessage({ message })
  }
  return { asked, signer: { address: account.address, signMessage } }
}

const decode = (header: string): SignInMessage & { type: string; signature: `0x${string}` } =>
  JSON.parse(Buffer.from(header, 'base64').toString())

/** The challenge of a sign-in-only route. */
const jobInfo = {
  domain: 'stablestudio.dev',
  uri: 'https://stablestudio.dev/api/jobs/job_1?x=1',
  version: '1',
  chainId: 'eip155:8453',
  type: 'eip191',
  nonce: '2710d710682a46069f5a3e421504a1dc',
  issuedAt: '2026-11-22T15:11:09.984Z',
  expirationTime: '2026-11-22T15:16:09.984Z',
  statement: 'Sign in to verify your wallet identity',
}
const evm = [{ chainId: 'eip155:8453', type: 'eip191' }]
const solana = [{ chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', type: 'ed25519' }]
const jobChallenge = {
  info: jobInfo,
  supportedChains: evm,
  schema: { 'sign-in-with-x': { info: { version: '1' }, supportedChains: [], schema: {}, _options: {} } },
}

/** The challenge of a route that also takes payment: no statement, no expiry, no chain in `info`, but resources. */
const inboxChallenge = {
  info: {
    domain: 'stablestudio.dev',
    uri: 'https://stablestudio.dev/api/inbox',
    version: '1',
    nonce: '13841e78712feb7d24258e66d8128c2c',
    issuedAt: '2026-11-22T15:11:09.987Z',
    resources: ['https://stablestudio.dev/api/inbox'],
  },
  supportedChains: evm,
  schema: {},
}

const withInfo = (change: Record<string, unknown>, supportedChains: unknown = evm) => ({
  info: { ...jobInfo, ...change },
  supportedChains,
})

const check = (challenge: unknown, at = context) => checkSignInChallenge(challenge, account.address, at)

describe('createSignInProof', () => {
  it('names the host without its port, as the library of the service wants it', async () => {
    const local = { ...context, origin: 'http://127.0.0.1:4021' }
    const { domain, uri } = decode(await createSignInProof(recording().signer, local))
    expect(domain).toBe('127.0.0.1')
    expect(uri).toBe('http://127.0.0.1:4021/api/jobs/job_1?x=1')
  })

  it('was issued a little ago and lives for minutes, on the clock of the service', async () => {
    const { issuedAt, expirationTime } = decode(await createSignInProof(recording().signer, context))
    const age = now - Date.parse(issuedAt)
    expect(age).toBeGreaterThan(0)
    expect(age).toBeLessThan(5 * 60_000)
    const life = Date.parse(expirationTime ?? '') - now
    expect(life).toBeGreaterThan(60_000)
    expect(life).toBeLessThanOrEqual(5 * 60_000)
  })

  it('carries exactly the fields of the header, and the signature of the text that they make', async () => {
    const { asked, signer } = recording()
    const header = await createSignInProof(signer, context)
    expect(header).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
    const { type, signature, ...message } = decode(header)
    expect(type).toBe('eip191')
    expect(Object.keys(message).sort()).toEqual(
      [
        'address',
        'chainId',
        'domain',
        'expirationTime',
        'issuedAt',
        'nonce',
        'statement',
        'uri',
        'version',
      ].sort(),
    )
    const text = formatSignInMessage(message)
    expect(asked).toEqual([text])
    expect(await recoverMessageAddress({ message: text, signature })).toBe(account.address)
    expect(parseSiweMessage(text)).toMatchObject({
      domain: 'stablestudio.dev',
      address: account.address,
      chainId: 8453,
      uri: 'https://stablestudio.dev/api/jobs/job_1?x=1',
      nonce: message.nonce,
    })
  })

  it('has a nonce of its own each time, letters and digits only', async () => {
    const signer = { address: account.address, signMessage: async () => '0x00' as const }
    const nonces = new Set<string>()
    for (let count = 0; count < 200; count += 1) {
      nonces.add(decode(await createSignInProof(signer, context)).nonce)
    }
    expect(nonces.size).toBe(200)
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/)
  })

  it('would pass the checks of its own challenges', async () => {
    const {
      type: _type,
      signature: _signature,
      ...info
    } = decode(await createSignInProof(recording().signer, context))
    expect(check({ info, supportedChains: evm })).toEqual(info)
  })
})

describe('answerSignInChallenge', () => {
  it.each([
    ['a sign-in route', jobChallenge],
    ['a paid route with sign-in', inboxChallenge],
  ])('signs the real challenge of %s, with every field as the server sent it', async (_name, challenge) => {
    const { asked, signer } = recording()
    const { type, signature, address, ...message } = decode(
      await answerSignInChallenge(signer, challenge, context),
    )
    const { type: _type, ...info } = { type: 'eip191', ...challenge.info }
    expect(message).toEqual({ chainId: 'eip155:8453', ...info })
    expect({ type, address }).toEqual({ type: 'eip191', address: account.address })
    const text = formatSignInMessage({ ...message, address })
    expect(asked).toEqual([text])
    expect(await recoverMessageAddress({ message: text, signature })).toBe(account.address)
  })

  it('asks the wallet for nothing when it refuses', async () => {
    const { asked, signer } = recording()
    const foreign = withInfo({ domain: 'evil.example' })
    await expect(answerSignInChallenge(signer, foreign, context)).rejects.toBeInstanceOf(SignInError)
    expect(asked).toEqual([])
  })
})

describe('a challenge that is accepted', () => {
  it('names the host with or without its port', () => {
    const local = { ...context, origin: 'http://127.0.0.1:4021' }
    for (const domain of ['127.0.0.1', '127.0.0.1:4021']) {
      expect(check(withInfo({ domain, uri: 'http://127.0.0.1:4021/api/jobs/1' }), local).domain).toBe(domain)
    }
  })

  it('has its chain in `supportedChains` behind Solana, also without a type', () => {
    const chains = [...solana, { chainId: 'eip155:84532' }]
    expect(check(withInfo({ chainId: undefined }, chains)).chainId).toBe('eip155:84532')
  })

  it('treats null like a field that is missing', () => {
    const empty = { statement: null, expirationTime: null, notBefore: null, requestId: null, resources: null }
    expect(check(withInfo(empty)).statement).toBeUndefined()
  })

  it('has a statement of up to 256 characters, or an empty one', () => {
    const statement = 'x'.repeat(256)
    expect(check(withInfo({ statement })).statement).toBe(statement)
    expect(check(withInfo({ statement: '' })).statement).toBe('')
  })

  it('lives for at most ten minutes', () => {
    expect(check(withInfo({ expirationTime: '2026-11-22T15:21:09.984Z' }))).toBeDefined()
  })
})

describe('a challenge that is refused', () => {
  const origin = 'https://stablestudio.dev'
  it.each<[string, Record<string, unknown>, unknown?]>([
    ['another domain', { domain: 'evil.example' }],
    ['a longer domain', { domain: 'stablestudio.dev.evil.com' }],
    ['a subdomain', { domain: 'www.stablestudio.dev' }],
    ['a domain with another port', { domain: 'stablestudio.dev:8443' }],
    ['a domain with a scheme', { domain: 'https://stablestudio.dev' }],
    ['a domain in another case', { domain: 'StableStudio.dev' }],
    ['a domain with a line break', { domain: 'stablestudio.dev\n' }],
    ['no domain', { domain: undefined }],
    ['a URI of another origin', { uri: 'https://evil.example/api/jobs/job_1' }],
    ['a URI whose host begins alike', { uri: 'https://stablestudio.dev.evil.com/api/jobs/job_1' }],
    ['a URI with a user name', { uri: 'https://stablestudio.dev@evil.com/' }],
    ['a URI with a user name on the right host', { uri: 'https://x@stablestudio.dev/' }],
    ['a URI with another scheme', { uri: 'http://stablestudio.dev/api/jobs/job_1' }],
    ['a URI with another port', { uri: 'https://stablestudio.dev:8443/api/jobs/job_1' }],
    ['a URI with a line break', { uri: `${origin}/\nVersion: 1` }],
    ['a URI that is none', { uri: '/api/jobs/job_1' }],
    ['no URI', { uri: undefined }],
    ['Ethereum', { chainId: 'eip155:1' }],
    ['Ethereum although Base is supported', { chainId: 'eip155:1' }, evm],
    ['a chain with a line break', { chainId: 'eip155:8453\nNonce: aaaaaaaa' }],
    ['a chain as a number', { chainId: undefined }, [{ chainId: 8453, type: 'eip191' }]],
    ['only Solana', { chainId: undefined }, solana],
    ['Base by another signature type', { chainId: undefined }, [{ chainId: 'eip155:8453', type: 'ed25519' }]],
    ['no chain', { chainId: undefined }, undefined],
    ['version 2', { version: '2' }],
    ['a version as a number', { version: 1 }],
    ['no version', { version: undefined }],
    ['a statement with a line break', { statement: 'Sign in\nURI: https://evil.example' }],
    ['a statement with a carriage return', { statement: 'Sign in\rURI: https://evil.example' }],
    ['a statement with a control character', { statement: 'Sign in\u001b[2K' }],
    ['a statement with a tab', { statement: 'Sign\tin' }],
    ['a statement with a bidi override', { statement: 'Sign in \u202e' }],
    ['a statement in Unicode', { statement: 'Melde dich an: größer' }],
    ['a statement with a line separator', { statement: 'Sign in\u2028URI' }],
    ['a statement of 257 characters', { statement: 'x'.repeat(257) }],
    ['a statement that is no text', { statement: { toString: () => 'x' } }],
    ['a life of eleven minutes', { expirationTime: '2026-11-22T15:22:09.984Z' }],
    ['a life of a year', { expirationTime: '2027-11-22T15:11:09.984Z' }],
    ['an expiry before its issue', { expirationTime: '2026-11-22T15:11:09.000Z' }],
    ['an expiry that hides a line break', { expirationTime: '2026-11-22T15:16:09.984Z\nResources:' }],
    ['an expiry that is no time', { expirationTime: 'Tue, 22 Nov 2026 15:16:09 GMT' }],
    ['an expiry with a comment', { expirationTime: '2026-11-22T15:16:09.984Z (x)' }],
    ['an empty expiry', { expirationTime: '' }],
    ['a notBefore that is no time', { notBefore: 'tomorrow' }],
    ['no nonce', { nonce: undefined }],
    ['an empty nonce', { nonce: '' }],
    ['a nonce of seven characters', { nonce: 'abcdef1' }],
    ['a nonce with symbols', { nonce: '2710d710-682a-4606-9f5a-3e421504a1dc' }],
    ['a nonce with a line break', { nonce: 'abcdefgh1\nIssued At: x' }],
    ['a nonce in Unicode', { nonce: 'ábcdefgh1' }],
    ['a nonce of 200 characters', { nonce: 'a'.repeat(200) }],
    ['an issue eleven minutes ago', { issuedAt: '2026-11-22T15:00:09.984Z', expirationTime: undefined }],
    ['an issue in eleven minutes', { issuedAt: '2026-11-22T15:22:11.984Z', expirationTime: undefined }],
    ['no issue', { issuedAt: undefined }],
    ['an issue that is no time', { issuedAt: '1795360772' }],
    ['a request id with a line break', { requestId: 'r1\nResources:\n- https://evil.example' }],
    ['a long request id', { requestId: 'r'.repeat(129) }],
    ['resources elsewhere', { resources: [`${origin}/api/inbox`, 'https://evil.example/'] }],
    ['resources that begin alike', { resources: ['https://stablestudio.dev.evil.com/'] }],
    ['resources with a line break', { resources: [`${origin}/\n- https://evil.example`] }],
    ['resources that are a text', { resources: `${origin}/api/inbox` }],
    ['resources that are no texts', { resources: [null] }],
    ['many resources', { resources: new Array(9).fill(`${origin}/api/inbox`) }],
  ])('%s', (_name, change, ...chains) => {
    const supported = chains.length > 0 ? chains[0] : evm
    let thrown: unknown
    try {
      check({ info: { ...jobInfo, ...change }, supportedChains: supported })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SignInError)
    expect(thrown).toMatchObject({ code: 'signin_mismatch', payment: 'none' })
    expect(String(thrown)).not.toMatch(/[^\x20-\x7e\n→…]/)
  })

  it.each([undefined, null, 'x', 7, [], {}, { info: null }, { info: [] }, { info: 'x' }])(
    'one that is none: %j',
    (challenge) => {
      expect(() => check(challenge)).toThrow(SignInError)
    },
  )

  it('one whose fields are only inherited', () => {
    expect(() => check({ info: Object.create(jobInfo), supportedChains: evm })).toThrow(SignInError)
    expect(() => check(Object.create(jobChallenge))).toThrow(SignInError)
  })
})
