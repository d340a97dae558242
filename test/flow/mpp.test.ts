// Generations paid by MPP on Tempo: one transfer each, and an account that exists only there.
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from 'stablestudio'
import { mpp, tempoNetwork } from 'stablestudio/mpp'
import { createSandbox } from 'stablestudio/sandbox'
import { memoryStore } from 'stablestudio'
import { x402 } from 'stablestudio'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import {
  countingAccount,
  createTempoStudio,
  tempoRpc,
  withChallenge,
  withDetails,
  withParameter,
  withRequest,
} from '../support/tempo.ts'

useTestClock()

describe('a generation paid by MPP', () => {
  it('is one transfer, with a receipt that names it, and polls by proofs', async () => {
    const { studio, sandbox, account, signed, requests } = createTempoStudio()
    const image = await played(studio.run(operation, input))
    const [settlement, ...more] = sandbox.settlements()
    expect(more).toEqual([])
    expect(settlement).toMatchObject({
      network: tempoNetwork,
      from: account.address,
      amount: '170000',
      operation,
    })
    expect(sandbox.balance(account.address, tempoNetwork)).toBe('9.83')
    expect(image.receipt).toMatchObject({
      usd: '0.17',
      network: tempoNetwork,
      asset: '0x20C000000000000000000000b9537d11c60E8b50',
      payer: account.address,
      transaction: settlement?.transaction,
    })
    expect(signed.transactions).toHaveLength(1)
    expect(signed.messages).toEqual([])
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/'))
    expect(polls.filter(({ signedIn }) => signedIn)).toHaveLength(signed.typedData.length)
    expect(polls).toHaveLength(2 * signed.typedData.length)
    expect(
      requests.some(({ headers }) => headers.has('payment-signature') || headers.has('sign-in-with-x')),
    ).toBe(false)
    expect(await all(studio.payments())).toMatchObject([
      { state: 'settled', jobId: image.jobId, usd: '0.17' },
    ])
  })
})

describe('a quote', () => {
  it('names the offer of MPP, and is paid as it was quoted', async () => {
    const { studio, sandbox, signed } = createTempoStudio()
    const quote = await played(studio.quote(operation, input))
    expect(quote).toMatchObject({ usd: '0.17', network: tempoNetwork, protocol: 'mpp', amount: 170_000n })
    expect(signed.transactions).toEqual([])
    await pass(60_000)
    await played(studio.submit(quote))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('needs no account, and takes the first method that is offered', async () => {
    const sandbox = createSandbox()
    const studio = new StableStudioClient({ fetch: counted(sandbox.fetch) })
    expect(await played(studio.quote(operation, input))).toMatchObject({ protocol: 'x402' })
  })
})

describe('payWith', () => {
  function createBoth(order: 'x402' | 'mpp', funds: { base?: string; tempo?: string } = {}) {
    const sandbox = createSandbox()
    const { account, signed } = countingAccount()
    if (funds.base) sandbox.fund(account.address, funds.base)
    if (funds.tempo) sandbox.fund(account.address, funds.tempo, tempoNetwork)
    const fetch = counted(sandbox.fetch)
    const tempo = mpp({ account, rpcUrl: tempoRpc, fetch })
    const payWith = order === 'x402' ? [x402(), tempo] : [tempo, x402()]
    const store = memoryStore()
    const make = (options = {}) =>
      new StableStudioClient({ wallet: account, payWith, fetch, store, ...options })
    return { sandbox, account, signed, make, fetch, tempo }
  }

  it.each(['x402', 'mpp'] as const)('takes %s when it is first, and never both', async (order) => {
    const { sandbox, make, signed } = createBoth(order, { base: '5', tempo: '5' })
    const image = await played(make().run(operation, input))
    expect(sandbox.settlements()).toMatchObject([
      { network: order === 'x402' ? 'eip155:8453' : tempoNetwork, jobId: image.jobId },
    ])
    expect(signed.transactions).toHaveLength(order === 'mpp' ? 1 : 0)
    const headers = sandbox.requests().filter(({ paid }) => paid)
    expect(headers).toHaveLength(1)
  })

  it('takes the second when the service does not offer the first', async () => {
    const { sandbox, account, tempo, make } = createBoth('x402', { tempo: '5' })
    const fetch = counted(async (request: RequestInfo | URL, init?: RequestInit) => {
      const response = await sandbox.fetch(request, init)
      const headers = new Headers(response.headers)
      if (new URL(response.url).pathname.startsWith('/api/generate')) headers.delete('payment-required')
      return new Response(response.body, { status: response.status, headers })
    })
    await played(make({ fetch }).submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ network: tempoNetwork, from: account.address }])
    expect(tempo.protocol).toBe('mpp')
  })

  it('takes the second when the first is offered on another network only', async () => {
    const { sandbox, make, tempo } = createBoth('x402', { tempo: '5' })
    const payWith = [x402({ networks: ['eip155:84532'] }), tempo]
    await played(make({ payWith }).submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ network: tempoNetwork }])
  })

  it('does not take the second instead of a first that must not be signed', async () => {
    const { sandbox, make } = createBoth('mpp', { base: '5', tempo: '5' })
    const fetch = counted(async (request: RequestInfo | URL, init?: RequestInit) =>
      withChallenge(await sandbox.fetch(request, init), withParameter('realm', 'evil.example')),
    )
    expect(await played(failure(make({ fetch }).submit(operation, input)))).toMatchObject({
      code: 'resource_mismatch',
    })
    expect(sandbox.settlements()).toEqual([])
  })

  it.each(['x402', 'mpp'] as const)(
    'never pays by the other when %s was sent and not answered',
    async (order) => {
      const { sandbox, make, signed } = createBoth(order, { base: '5', tempo: '5' })
      sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
      const studio = make()
      const error = await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
      expect(error).toMatchObject({ payment: 'unknown' })
      sandbox.faults.clear()
      await played(studio.recover())
      expect(signed.transactions.length + signed.typedData.length).toBe(1)
      expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
      const networks = new Set(sandbox.settlements().map(({ network }) => network))
      expect(networks.has(order === 'x402' ? tempoNetwork : 'eip155:8453')).toBe(false)
    },
  )

  it('keeps to the first when it was refused for lack of funds: no silent fall-back', async () => {
    const { sandbox, make, signed } = createBoth('x402', { tempo: '5' })
    const error = await played(failure(make().submit(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds' })
    expect(signed.transactions).toEqual([])
    expect(sandbox.settlements()).toEqual([])
  })

  it('counts both against one limit', async () => {
    const { sandbox, make, tempo } = createBoth('x402', { base: '5', tempo: '5' })
    const limits = { total: '0.34' }
    await played(make({ limits, payWith: [x402()] }).submit(operation, input))
    await played(make({ limits, payWith: [tempo] }).submit(operation, { ...input, prompt: 'two' }))
    for (const payWith of [[x402()], [tempo]]) {
      const error = await played(failure(make({ limits, payWith }).submit(operation, input)))
      expect(error).toMatchObject({ code: 'limit_total', spent: '0.34' })
    }
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('one key is one generation, whichever protocol paid for it', async () => {
    const { sandbox, make, tempo } = createBoth('x402', { base: '5', tempo: '5' })
    const key = { idempotencyKey: 'order-1' }
    const first = await played(make({ payWith: [tempo] }).submit(operation, input, key))
    const second = await played(make({ payWith: [x402()] }).submit(operation, input, key))
    expect(second.id).toBe(first.id)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('skips x402 for a client whose only account is on Tempo', async () => {
    const { sandbox, account, tempo, fetch } = createBoth('x402', { base: '5', tempo: '5' })
    const studio = new StableStudioClient({ payWith: [x402(), tempo], fetch })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ network: tempoNetwork, from: account.address }])
  })

  it('refuses two addresses in one client', () => {
    const { tempo } = createBoth('x402')
    expect(() => new StableStudioClient({ wallet: countingAccount().account, payWith: [tempo] })).toThrow(
      'make one client for each address',
    )
  })
})

describe('signing in', () => {
  it('is by SIGN-IN-WITH-X where the client has a wallet: one round trip a poll', async () => {
    const { account, sandbox, signed } = createTempoStudio()
    const fetch = counted(sandbox.fetch)
    const payWith = [mpp({ account, rpcUrl: tempoRpc, fetch })]
    const studio = new StableStudioClient({ wallet: account, payWith, fetch })
    await played(studio.run(operation, input))
    expect(signed.typedData).toEqual([])
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/'))
    expect(polls.every(({ signedIn, status }) => signedIn && status === 200)).toBe(true)
  })

  it('by proof lists and reads the account’s own jobs only', async () => {
    const { studio, sandbox } = createTempoStudio()
    const job = await played(studio.submit(operation, input))
    expect(await played(all(studio.jobs.list()))).toMatchObject([{ id: job.id }])
    expect(await played(studio.jobs.get(job.id))).toMatchObject({ id: job.id })
    const other = countingAccount().account
    const fetch = counted(sandbox.fetch)
    const stranger = new StableStudioClient({ payWith: [mpp({ account: other })], fetch })
    expect(await played(failure(stranger.jobs.get(job.id)))).toMatchObject({ name: 'SignInError' })
    expect(await played(all(stranger.jobs.list()))).toEqual([])
  })

  it.each([
    ['for another realm', withParameter('realm', 'evil.example')],
    ['for another chain', withDetails({ chainId: 42431 })],
    ['that asks for money', withRequest({ amount: '170000' })],
    ['that has expired', withParameter('expires', '2026-11-22T11:00:00.000Z')],
    ['that lives for ever', withParameter('expires', '2036-11-22T11:00:00.000Z')],
    ['of another intent', withParameter('intent', 'subscription')],
    ['that cannot be read', (header: string) => `${header}"`],
  ])('a challenge %s is not signed', async (_what, change) => {
    const { studio, sandbox, signed } = createTempoStudio({
      answer: (response, request) =>
        request.url.includes('/api/jobs') ? withChallenge(response, change) : response,
    })
    const job = await played(studio.submit(operation, input))
    const error = await played(failure(studio.jobs.get(job.id)))
    expect(error).toMatchObject({ name: 'SignInError', code: 'signin_mismatch', payment: 'none' })
    expect(signed.typedData).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('says so when the service asks for no proof', async () => {
    const { studio } = createTempoStudio({
      answer(response, request) {
        if (!request.url.includes('/api/jobs')) return response
        const headers = new Headers(response.headers)
        headers.delete('www-authenticate')
        return new Response(response.body, { status: response.status, headers })
      },
    })
    expect(await played(failure(studio.jobs.get('abc')))).toMatchObject({ code: 'signin_refused' })
  })

  it('needs a fresh challenge each time: a proof counts once', async () => {
    const { studio, sandbox, requests } = createTempoStudio()
    const job = await played(studio.submit(operation, input))
    await played(studio.jobs.get(job.id))
    const proven = requests.findLast(({ headers }) => headers.has('authorization'))
    if (!proven) throw new Error('no proof')
    expect((await sandbox.fetch(proven)).status).toBe(402)
  })
})

describe('uploads', () => {
  it('are paid by MPP too, and confirmed by a proof', async () => {
    const { studio, sandbox } = createTempoStudio()
    const file = new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47])], { type: 'image/png' })
    const upload = await played(studio.upload(file))
    expect(upload.receipt).toMatchObject({ usd: '0.01', network: tempoNetwork })
    expect(sandbox.settlements()).toMatchObject([{ operation: 'upload', amount: '10000' }])
  })
})

describe('what is told of a payment', () => {
  it('holds no credential, in errors, events, attempts or jobs', async () => {
    const { studio, sandbox, requests } = createTempoStudio()
    const told: unknown[] = []
    for (const name of ['payment.signed', 'payment.settled', 'payment.unknown', 'signin.needed'] as const)
      studio.on(name, (event) => told.push(event))
    sandbox.faults.add({ step: 'pay', kind: 'status', times: 1 })
    told.push(await played(studio.submit(operation, input)), await all(studio.payments()))
    sandbox.faults.add({ step: 'pay', kind: 'rejected', times: Number.POSITIVE_INFINITY })
    told.push(await played(failure(studio.submit(operation, { ...input, prompt: 'x' }, { timeout: 9_000 }))))
    const credentials = requests.flatMap(({ headers }) => headers.get('authorization') ?? [])
    expect(credentials.length).toBeGreaterThan(1)
    const text = JSON.stringify(told) + String(told.at(-1))
    for (const credential of credentials) expect(text).not.toContain(credential.slice(8, 60))
  })
})

describe('mpp', () => {
  const { account } = countingAccount()

  it.each([
    ['no options', undefined],
    ['no account', {}],
    ['a key', { account: `0x${'1'.repeat(64)}` }],
    ['an unknown option', { account, network: 'tempo' }],
    ['a wrong URL', { account, rpcUrl: 'rpc.tempo.xyz' }],
    ['a wrong mode', { account, mode: 'both' }],
    ['a strange currency', { account, currencies: ['0x00000000000000000000000000000000DeaDBeef'] }],
    ['no currency', { account, currencies: [] }],
    ['a fee as a number', { account, maxFee: 1 }],
  ])('refuses %s', (_what, options) => {
    expect(() => mpp(options as never)).toThrow(expect.objectContaining({ code: 'invalid_config' }))
  })

  it('never repeats a key', () => {
    const key = `0x${'1f'.repeat(32)}`
    expect(() => mpp({ account: key as never })).toThrow(expect.not.stringContaining('1f1f1f'))
  })
})
