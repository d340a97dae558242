// Generations paid in USDC on Solana: one transfer each, from an account that needs no SOL.

import { explorerUrl, memoryStore, StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { solana, solanaKey } from 'stablestudio/solana'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, network, secret, solanaRpc, usdc, withExtra } from '../support/solana.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

const devnet = 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1'

describe('a generation paid on Solana', () => {
  it('is one transfer, with a receipt that names it', async () => {
    const account = await solanaKey(await secret())
    const sandbox = createSandbox()
    sandbox.fund(account.address, '10')
    const studio = new StableStudioClient({ payWith: [solana({ account })], fetch: counted(sandbox.fetch) })
    const image = await played(studio.run(operation, input))
    const [settlement, ...more] = sandbox.settlements()
    expect(more).toEqual([])
    expect(settlement).toMatchObject({ network, from: account.address, amount: '170000', operation })
    expect(sandbox.balance(account.address)).toBe('9.83')
    expect(image.receipt).toMatchObject({
      usd: '0.17',
      network,
      asset: usdc,
      payer: account.address,
      transaction: settlement?.transaction,
    })
    expect(explorerUrl(image.receipt)).toBe(`https://explorer.solana.com/tx/${settlement?.transaction}`)
    expect((await played(image.bytes())).length).toBeGreaterThan(100)
  })

  it('is one signature for the payment, and one for each poll: a round trip each', async () => {
    const { studio, sandbox, signed } = await createSolanaStudio()
    await played(studio.run(operation, input))
    expect(signed.payments).toHaveLength(1)
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/'))
    expect(polls.length).toBeGreaterThan(0)
    expect(polls.every(({ signedIn, status }) => signedIn && status === 200)).toBe(true)
    expect(signed.texts).toHaveLength(polls.length)
  })

  it('is approved like any other', async () => {
    const seen: unknown[] = []
    const { studio, sandbox, signed } = await createSolanaStudio({
      client: { approve: (payment) => seen.push(payment) > 1 },
    })
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'approval_denied' })
    expect(seen).toMatchObject([{ usd: '0.17', network, asset: usdc, protocol: 'x402' }])
    expect(signed.payments).toEqual([])
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('counts toward the limits', async () => {
    const { studio, sandbox } = await createSolanaStudio({ client: { limits: { total: '0.34' } } })
    await played(studio.submit(operation, input))
    await played(studio.submit(operation, input))
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('is paid once for one key, in another process too', async () => {
    const store = memoryStore()
    const first = await createSolanaStudio({ client: { store } })
    const payWith = [solana({ account: first.account })]
    const second = new StableStudioClient({ payWith, store, fetch: first.fetch })
    const key = { idempotencyKey: 'order-1' }
    const jobs = await played(
      Promise.all([first.studio, second].map((studio) => studio.submit(operation, input, key))),
    )
    expect(jobs[0]?.id).toBe(jobs[1]?.id)
    expect(first.sandbox.settlements()).toHaveLength(1)
    expect(first.signed.payments).toHaveLength(1)
  })

  it('twenty at once are twenty transfers, though many share a blockhash', async () => {
    const { studio, sandbox } = await createSolanaStudio()
    await played(Promise.all(Array.from({ length: 20 }, () => studio.submit(operation, input))))
    expect(new Set(sandbox.settlements().map(({ transaction }) => transaction)).size).toBe(20)
    expect(new Set(sandbox.settlements().map(({ nonce }) => nonce)).size).toBe(20)
    expect(sandbox.jobs()).toHaveLength(20)
  })
})

describe('the jobs of an account on Solana', () => {
  it('are its own', async () => {
    const { studio, sandbox } = await createSolanaStudio()
    const job = await played(studio.submit(operation, input))
    expect(await played(all(studio.jobs.list()))).toMatchObject([{ id: job.id }])
    expect(await played(studio.jobs.get(job.id))).toMatchObject({ id: job.id })
    const stranger = await createSolanaStudio({ sandbox })
    expect(await played(failure(stranger.studio.jobs.get(job.id)))).toMatchObject({ code: 'signin_refused' })
    expect(await played(all(stranger.studio.jobs.list()))).toEqual([])
  })

  it('are read in two round trips once the service insists on its own challenge', async () => {
    const { studio, sandbox } = await createSolanaStudio()
    sandbox.faults.add({ step: 'poll', kind: 'rechallenge' })
    const job = await played(studio.submit(operation, input))
    await played(studio.jobs.get(job.id))
    await played(studio.jobs.get(job.id))
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs'))
    expect(polls.map(({ signedIn, status }) => [signedIn, status])).toEqual([
      [true, 402],
      [true, 200],
      [false, 402],
      [true, 200],
    ])
  })

  it('an upload is paid and confirmed by the same account', async () => {
    const { studio, sandbox } = await createSolanaStudio()
    const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1)
    const upload = await played(studio.upload(new Blob([bytes], { type: 'image/png' })))
    expect(upload.receipt).toMatchObject({ usd: '0.01', network })
    expect(sandbox.settlements()).toMatchObject([{ operation: 'upload', amount: '10000' }])
  })
})

describe('a price on Solana', () => {
  it('is paid as quoted, though its blockhash has long been replaced', async () => {
    const { studio, sandbox } = await createSolanaStudio()
    const quote = await played(studio.quote(operation, input))
    expect(quote).toMatchObject({ usd: '0.17', network, asset: usdc })
    await pass(180_000)
    await played(studio.submit(quote))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('is not kept for the next payment', async () => {
    const { studio, sandbox } = await createSolanaStudio({ client: { reuseOffers: true } })
    await played(studio.submit(operation, input))
    await pass(60_000)
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(2)
    expect(sandbox.requests().filter(({ status }) => status === 402)).toHaveLength(2)
  })
})

describe('with a node', () => {
  it('the balance is known', async () => {
    const { studio } = await createSolanaStudio({ method: { rpc: solanaRpc } })
    expect(await played(studio.balance())).toEqual([
      { protocol: 'x402', network, asset: usdc, usd: '10.00', amount: '10000000' },
    ])
  })

  it('an account that never had USDC has none', async () => {
    const { studio } = await createSolanaStudio({ usd: '0', method: { rpc: solanaRpc } })
    expect(await played(studio.balance())).toMatchObject([{ usd: '0.00' }])
  })

  it('an offer without a blockhash can be paid', async () => {
    const { studio, sandbox } = await createSolanaStudio({
      answer: withExtra({ recentBlockhash: undefined, lastValidBlockHeight: undefined }),
      method: { rpc: solanaRpc },
    })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('an account without enough USDC', () => {
  it.each([
    ['with too little', '0.10'],
    ['that never had any', '0'],
  ])('%s lacks funds, and is charged nothing', async (_what, usd) => {
    const { studio, account } = await createSolanaStudio({ usd })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({
      name: 'PaymentRejectedError',
      category: 'funds',
      payment: 'rejected',
      hint: expect.stringContaining(account.address),
    })
    expect(await all(studio.payments())).toMatchObject([{ state: 'rejected' }])
  })

  it('is told how much is missing, with a node', async () => {
    const { studio } = await createSolanaStudio({ usd: '0.10', method: { rpc: solanaRpc } })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'insufficient_funds',
      payment: 'rejected',
      details: expect.stringContaining('$0.07 is missing'),
    })
  })
})

describe('on the sandbox', () => {
  it('devnet is beside Base Sepolia', async () => {
    const { studio, sandbox } = await createSolanaStudio({
      sandbox: { network: 'eip155:84532' },
      method: { network: 'devnet' },
    })
    const { receipt } = await played(studio.submit(operation, input))
    expect(receipt).toMatchObject({ network: devnet, asset: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU' })
    expect(explorerUrl(receipt)).toMatch(/^https:.*\?cluster=devnet$/)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('an account of the other cluster pays nothing', async () => {
    const { studio, signed } = await createSolanaStudio({ method: { network: 'devnet' } })
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({
      code: 'network_not_allowed',
    })
    expect(signed.payments).toEqual([])
  })

  it('that takes no time, a generation takes none', async () => {
    const account = await solanaKey(await secret())
    const sandbox = createSandbox({ instant: true })
    sandbox.fund(account.address, '1')
    const studio = new StableStudioClient({ payWith: [solana({ account })], fetch: sandbox.fetch })
    expect((await studio.run(operation, input)).receipt.network).toBe(network)
  })
})
