// Generations paid by MPP on Tempo: one transfer each, and an account that exists only there.

import { StableStudioClient } from 'stablestudio'
import { mpp, tempoNetwork } from 'stablestudio/mpp'
import { createSandbox } from 'stablestudio/sandbox'
import { createWalletClient, http } from 'viem'
import { base } from 'viem/chains'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { countingAccount, createTempoStudio } from '../support/tempo.ts'

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

it('a wallet client that was made for another chain signs nothing on Tempo', async () => {
  const { account } = countingAccount()
  const client = createWalletClient({ account, chain: base, transport: http('http://127.0.0.1:9') })
  const { studio, sandbox } = createTempoStudio({ mpp: { account: client } })
  expect(await played(failure(studio.submit(operation, input)))).toMatchObject({
    code: 'wallet_wrong_chain',
    payment: 'none',
    details: expect.stringContaining('Tempo (eip155:4217)'),
  })
  expect(sandbox.settlements()).toEqual([])
  expect(await all(studio.payments())).toEqual([])
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
