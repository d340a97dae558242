// `payWith`: two ways to pay in one client. The first that is offered is taken, and never both.

import { memoryStore, StableStudioClient, x402 } from 'stablestudio'
import { mpp, tempoNetwork } from 'stablestudio/mpp'
import { createSandbox } from 'stablestudio/sandbox'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { failure, input, operation } from '../support/studio.ts'
import { countingAccount, tempoRpc, withChallenge, withParameter } from '../support/tempo.ts'

useTestClock()

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
      'create one client per address',
    )
  })
})
