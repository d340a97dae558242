// The sandbox takes an MPP credential as the real libraries do: every bound part, once, in time, and to the byte.
import { tempo } from 'mppx/client'
import { createClient, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Transaction } from 'viem/tempo'
import { tempo as chain } from 'viem/tempo/chains'
import { describe, expect, it, test, vi } from 'vitest'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { readChallenges } from '../../../src/methods/mpp/challenge.ts'
import { memoOf, transferOf } from '../../../src/methods/mpp/transaction.ts'
import { body, generateUrl, post } from './kit.ts'

const network = 'eip155:4217'
const rpcUrl = 'https://stablestudio.dev/rpc/tempo'
const evil = '0x00000000000000000000000000000000DeaDBeef'

type Credential = {
  challenge: Record<string, string>
  payload: Record<string, string>
  source: string
}

function setup(usd = '5') {
  const sandbox = createSandbox()
  const account = privateKeyToAccount(generatePrivateKey())
  if (usd !== '0') sandbox.fund(account.address, usd, network)
  const client = createClient({ chain, transport: http(rpcUrl, { fetchFn: sandbox.fetch }) })
  return { sandbox, account, client }
}
type Setup = ReturnType<typeof setup>

async function challengeOf({ sandbox }: Setup, url = generateUrl, init = post(url, body)[1]) {
  const response = await sandbox.fetch(url, init)
  const challenge = readChallenges(response.headers.get('www-authenticate'))?.challenges[0]
  if (!challenge) throw new Error('no challenge')
  return challenge
}

/** What mppx itself makes for the sandbox's challenge. */
async function credentialOf(
  setup: Setup,
  options: { mode?: 'push' } = {},
  url?: string,
): Promise<Credential> {
  const challenge = await challengeOf(setup, url, url ? {} : undefined)
  const charge = tempo.charge({ account: setup.account, getClient: () => setup.client, ...options })
  const { encodedRequest: _encoded, parameters: _parameters, ...plain } = challenge
  const header = await charge.createCredential({ challenge: plain } as never)
  return JSON.parse(Buffer.from(header.slice(8), 'base64url').toString())
}

const header = (credential: unknown) => ({
  authorization: `Payment ${Buffer.from(JSON.stringify(credential)).toString('base64url')}`,
})
const pay = ({ sandbox }: Setup, credential: unknown, value: unknown = body) =>
  sandbox.fetch(...post(generateUrl, value, header(credential)))

describe('a credential of mppx', () => {
  it('by pull moves the money once, and names the transaction', async () => {
    const one = setup()
    const credential = await credentialOf(one)
    const response = await pay(one, credential)
    expect(response.status).toBe(200)
    const { jobId } = await response.json()
    const [settlement] = one.sandbox.settlements()
    expect(settlement).toMatchObject({ network, from: one.account.address, amount: '170000', jobId })
    expect(one.sandbox.balance(one.account.address, network)).toBe('4.83')
    expect(one.sandbox.balance(one.account.address)).toBe('0.00')
    const receipt = response.headers.get('payment-receipt') ?? ''
    expect(JSON.parse(Buffer.from(receipt, 'base64url').toString())).toMatchObject({
      method: 'tempo',
      status: 'success',
      reference: settlement?.transaction,
    })
    // As the real router does it: the handler runs again, and only then the settlement fails.
    const again = await pay(one, credential)
    expect([again.status, (await again.json()).error]).toEqual([
      500,
      expect.stringMatching('already been used'),
    ])
    expect(again.headers.get('payment-receipt')).toBeNull()
    expect(one.sandbox.settlements()).toHaveLength(1)
    expect(one.sandbox.jobs()).toHaveLength(2)
  })

  it.each([undefined, ''])('whose source is %j pays for a job that is nobody’s', async (source) => {
    const one = setup()
    const response = await pay(one, { ...(await credentialOf(one)), source })
    expect(response.status).toBe(200)
    expect(one.sandbox.jobs()).toMatchObject([{ owner: '' }])
    expect(one.sandbox.settlements()).toHaveLength(1)
  })

  it.each([202, 422, 500])('keeps its receipt when a fault answers %i', async (status) => {
    const one = setup()
    one.sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status })
    const response = await pay(one, await credentialOf(one))
    const [settlement] = one.sandbox.settlements()
    const receipt = response.headers.get('payment-receipt') ?? ''
    expect(response.status).toBe(status)
    expect(JSON.parse(Buffer.from(receipt, 'base64url').toString())).toMatchObject({
      status: 'success',
      reference: settlement?.transaction,
    })
    expect('jobId' in (await response.json())).toBe(status === 202)
  })

  it('by push counts once, for the charge that it was for', async () => {
    const one = setup()
    const credential = await credentialOf(one, { mode: 'push' })
    expect(one.sandbox.settlements()).toMatchObject([{ operation: 'transfer', amount: '170000' }])
    expect((await pay(one, credential)).status).toBe(200)
    expect((await pay(one, credential)).status).toBe(402)
    expect(one.sandbox.jobs()).toHaveLength(1)
    expect(one.sandbox.settlements()).toMatchObject([{ operation: 'gpt-image-1/generate' }])
  })

  it('as a proof reads the jobs, once', async () => {
    const one = setup()
    const url = 'https://stablestudio.dev/api/jobs'
    const credential = await credentialOf(one, {}, url)
    expect(credential.payload.type).toBe('proof')
    const ask = () => one.sandbox.fetch(url, { headers: header(credential) })
    expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(402)
  })
})

describe('a pulled transaction', () => {
  const change = (credential: Credential, challenge: Record<string, string>): Credential => ({
    ...credential,
    challenge: { ...credential.challenge, ...challenge },
  })

  test.each([
    ['id', { id: 'other' }],
    ['realm', { realm: 'evil.example' }],
    ['intent', { intent: 'session' }],
    ['method', { method: 'stripe' }],
    ['end', { expires: '2036-01-01T00:00:00.000Z' }],
    ['digest', { digest: 'sha-256=abc' }],
    ['request', { request: Buffer.from('{"amount":"1"}').toString('base64url') }],
  ])('is not settled with another %s in its challenge', async (_what, challenge) => {
    const one = setup()
    const response = await pay(one, change(await credentialOf(one), challenge))
    expect(response.status).toBe(500)
    expect((await response.json()).error).toMatch(/^MPP payment failed: /)
    expect(one.sandbox.settlements()).toEqual([])
  })

  it('is not settled for a dearer request than it was made for', async () => {
    const one = setup()
    const cheap = { ...body, quality: 'low' }
    const challenge = await challengeOf(one, generateUrl, post(generateUrl, cheap)[1])
    const charge = tempo.charge({ account: one.account, getClient: () => one.client })
    const made = await charge.createCredential({ challenge } as never)
    const credential = JSON.parse(Buffer.from(made.slice(8), 'base64url').toString())
    expect((await pay(one, credential)).status).toBe(500)
    expect(one.sandbox.settlements()).toEqual([])
    expect((await pay(one, { ...credential }, cheap)).status).toBe(200)
  })

  /** A transaction of our own making for a genuine challenge. */
  async function forge(one: Setup, wrong: Record<string, unknown>) {
    const challenge = await challengeOf(one)
    const recipient = String(challenge.request.recipient) as `0x${string}`
    const token = String(challenge.request.currency) as `0x${string}`
    const offer = { challenge, recipient, amount: 170_000n, currency: token, ...wrong }
    const bytes = await one.account.signTransaction(
      {
        calls: [{ to: (wrong.token as `0x${string}`) ?? token, data: transferOf(offer as never) }],
        chainId: (wrong.chainId as number) ?? 4217,
        nonceKey: 2n ** 256n - 1n,
        nonce: 0,
        validBefore: (wrong.validBefore as number) ?? Math.floor(Date.now() / 1000) + 25,
        gas: 100_000n,
        maxFeePerGas: 20_000_000_000n,
        maxPriorityFeePerGas: 0n,
      } as never,
      { serializer: Transaction.serialize as never },
    )
    const { id, realm, method, intent, expires, encodedRequest: request } = challenge
    return {
      challenge: { id, realm, method, intent, expires, request },
      payload: { type: 'transaction', signature: bytes },
      source: `did:pkh:eip155:4217:${one.account.address}`,
    }
  }

  test.each([
    ['right in everything', {}, 200],
    ['to another payee', { recipient: evil }, 500],
    ['of another amount', { amount: 169_999n }, 500],
    ['with the memo of another challenge', { challenge: { id: 'x', realm: 'stablestudio.dev' } }, 500],
    ['of another token', { token: evil }, 402],
    ['for another chain', { chainId: 42_431 }, 402],
    ['that has expired', { validBefore: 1 }, 402],
    ['that lives for too long', { validBefore: 4_000_000_000 }, 402],
  ])('%s is answered with its status', async (_what, wrong, status) => {
    const one = setup()
    expect((await pay(one, await forge(one, wrong))).status).toBe(status)
    expect(one.sandbox.settlements()).toHaveLength(status === 200 ? 1 : 0)
  })

  it('without the money behind it is refused like no payment, without a reason', async () => {
    const one = setup('0.16')
    const response = await pay(one, await forge(one, {}))
    expect([response.status, await response.text()]).toEqual([402, ''])
    expect(one.sandbox.jobs()).toEqual([])
  })

  it('is not settled once its challenge has expired', async () => {
    const one = setup()
    const credential = await forge(one, {})
    vi.useFakeTimers({ now: Date.now() + 301_000, toFake: ['Date'] })
    try {
      expect((await pay(one, credential)).status).toBe(402)
    } finally {
      vi.useRealTimers()
    }
    expect(one.sandbox.settlements()).toEqual([])
  })
})

describe('a pushed transaction', () => {
  it('of someone else does not count', async () => {
    const one = setup()
    const credential = await credentialOf(one, { mode: 'push' })
    const thief = { ...credential, source: `did:pkh:eip155:4217:${evil}` }
    expect((await pay(one, thief)).status).toBe(402)
    expect((await pay(one, credential)).status).toBe(200)
  })

  it('that is not on the chain does not count', async () => {
    const one = setup()
    const credential = await credentialOf(one, { mode: 'push' })
    const invented = { ...credential, payload: { type: 'hash', hash: `0x${'1'.repeat(64)}` } }
    expect((await pay(one, invented)).status).toBe(402)
    expect(one.sandbox.jobs()).toEqual([])
  })
})

describe('a proof', () => {
  it('pays for nothing', async () => {
    const one = setup()
    const credential = await credentialOf(one, {}, 'https://stablestudio.dev/api/jobs')
    expect((await pay(one, credential)).status).toBe(402)
    expect(one.sandbox.jobs()).toEqual([])
  })

  it('is the signer’s only', async () => {
    const one = setup()
    const url = 'https://stablestudio.dev/api/jobs'
    const credential = await credentialOf(one, {}, url)
    const stolen = { ...credential, source: `did:pkh:eip155:4217:${evil}` }
    expect((await one.sandbox.fetch(url, { headers: header(stolen) })).status).toBe(402)
  })
})

test('the memo is bound to realm and challenge', () => {
  expect(memoOf({ id: 'a', realm: 'b' })).not.toBe(memoOf({ id: 'b', realm: 'a' }))
})
