// Up to the signature: what may keep the wallet from being asked, and what becomes of the money that was set aside.
import { describe, expect, it, vi } from 'vitest'
import type { RunOptions } from '../../../src/call.ts'
import type { ClientOptions } from '../../../src/config.ts'
import { WalletError } from '../../../src/errors.ts'
import type { LateSignature, PaymentMethod, SignedPayment } from '../../../src/methods/method.ts'
import { x402 } from '../../../src/methods/x402/x402.ts'
import { authorize, type Payment, reserve } from '../../../src/payment/authorize.ts'
import { askPrice } from '../../../src/payment/price.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import { callOf, challenge, createTill, openAttempt, recordOf, request, type Till } from './kit.ts'

useTestClock()

async function priced({ context }: Till) {
  return askPrice(context, request, callOf().deadline, undefined)
}

async function reserved(till: Till, options: RunOptions = {}): Promise<Payment> {
  const payment = await reserve(till.context, request, await priced(till), callOf(options))
  if (payment.kind !== 'payment') throw new Error('taken')
  return payment
}

const signing = (till: Till, payment: Payment) => authorize(till.context, payment)

describe('reserve', () => {
  it('sets nothing aside by a clock that the service shows to be wrong', async () => {
    const till = createTill()
    const offer = await priced(till)
    till.context.clock.observe(
      new Headers({ date: new Date(Date.now() + 3_600_000).toUTCString() }),
      Date.now(),
    )
    const error = await failure(reserve(till.context, request, offer, callOf()))
    expect(error).toMatchObject({ code: 'clock_skewed', payment: 'none' })
    expect(till.told('payment.reserved')).toEqual([])
  })

  it('follows the key when the limit in its way may be the key’s own attempt', async () => {
    const till = createTill({ limits: { total: '0.17' } })
    const offer = await priced(till)
    const earlier = await openAttempt(till)
    const call = callOf({ idempotencyKey: 'order-1' })
    expect(await failure(reserve(till.context, request, offer, call))).toMatchObject({ code: 'limit_total' })
    await till.context.ledger.claimKey('order-1', 'hash', earlier.record.id)
    expect(await reserve(till.context, request, offer, call)).toEqual({ kind: 'taken' })
  })

  it.each([
    [true, undefined],
    [false, expect.objectContaining({ prompt: expect.any(String) })],
  ])('with keepRequests %s records hashes of the input only where it needs them', async (keep, hashes) => {
    const till = createTill({ keepRequests: keep })
    const { handle } = await reserved(till)
    expect(handle.record.inputHashes).toEqual(hashes)
    expect(JSON.stringify(handle.record)).not.toContain(request.input.prompt)
  })
})

describe('authorize', () => {
  it('records the signature before it hands it out', async () => {
    const till = createTill()
    const payment = await reserved(till)
    const header = await signing(till, payment)
    const record = await recordOf(till, payment.handle)
    expect(record).toMatchObject({ state: 'signed', request: { body: request.body, header } })
    expect(till.paid()).toEqual([])
  })

  it('with keepRequests false writes no signature down', async () => {
    const till = createTill({ keepRequests: false })
    const payment = await reserved(till)
    expect(await signing(till, payment)).toBeDefined()
    expect((await recordOf(till, payment.handle)).request).toBeUndefined()
  })

  it.each<[string, ClientOptions['approve']]>([
    ['false', () => false],
    ['a truthy answer', () => 1 as never],
    ['an error', () => Promise.reject(new Error('closed'))],
  ])('does not ask the wallet after %s, and gives the amount back', async (_name, approve) => {
    const till = createTill({ approve, limits: { total: '0.17' } })
    const payment = await reserved(till)
    expect(await failure(signing(till, payment))).toMatchObject({ code: 'approval_denied', payment: 'none' })
    expect(till.wallet.signed.payments).toEqual([])
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'released' })
    await reserved(till)
  })

  it('does not hand out a signature for what another process has released', async () => {
    const till = createTill()
    const payment = await reserved(till)
    const { prepared } = payment
    const stolen = async (...given: Parameters<typeof prepared.sign>) => {
      const signed = await prepared.sign(...given)
      await (await till.context.ledger.find(payment.handle.record.id))?.update({ state: 'released' })
      return signed
    }
    const header = await signing(till, { ...payment, prepared: { ...prepared, sign: stolen } })
    expect(header).toBeUndefined()
    expect((await recordOf(till, payment.handle)).request).toBeUndefined()
  })

  it('gives the amount back when the wallet refuses', async () => {
    const till = createTill()
    const payment = await reserved(till)
    const no = Object.assign(new Error('User rejected the request.'), { code: 4001 })
    const { prepared } = payment
    const refusing = { ...prepared, sign: () => Promise.reject(no) }
    expect(await failure(signing(till, { ...payment, prepared: refusing }))).toBe(no)
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'released' })
  })

  it('throws a signature away that comes after the call has ended', async () => {
    const till = createTill()
    const payment = await reserved(till, { timeout: 5_000 })
    const { prepared } = payment
    const slow = async (...given: Parameters<typeof prepared.sign>) => {
      const signed = await prepared.sign(...given)
      vi.setSystemTime(Date.now() + 6_000)
      return signed
    }
    const error = await failure(signing(till, { ...payment, prepared: { ...prepared, sign: slow } }))
    expect(error).toMatchObject({ code: 'timeout', payment: 'signed', safeToRetry: true })
    const record = await recordOf(till, payment.handle)
    expect([record.state, record.request]).toEqual(['released', undefined])
  })

  it('signs a younger payment when the approval took its time, recorded under its own nonce', async () => {
    const till = createTill({
      approve: async () => {
        await new Promise((resolve) => setTimeout(resolve, 100_000))
        return true
      },
    })
    const payment = await reserved(till)
    const { nonce, validBefore } = payment.handle.record
    await played(signing(till, payment))
    const record = await recordOf(till, payment.handle)
    expect(record.nonce).not.toBe(nonce)
    expect(record.validBefore).toBeGreaterThan(validBefore + 90)
    expect(till.wallet.signed.payments).toMatchObject([
      { message: { nonce: record.nonce, validBefore: BigInt(record.validBefore) } },
    ])
  })

  it('pins the payee that it pays', async () => {
    const origin = 'https://staging.example'
    const till = createTill({ origin, baseUrl: origin }, { quote: ({ path }) => challenge({}, path, origin) })
    const payment = await reserved(till)
    expect(await till.context.ledger.pinnedPayee('eip155:8453')).toBeUndefined()
    await signing(till, payment)
    expect(await till.context.ledger.pinnedPayee('eip155:8453')).toBe(payment.handle.record.payTo)
  })
})

describe('a payment whose money moves when it is signed', () => {
  /** A till whose method pays so, by what a test does in place of the signature. */
  function createFinal(sign: (late: LateSignature | undefined) => Promise<SignedPayment>) {
    const usual = x402()
    const method: PaymentMethod = {
      ...usual,
      select(challenge) {
        const selected = usual.select(challenge)
        if (!selected) return undefined
        const prepare: typeof selected.prepare = (...given) => ({
          ...selected.prepare(...given),
          final: true,
          sign: (_deadline, late) => sign(late),
        })
        return { ...selected, prepare }
      },
    }
    return createTill({ payWith: [method] })
  }
  const signed: SignedPayment = { header: ['PAYMENT-SIGNATURE', 'push'], transaction: '0xabc' }

  it('is recorded as sent before the wallet is asked', async () => {
    const seen: unknown[] = []
    const till: Till = createFinal(async () => {
      seen.push((await recordOf(till, payment.handle)).state)
      return signed
    })
    const payment = await reserved(till)
    expect(await signing(till, payment)).toEqual(signed.header)
    expect(seen).toEqual(['sent'])
    expect(await recordOf(till, payment.handle)).toMatchObject({
      final: true,
      receipt: { transaction: '0xabc' },
    })
  })

  it('that the wallet surely did not make gives its amount back', async () => {
    const no = new WalletError('No.', { code: 'wallet_rejected', phase: 'sign', payment: 'none' })
    const till = createFinal(() => Promise.reject(no))
    const payment = await reserved(till)
    expect(await failure(signing(till, payment))).toBe(no)
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'released' })
  })

  it.each([
    new TypeError('fetch failed'),
    new WalletError('Late.', { code: 'wallet_timeout', phase: 'sign', payment: 'unknown' }),
  ])('that may have been made is never given back: %s', async (thrown) => {
    const till = createFinal(() => Promise.reject(thrown))
    const payment = await reserved(till)
    const error = await failure(signing(till, payment))
    expect(error).toMatchObject({ code: 'payment_unknown', payment: 'unknown', safeToRetry: false })
    expect(await recordOf(till, payment.handle)).toMatchObject({ state: 'unknown', final: true })
    expect(await till.context.ledger.close(payment.handle, 'released')).toBe(false)
  })

  it.each([
    ['made', signed, { state: 'unknown', final: true, receipt: { transaction: '0xabc' } }],
    ['refused', undefined, { state: 'released' }],
  ])('that was %s after the call had ended is kept as what it was', async (_name, late, expected) => {
    let tell: LateSignature | undefined
    const till = createFinal((heard) => {
      tell = heard
      return Promise.reject(new TypeError('too late'))
    })
    const payment = await reserved(till)
    await failure(signing(till, payment))
    tell?.(late)
    await pass(100)
    expect(await recordOf(till, payment.handle)).toMatchObject(expected)
  })
})
