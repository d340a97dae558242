// `quote`: the price of exactly this input, and paying exactly it.

import { StableStudioClient, type StableStudioError } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { pass, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('a quote', () => {
  it('quotes without a wallet and signs nothing', async () => {
    const { sandbox } = createStudio()
    const studio = new StableStudioClient({ fetch: sandbox.fetch })
    const quote = await studio.quote(operation, input)
    expect(quote).toMatchObject({ operation, usd: '0.17', amount: 170_000n, protocol: 'x402' })
    expect(quote.receivedAt).toBe('2026-11-22T12:00:00.400Z')
    expect(quote.expiresAt).toBe('2026-11-22T12:04:00.400Z')
    expect(sandbox.settlements()).toHaveLength(0)
    const error = (await failure(studio.submit(quote))) as StableStudioError
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_missing',
      payment: 'none',
      safeToRetry: true,
    })
  })

  it('pays a quote with one request, its own offer', async () => {
    const { studio, sandbox } = createStudio()
    const quote = await studio.quote(operation, input)
    await studio.submit(quote)
    expect(sandbox.requests().map(({ status }) => status)).toEqual([402, 200])
  })

  it.each([
    ['just before', -1_000, [402, 200]],
    ['at', 0, [402, 402, 200]],
  ])('%s its end asks as often as its end says', async (_when, offset, statuses) => {
    const { studio, sandbox } = createStudio()
    const quote = await studio.quote(operation, input)
    await pass(Date.parse(quote.expiresAt) + offset - Date.now())
    await studio.submit(quote)
    expect(sandbox.requests().map(({ status }) => status)).toEqual(statuses)
  })

  it('asks again for a quote that came through JSON, and pays it while the price is the same', async () => {
    const { studio, sandbox } = createStudio()
    const quote = await studio.quote(operation, input)
    const { amount, ...plain } = quote
    await studio.submit({ ...plain, amount })
    expect(sandbox.requests().map(({ status }) => status)).toEqual([402, 402, 200])
  })

  it('refuses a quote whose price changed', async () => {
    let price = '0.17'
    const { studio, sandbox } = createStudio({}, { price: () => price })
    const quote = await studio.quote(operation, input)
    price = '0.18'
    const error = await failure(studio.submit({ ...quote }))
    expect(error).toMatchObject({ name: 'OfferRefusedError', code: 'price_changed', payment: 'none' })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('does not pay the fresh price that a changed one is answered with', async () => {
    let price = '0.17'
    const { studio, sandbox } = createStudio({}, { price: () => price })
    const quote = await studio.quote(operation, input)
    price = '0.16'
    const error = await failure(studio.submit(quote))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'price', payment: 'rejected' })
    expect(sandbox.settlements()).toHaveLength(0)
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
  })
})
