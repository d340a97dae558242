// Wallets on Solana: what comes back changed, too late or from somebody else is never sent.
import { describe, expect, it, vi } from 'vitest'
import { decodeTransaction } from '../../src/methods/solana/decode.ts'
import { paymentMessage } from '../../src/methods/solana/message.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, paymentIn, type SolanaStudioOptions, withOffer } from '../support/solana.ts'
import { guard, type Ix, transfer, unitPrice } from '../support/solana-transaction.ts'
import { type Behaviour, walletOf } from '../support/solana-wallet.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

async function studioWith(behaviour: Behaviour, options: SolanaStudioOptions = {}) {
  const wallet = await walletOf(behaviour)
  const world = await createSolanaStudio({
    ...options,
    method: { account: wallet.option, ...options.method },
  })
  world.sandbox.fund(wallet.address, '10')
  const sent = () => world.requests.filter(({ headers }) => headers.has('payment-signature'))
  return { ...world, ...wallet, sent }
}

describe('a wallet', () => {
  it('that signs what it is shown pays, on the cluster of the payment', async () => {
    const { studio, sandbox, prompts } = await studioWith({})
    const image = await played(studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(sandbox.settlements()).toHaveLength(1)
    expect(prompts).toMatchObject({ payments: 1, chains: ['solana:mainnet'] })
    expect(prompts.texts).toBeLessThanOrEqual(2)
  })

  it.each<[string, Behaviour['change']]>([
    ['inserts assertions', (all) => [...all, guard, guard]],
    ['raises the unit price', ([limit, , ...rest]) => [limit as Ix, unitPrice(100_000), ...rest]],
  ])('that %s pays with the bytes that it returned', async (_what, change) => {
    const { studio, sandbox, sent } = await studioWith({ change })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
    const [request] = sent()
    const { transaction } = paymentIn(request as Request).payload
    expect(decodeTransaction(Buffer.from(transaction, 'base64'))?.keys.length).toBeGreaterThan(7)
  })

  it.each<[string, Behaviour]>([
    [
      'adds a transfer',
      {
        change: (all) => [
          ...all,
          transfer(all[2]?.accounts?.[3]?.[0] ?? '', all[2]?.accounts?.[1]?.[0] ?? '', 1n),
        ],
      },
    ],
    ['leaves the memo out', { change: (all) => all.slice(0, 3) }],
    [
      'pays more',
      { change: ([a, b, c, d]) => [a, b, { ...c, data: [12, 255, ...(c?.data.slice(2) ?? [])] }, d] as Ix[] },
    ],
    ['answers with ten megabytes', { answer: () => [{ signedTransaction: new Uint8Array(10_000_000) }] }],
    ['answers with half of it', { answer: (bytes) => [{ signedTransaction: bytes.subarray(0, 200) }] }],
    ['answers with nothing', { answer: () => [] }],
    ['answers with no list', { answer: () => undefined }],
    ['answers with text', { answer: () => [{ signedTransaction: 'AAAA' }] }],
    ['did not sign', { answer: (bytes) => [{ signedTransaction: bytes.fill(0, 65, 129) }] }],
  ])('that %s: nothing is sent, and the amount is given back', async (_what, behaviour) => {
    const { studio, sandbox, sent } = await studioWith(behaviour)
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'WalletError', hint: expect.stringContaining('Nothing was sent') })
    expect(['wallet_failed', 'wallet_not_supported']).toContain((error as { code: string }).code)
    expect(sent()).toEqual([])
    expect(sandbox.settlements()).toEqual([])
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('that may not raise the unit price is held to `maxPriorityFee`', async () => {
    const change: Behaviour['change'] = ([limit, , ...rest]) => [limit as Ix, unitPrice(100_000), ...rest]
    const { studio, sent } = await studioWith({ change }, { method: { maxPriorityFee: 99_999 } })
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({
      code: 'wallet_not_supported',
    })
    expect(sent()).toEqual([])
  })

  it('that a person refuses is not asked again', async () => {
    const refusal = Object.assign(new Error('User rejected'), { code: 4001 })
    const { studio, prompts, sent } = await studioWith({
      answer: () => {
        throw refusal
      },
    })
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({ code: 'wallet_rejected' })
    expect(prompts.payments).toBe(1)
    expect(sent()).toEqual([])
  })

  it('that signs another text does not sign in', async () => {
    for (const message of [
      (one: { signedMessage: Uint8Array }) => [{ ...one, signedMessage: one.signedMessage.slice(1) }],
      (one: { signature: Uint8Array }) => [{ ...one, signature: new Uint8Array(64) }],
      (one: { signature: Uint8Array }) => [{ ...one, signature: one.signature.slice(1) }],
    ] as Behaviour['message'][]) {
      const { studio, sandbox } = await studioWith({ message })
      const error = await played(failure(studio.run(operation, input)))
      expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_failed', payment: 'settled' })
      expect(sandbox.settlements()).toHaveLength(1)
    }
  })
})

describe('an answer that comes late', () => {
  it('is thrown away: what it signed could no longer settle in time', async () => {
    const { studio, sandbox, sent, prompts } = await studioWith({
      wait: () => new Promise((done) => setTimeout(done, 20_000)),
    })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_timeout', payment: 'none' })
    await pass(60_000)
    expect(sent()).toEqual([])
    expect(sandbox.settlements()).toEqual([])
    expect(prompts.payments).toBe(1)
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('is thrown away by the service’s clock, too', async () => {
    // Timers of a page in the background stand still; the time passes all the same.
    const wait = async () => void vi.setSystemTime(Date.now() + 16_000)
    const world = await studioWith({ wait })
    const error = await played(failure(world.studio.run(operation, input)))
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_timeout',
      payment: 'signed',
      safeToRetry: true,
    })
    expect(world.sent()).toEqual([])
    expect(await all(world.studio.payments())).toMatchObject([{ state: 'released' }])
  })
})

describe('an approval that takes its time', () => {
  const slowly = (ms: number) => () => new Promise<boolean>((done) => setTimeout(() => done(true), ms))

  it('is followed by a new offer, and its blockhash is signed', async () => {
    const blockhashes: string[] = []
    const { studio, sandbox, signed } = await createSolanaStudio({
      client: { approve: slowly(90_000) },
      answer: withOffer((offer) => blockhashes.push(offer.extra.recentBlockhash)),
    })
    await played(studio.submit(operation, input))
    expect(blockhashes).toHaveLength(2)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(signed.payments).toHaveLength(1)
  })

  it('of three seconds is followed by a new offer if a person is to confirm it: they get the whole time', async () => {
    for (const [prompts, offers] of [
      [false, 1],
      [true, 2],
    ] as const) {
      let seen = 0
      const options = {
        client: { approve: slowly(3_000) },
        answer: withOffer(() => {
          seen += 1
        }),
      }
      const { studio } = prompts ? await studioWith({}, options) : await createSolanaStudio(options)
      await played(studio.submit(operation, input))
      expect(seen).toBe(offers)
    }
  })

  it.each<[string, Record<string, unknown>]>([
    ['another price', { amount: '160000' }],
    ['another payee', { payTo: 'CktRuQ2mttgRGkXJtyksdKHjUdc2C4TgDzyB98oEzy8' }],
  ])('is not one for %s', async (_what, change) => {
    let offers = 0
    const { studio, signed, sandbox } = await createSolanaStudio({
      client: { approve: slowly(90_000), origin: 'https://stablestudio.dev', payees: undefined },
      answer: withOffer((offer) => {
        offers += 1
        if (offers > 1) Object.assign(offer, change)
      }),
    })
    const error = (await played(failure(studio.submit(operation, input)))) as { code: string }
    expect(['price_changed', 'payee_changed']).toContain(error.code)
    expect(signed.payments).toEqual([])
    expect(sandbox.settlements()).toEqual([])
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })
})

it('the message of a payment has the payer’s own memo: two equal payments are two transactions', () => {
  const payment = {
    payer: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi',
    feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
    payTo: 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c',
    mint: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
    amount: 1n,
    blockhash: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
  }
  const [one, other] = ['a', 'b'].map((digit) => paymentMessage({ ...payment, memo: digit.repeat(32) }))
  expect(one).not.toEqual(other)
})
