// The errors that end a paid call: what they say of the money, and where they lead.
import { describe, expect, it } from 'vitest'
import type { StableStudioError } from '../../../src/errors.ts'
import type { HttpAnswer } from '../../../src/internal/http.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import {
  deadError,
  deliveryLost,
  noSlot,
  rejectedError,
  undecidedError,
} from '../../../src/payment/errors.ts'
import { expectSafeAdvice } from '../../support/advice.ts'
import { useTestClock } from '../../support/clock.ts'
import { callOf, createTill, input, openAttempt, transaction } from './kit.ts'

useTestClock()

const recordWith = async (change: Partial<AttemptRecord> = {}) =>
  (await openAttempt(createTill(), change)).record
const receipt = {
  usd: '0.17',
  amount: '170000',
  network: 'x',
  asset: 'x',
  payer: 'x',
  payTo: 'x',
  transaction,
}
const paid = { final: true, receipt: { ...receipt, settledAt: 'x' } } as const
const upload = { path: '/api/upload', operation: 'upload' }

function answer(status: number, body: unknown): HttpAnswer {
  const text = JSON.stringify(body)
  const bytes = new TextEncoder().encode(text)
  return { kind: 'answer', status, headers: new Headers(), bytes, text: () => text, json: () => body }
}

describe('a payment that is not decided', () => {
  it.each<[string, Partial<AttemptRecord>, Partial<StableStudioError>]>([
    ['is unknown', {}, { payment: 'unknown', safeToRetry: false }],
    ['with a key', { idempotencyKey: 'order-1' }, { payment: 'unknown', safeToRetry: true }],
    ['with a receipt is settled', paid, { payment: 'settled', safeToRetry: false }],
    ['of an upload', upload, { payment: 'unknown', safeToRetry: false }],
  ])('%s, and never leads to paying anew', async (_name, change, facts) => {
    const record = await recordWith(change)
    const error = undecidedError(record, 'HTTP 503', callOf(), new Error('cause'))
    expect(error).toMatchObject({ ...facts, attemptId: record.id, cause: { message: 'cause' } })
    expectSafeAdvice(error)
  })

  it('names the transaction where it is known', async () => {
    expect(undecidedError(await recordWith(paid), 'HTTP 503', callOf()).details).toContain(transaction)
  })

  it('of an aborted call is the abort, with the attempt', async () => {
    const record = await recordWith()
    const error = undecidedError(record, 'cut', callOf({ signal: AbortSignal.abort('enough') }))
    expect(error).toMatchObject({
      code: 'aborted',
      cause: 'enough',
      payment: 'unknown',
      attemptId: record.id,
    })
    expectSafeAdvice(error)
  })
})

describe('what was paid and cannot be delivered', () => {
  it.each([
    ['a job', {}],
    ['an upload', upload],
  ])('%s counts as spent, and is not safe to retry', async (_name, change) => {
    const error = deliveryLost(await recordWith({ ...change, ...paid }))
    expect(error).toMatchObject({ code: 'delivery_lost', payment: 'settled', safeToRetry: false })
    expect(error.details).toContain('$0.17')
    expect(error.details).toContain(transaction)
  })
})

describe('a refusal', () => {
  it('of the payment keeps its reason and category, and shows nothing of the input', async () => {
    const verdict = { kind: 'rejected', reason: 'insufficient_funds', category: 'funds' } as const
    const said = answer(402, { error: `no funds for ${input.prompt}`, reason: 'insufficient_funds' })
    const error = rejectedError(await recordWith(), verdict, said, { secrets: [input.prompt] })
    expect(error).toMatchObject({ reason: 'insufficient_funds', category: 'funds', payment: 'rejected' })
    expect(JSON.stringify([error, error.message])).not.toContain(input.prompt)
  })

  it('of the input is an InvalidInputError with the service’s issues, after nothing was charged', async () => {
    const said = answer(400, { issues: [{ path: ['prompt'], message: `is bad: ${input.prompt}` }] })
    const error = rejectedError(await recordWith(), { kind: 'invalid' }, said, { secrets: [input.prompt] })
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'rejected', safeToRetry: true })
    expect(error).toMatchObject({ issues: [{ path: 'prompt' }] })
    expect(JSON.stringify([error, error.message])).not.toContain(input.prompt)
  })
})

it('what charged nothing is safe to call again', async () => {
  expect(deadError(await recordWith())).toMatchObject({ payment: 'rejected', safeToRetry: true })
  expect(noSlot()).toMatchObject({ payment: 'none', safeToRetry: true })
})
