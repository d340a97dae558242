// One purchase: what is asked, checked again and signed once when offers, keys and turns come in between.
import { describe, expect, it } from 'vitest'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import type { PaymentMethod } from '../../../src/methods/method.ts'
import { x402 } from '../../../src/methods/x402/x402.ts'
import { buy, type Order } from '../../../src/payment/buy.ts'
import { inputHashOf } from '../../../src/payment/pay.ts'
import { generationRequest } from '../../../src/payment/price.ts'
import { settleAs } from '../../../src/payment/settle.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { failure } from '../../support/studio.ts'
import { accepted, callOf, challenge, createTill, openAttempt, operation, rejected, request } from './kit.ts'

useTestClock()

const asked = (prompt: string): Order => ({
  request: generationRequest(operation, { ...request.input, prompt }),
})
const refused = 'invalid_exact_evm_payload_authorization_value'

describe('buy', () => {
  it('asks once, pays once', async () => {
    const till = createTill()
    const { record, paidNow } = await buy(till.context, { request }, callOf())
    expect([record.jobId, paidNow]).toEqual(['cjob1', true])
    expect(till.sent.map(({ payment }) => payment !== null)).toEqual([false, true])
    expect(till.sent.map(({ body }) => body)).toEqual([request.body, request.body])
  })

  it('needs a wallet before it asks for anything', async () => {
    const context = contextOf({ fetch: () => expect.fail('asked') })
    expect(await failure(buy(context, { request }, callOf()))).toMatchObject({ code: 'wallet_missing' })
  })

  it('asks nothing of an operation without a list price unless maxPrice is given', async () => {
    const till = createTill()
    const order: Order = { request: generationRequest('tomorrow/generate', {}) }
    expect(await failure(buy(till.context, order, callOf()))).toMatchObject({ code: 'max_price_required' })
    expect(till.sent).toEqual([])
  })

  it('signs nothing for an offer that its last look refuses', async () => {
    const till = createTill()
    const no = new Error('another price than was quoted')
    const check = () => {
      throw no
    }
    expect(await failure(buy(till.context, { request, check }, callOf()))).toBe(no)
    expect([till.wallet.signed.payments, till.told('payment.reserved')]).toEqual([[], []])
  })

  it('gets no turn in its time, and has asked nothing', async () => {
    const till = createTill({ concurrency: { payments: 1 } })
    till.service.quote = () => new Promise(() => {})
    const stuck = failure(buy(till.context, asked('stuck'), callOf({ timeout: 20_000 })))
    await pass(100)
    const late = failure(buy(till.context, asked('late'), callOf({ timeout: 2_000 })))
    expect(await played(late)).toMatchObject({ code: 'timeout', payment: 'none', safeToRetry: true })
    expect(till.sent).toHaveLength(1)
    await played(stuck)
  })

  it('with a key pays again only where what was bought is not good any more', async () => {
    const till = createTill()
    const idempotencyKey = 'bytes'
    const earlier = await openAttempt(till, { idempotencyKey })
    await till.context.ledger.claimKey(idempotencyKey, inputHashOf(request), earlier.record.id)
    await settleAs(till.context, earlier, { jobId: 'cjob0' })
    const isUsable = (record: AttemptRecord) => record.jobId !== 'cjob0'
    const kept = await buy(till.context, { request }, callOf({ idempotencyKey }))
    expect(kept).toMatchObject({ paidNow: false, record: { jobId: 'cjob0' } })
    const again = await buy(till.context, { request, isUsable }, callOf({ idempotencyKey }))
    expect(again).toMatchObject({ paidNow: true, record: { jobId: 'cjob1' } })
    expect((await buy(till.context, { request, isUsable }, callOf({ idempotencyKey }))).paidNow).toBe(false)
    expect(till.paid()).toHaveLength(1)
  })

  it('ends with what another process made of its attempt', async () => {
    const till = createTill({
      approve: async ({ attemptId }) => {
        const other = await till.context.ledger.find(attemptId)
        if (other) await settleAs(till.context, other, { jobId: 'cjob9' })
        return true
      },
    })
    expect((await buy(till.context, { request }, callOf())).record.jobId).toBe('cjob9')
    expect(till.paid()).toEqual([])
  })

  it('whose attempt another process has sent says that it is not known', async () => {
    const till = createTill({
      approve: async ({ attemptId }) => {
        const other = await till.context.ledger.find(attemptId)
        return (await other?.update({ state: 'sent' })) ?? false
      },
    })
    const error = await failure(buy(till.context, { request }, callOf()))
    expect(error).toMatchObject({ code: 'payment_unknown', payment: 'unknown' })
    expect(till.paid()).toEqual([])
  })
})

describe('a kept offer', () => {
  /** A till that keeps offers, after one payment. */
  async function createKeeping(second?: PaymentMethod) {
    const payWith = second ? [x402(), second] : undefined
    const till = createTill({ reuseOffers: true, ...(payWith && { payWith }) })
    await buy(till.context, asked('one'), callOf())
    till.sent.length = 0
    let jobs = 1
    till.service.pay = ({ body }) => {
      jobs += 1
      return body.includes('dear') && jobs === 2 ? rejected(refused) : accepted(`cjob${jobs}`)
    }
    return till
  }

  it('is paid without asking', async () => {
    const till = await createKeeping()
    await buy(till.context, asked('two'), callOf())
    expect(till.sent).toHaveLength(1)
  })

  it('is checked for each call like a fresh one, before anything is signed', async () => {
    const till = await createKeeping()
    const error = await failure(buy(till.context, asked('two'), callOf({ maxPrice: '0.10' })))
    expect(error).toMatchObject({ code: 'price_above_max', payment: 'none' })
    expect(till.sent).toEqual([])
  })

  it('that is refused for its price is asked for anew, and paid with another signature', async () => {
    const till = await createKeeping()
    const { record } = await buy(till.context, asked('dear'), callOf())
    expect(record.jobId).toBe('cjob3')
    expect(till.sent.map(({ payment }) => payment !== null)).toEqual([true, false, true])
    expect(new Set(till.paid().map(({ payment }) => payment)).size).toBe(2)
  })

  it('gives the new price no way around maxPrice and the caller’s own check', async () => {
    const changed = new Error('another price than was quoted')
    const check: Order['check'] = ({ offer }) => {
      if (offer.amount > 180_000n) throw changed
    }
    for (const [options, more, expected] of [
      [{ maxPrice: '0.18' }, {}, { code: 'price_above_max' }],
      [{}, { check }, changed],
    ] as const) {
      const till = await createKeeping()
      till.service.quote = ({ path }) => challenge({ amount: '200000' }, path)
      const error = await failure(buy(till.context, { ...asked('dear'), ...more }, callOf(options)))
      expect(error).toMatchObject(expected)
      expect(till.paid()).toHaveLength(1)
    }
  })

  it('that is refused is not paid by another protocol behind the caller’s back', async () => {
    const usual = x402()
    const other: PaymentMethod = {
      ...usual,
      id: 'other',
      protocol: 'other',
      select(offered) {
        const selected = usual.select(offered)
        return selected && { ...selected, offer: { ...selected.offer, protocol: 'other' } }
      },
    }
    const till = await createKeeping(other)
    till.service.quote = () => {
      const { headers } = challenge()
      return new Response(null, { status: 402, headers })
    }
    const { payWith } = till.context
    // The service offers the first protocol no more.
    Object.assign(payWith[0] as PaymentMethod, { select: () => undefined })
    const error = await failure(buy(till.context, asked('dear'), callOf()))
    expect(error).toMatchObject({ code: 'no_usable_offer', payment: 'none' })
    expect(till.paid()).toHaveLength(1)
  })

  it('that is refused for another reason ends the call', async () => {
    const till = await createKeeping()
    till.service.pay = () => rejected('insufficient_funds')
    expect(await failure(buy(till.context, asked('two'), callOf()))).toMatchObject({ category: 'funds' })
    expect(till.sent).toHaveLength(1)
  })
})
