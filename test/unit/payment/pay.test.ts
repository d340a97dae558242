// One attempt from the reserved amount to its end: what is written, signed and sent, and in which order.
import { describe, expect, it } from 'vitest'
import type { RunOptions } from '../../../src/call.ts'
import { createAttemptId } from '../../../src/ledger/attempt.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { type Payment, reserve } from '../../../src/payment/authorize.ts'
import { complete, inputHashOf, pay } from '../../../src/payment/pay.ts'
import { askPrice } from '../../../src/payment/price.ts'
import type { Json } from '../../../src/types.ts'
import { played, useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import {
  callOf,
  createTill,
  input,
  openAttempt,
  recordOf,
  rejected,
  request,
  type Till,
  transaction,
} from './kit.ts'

useTestClock()

/** A payment whose amount is set aside. */
async function reserved({ context }: Till, options: RunOptions = {}): Promise<Payment> {
  const call = callOf(options)
  const priced = await askPrice(context, request, call.deadline, undefined)
  const payment = await reserve(context, request, priced, call)
  if (payment.kind !== 'payment') throw new Error('taken')
  return payment
}

/** A store that refuses to write records of one state. */
function refusing(state: { name?: string }): PaymentStore {
  const store = memoryStore()
  return {
    ...store,
    async set(key: string, value: Json, expected: string | undefined) {
      if (state.name && JSON.stringify(value).includes(`"state":"${state.name}"`))
        throw new Error('disk full')
      return store.set(key, value, expected)
    },
  }
}

describe('pay', () => {
  it('has the signature, and then the departure, in the store before the request leaves', async () => {
    const states: string[] = []
    const store = memoryStore()
    const noting: PaymentStore = {
      ...store,
      async set(key, value, expected) {
        const [, state] = /"state":"(\w+)"/.exec(JSON.stringify(value)) ?? []
        if (state && state !== states.at(-1)) states.push(state)
        return store.set(key, value, expected)
      },
    }
    const till = createTill({ store: noting })
    const accept = till.service.pay
    till.service.pay = (sent) => {
      states.push('(leaves)')
      return accept(sent)
    }
    const outcome = await pay(till.context, await reserved(till), undefined)
    expect(outcome).toMatchObject({ kind: 'settled', how: 'job-found', record: { receipt: { transaction } } })
    expect(states).toEqual(['reserved', 'signed', 'sent', '(leaves)', 'settled'])
    expect(till.paid()).toHaveLength(1)
  })

  it('claims its key before the wallet is asked; who comes second signs nothing', async () => {
    const till = createTill()
    const payment = await reserved(till, { idempotencyKey: 'order-1' })
    await till.context.ledger.claimKey('order-1', inputHashOf(request), 'att_other')
    expect(await pay(till.context, payment, undefined)).toEqual({ kind: 'taken' })
    expect(till.wallet.signed.payments).toEqual([])
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'released' })
  })

  it('takes the place of an attempt that is over under the same key, and of no other', async () => {
    const till = createTill()
    const over = createAttemptId()
    await till.context.ledger.claimKey('order-1', inputHashOf(request), over)
    const payment = await reserved(till, { idempotencyKey: 'order-1' })
    expect(await pay(till.context, payment, over)).toMatchObject({ kind: 'settled' })
    expect(await till.context.ledger.findKey('order-1')).toMatchObject({
      attemptId: payment.handle.record.id,
    })
  })

  it('does not send what another process has taken while the wallet was asked', async () => {
    const till = createTill({
      approve: async ({ attemptId }) => {
        const other = await till.context.ledger.find(attemptId)
        return (await other?.update({ state: 'released' })) ?? false
      },
    })
    expect(await pay(till.context, await reserved(till), undefined)).toEqual({ kind: 'taken' })
    expect(till.paid()).toEqual([])
  })
})

describe('complete', () => {
  it('calls a refusal one only when it could write it down: else recover() would pay behind the caller', async () => {
    const state: { name?: string } = {}
    const till = createTill({ store: refusing(state) }, { pay: () => rejected('insufficient_funds') })
    const payment = await reserved(till)
    state.name = 'rejected'
    const error = await played(failure(pay(till.context, payment, undefined)))
    expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown', safeToRetry: false })
    expect(till.told('payment.rejected')).toEqual([])
  })

  it('says of a refusal that nothing was charged, frees the amount and forgets the signature', async () => {
    const till = createTill({ limits: { total: '0.17' } }, { pay: () => rejected('insufficient_funds') })
    const payment = await reserved(till)
    const error = await failure(pay(till.context, payment, undefined))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', payment: 'rejected', category: 'funds' })
    const record = await recordOf(till, payment.handle)
    expect([record.state, record.request]).toEqual(['rejected', undefined])
    await reserved(till)
  })

  it('of a refusal that repeats prompt and payment shows neither', async () => {
    const pay402 = ({ payment: sent }: { payment: string | null }) =>
      rejected(`insufficient_funds ${input.prompt} ${sent}`)
    const till = createTill({}, { pay: pay402 })
    const error = (await failure(pay(till.context, await reserved(till), undefined))) as Error
    const shown = JSON.stringify([error, error.message, error.stack, till.told('payment.rejected')])
    expect(shown).not.toContain(input.prompt)
    expect(shown).not.toContain(till.paid()[0]?.payment?.slice(0, 40))
  })

  it('that finds the payment dead says so, not that it is unknown', async () => {
    const till = createTill({}, { pay: () => new Response('busy', { status: 503 }) })
    const payment = await reserved(till, { timeout: 600_000 })
    const error = await played(failure(pay(till.context, payment, undefined)))
    expect(error).toMatchObject({ reason: 'authorization_expired', payment: 'rejected', safeToRetry: true })
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'released' })
    expect(payment.call.trace).toMatchObject({ payment: 'none' })
  })

  it('with a store that breaks after the payment left says that it is not decided, not that it may be made anew', async () => {
    const state: { name?: string } = {}
    const till = createTill({ store: refusing(state) })
    const payment = await reserved(till, { timeout: 20_000 })
    till.service.pay = () => {
      state.name = 'sent'
      return new Response('busy', { status: 503 })
    }
    const error = await played(failure(pay(till.context, payment, undefined)))
    expect(error).toMatchObject({
      name: 'PaymentUnknownError',
      payment: 'unknown',
      safeToRetry: false,
      attemptId: payment.handle.record.id,
      cause: { code: 'store_failed' },
    })
  })

  it('sends nothing when another process has moved the attempt', async () => {
    const till = createTill()
    const handle = await openAttempt(till, { state: 'signed' })
    const other = await till.context.ledger.find(handle.record.id)
    await other?.update({ state: 'sent' })
    expect(await complete(till.context, handle, callOf(), input)).toEqual({ kind: 'taken' })
    expect(till.paid()).toEqual([])
  })
})

describe('inputHashOf', () => {
  it('is the same for the same input in another order, and another for another operation', () => {
    const turned = { ...request, input: Object.fromEntries(Object.entries(input).reverse()) }
    expect(inputHashOf(turned)).toBe(inputHashOf(request))
    expect(inputHashOf({ ...request, operation: 'gpt-image-2/generate' })).not.toBe(inputHashOf(request))
    expect(inputHashOf({ ...request, input: { ...input, prompt: 'x' } })).not.toBe(inputHashOf(request))
  })

  it('goes by the identity where there is one: uploads have another address each time', () => {
    const uploaded = (url: string) => ({ ...request, input: { image: url }, identity: 'sha' })
    expect(inputHashOf(uploaded('https://a.example'))).toBe(inputHashOf(uploaded('https://b.example')))
  })
})
