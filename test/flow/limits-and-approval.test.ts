// What may be paid: limits, the caller's approval, maxPrice, the list price and the payee. All before the wallet is asked.
import {
  type ClientOptions,
  isStableStudioError,
  memoryStore,
  type ProposedPayment,
  StableStudioClient,
} from 'stablestudio'
import { describe, expect, it, vi } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { countingWallet } from '../support/hostile.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

/** A studio whose wallet counts its signatures. */
function createWatched(options: ClientOptions = {}, price?: string) {
  const wallet = countingWallet()
  const made = createStudio({ wallet, ...options }, { price: () => price })
  made.sandbox.fund(wallet.address, '100')
  return { ...made, signed: wallet.signed.payments }
}

describe('limits', () => {
  it('of one call refuse what costs more, and say what was asked', async () => {
    const { studio, signed } = createWatched({ limits: { perCall: '0.10' } })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ code: 'limit_per_call', payment: 'none', limit: '0.10', asked: '0.17' })
    expect(signed).toEqual([])
  })

  it('of a day count everything paid on the store, by whichever client', async () => {
    const store = memoryStore()
    const limits = { perDay: '0.40' }
    const { studio, sandbox, wallet } = createStudio({ store, limits })
    const other = new StableStudioClient({ wallet, store, limits, fetch: counted(sandbox.fetch) })
    await played(studio.submit(operation, { ...input, prompt: 'one' }))
    await played(other.submit(operation, { ...input, prompt: 'two' }))
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'three' })))
    expect(error).toMatchObject({ code: 'limit_per_day', spent: '0.34', reserved: '0.00', asked: '0.17' })
    vi.setSystemTime(Date.now() + 24 * 60 * 60_000)
    await played(studio.submit(operation, { ...input, prompt: 'three' }))
    expect(sandbox.settlements()).toHaveLength(3)
  })

  it('hold for calls at the same time, which share what is left', async () => {
    const { studio, sandbox } = createStudio({ limits: { total: '0.50' } })
    const calls = Array.from({ length: 5 }, (_, at) => studio.submit(operation, { prompt: `${at}`, ...high }))
    const results = await played(Promise.allSettled(calls))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(sandbox.settlements()).toHaveLength(2)
  })
})

const high = { quality: 'high', size: '1024x1024' } as const

describe('approve', () => {
  it('sees what is about to be signed, and nothing that it could change', async () => {
    const asked: ProposedPayment[] = []
    const { studio, sandbox } = createWatched({
      approve(payment) {
        asked.push(payment)
        return Number(payment.usd) < 1
      },
    })
    const job = await played(studio.submit(operation, input))
    expect(asked).toEqual([
      {
        operation,
        usd: '0.17',
        amount: 170_000n,
        network: 'eip155:8453',
        asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
        payTo: sandbox.settlements()[0]?.to,
        protocol: 'x402',
        attemptId: job.attemptId,
      },
    ])
    expect(Object.isFrozen(asked[0])).toBe(true)
  })

  it.each<[string, () => unknown]>([
    ['false', () => false],
    ['anything but true', () => 'yes'],
    ['a promise of false', async () => false],
    ['an error', () => Promise.reject(new Error('the form was closed'))],
  ])(
    'that answers with %s refuses: nothing is signed, and nothing stays reserved',
    async (_name, approve) => {
      const limits = { total: '0.17' }
      const store = memoryStore()
      const { studio, signed, sandbox } = createWatched({ approve: approve as () => boolean, limits, store })
      const error = await played(failure(studio.run(operation, input)))
      expect(error).toMatchObject({ name: 'ApprovalDeniedError', payment: 'none', safeToRetry: true })
      expect(signed).toEqual([])
      const { wallet } = createStudio()
      sandbox.fund(wallet.address, '1')
      const willing = new StableStudioClient({ wallet, limits, store, fetch: counted(sandbox.fetch) })
      expect((await played(willing.submit(operation, input))).receipt.usd).toBe('0.17')
    },
  )

  it('that throws leaves its error as the cause', async () => {
    const reason = new Error('the form was closed')
    const { studio } = createWatched({ approve: () => Promise.reject(reason) })
    const error = await played(failure(studio.run(operation, input)))
    expect(isStableStudioError(error) && error.cause).toBe(reason)
  })
})

describe('the price', () => {
  it('above the list price is not paid, unless maxPrice says that it may be', async () => {
    const { studio, signed, sandbox } = createWatched({}, '0.50')
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({
      code: 'price_above_list',
      payment: 'none',
    })
    expect(signed).toEqual([])
    await played(studio.submit(operation, input, { maxPrice: '0.50' }))
    expect(sandbox.settlements()).toMatchObject([{ usd: '0.50' }])
  })

  it('above maxPrice is not paid, and maxPrice lifts no limit', async () => {
    const { studio, signed } = createWatched({ limits: { perCall: '0.10' } })
    const dear = await played(failure(studio.run(operation, input, { maxPrice: '0.16' })))
    expect(dear).toMatchObject({ code: 'price_above_max', payment: 'none' })
    const limited = await played(failure(studio.run(operation, input, { maxPrice: '5' })))
    expect(limited).toMatchObject({ code: 'limit_per_call', payment: 'none' })
    expect(signed).toEqual([])
  })

  it('of an operation that this version does not know is paid up to maxPrice, and not without it', async () => {
    const { studio, sandbox } = createWatched()
    const error = await played(failure(studio.run('tomorrow/generate', { anything: 1 })))
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'max_price_required' })
    expect(sandbox.requests()).toHaveLength(0)
  })
})

describe('payees', () => {
  it('are the only addresses that are paid', async () => {
    const { studio, signed } = createWatched({ payees: ['0x000000000000000000000000000000000000dEaD'] })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'OfferRefusedError', code: 'payee_not_allowed', payment: 'none' })
    expect(signed).toEqual([])
  })
})
