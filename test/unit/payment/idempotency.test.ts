// The same key is the same attempt: who comes later follows it, whatever became of the process that began it.
import { describe, expect, it } from 'vitest'
import type { AttemptHandle } from '../../../src/ledger/attempt.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import { followKey } from '../../../src/payment/idempotency.ts'
import { inputHashOf } from '../../../src/payment/pay.ts'
import { generationRequest } from '../../../src/payment/price.ts'
import { settleAs } from '../../../src/payment/settle.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import { callOf, createTill, job, openAttempt, operation, recordOf, request, type Till } from './kit.ts'

useTestClock()

const idempotencyKey = 'order-1'

/** An attempt that the key stands for. */
async function begun(till: Till, change: Partial<AttemptRecord>): Promise<AttemptHandle> {
  const handle = await openAttempt(till, { idempotencyKey, ...change })
  await till.context.ledger.claimKey(idempotencyKey, inputHashOf(request), handle.record.id)
  return handle
}

const follow = (till: Till, call = callOf({ idempotencyKey })) => followKey(till.context, request, call)

describe('a key', () => {
  it('that is not given, or stands for nothing yet, is free', async () => {
    const till = createTill()
    expect(await follow(till, callOf())).toEqual({ kind: 'free' })
    expect(await follow(till)).toEqual({ kind: 'free' })
  })

  it('of another input is refused before anything is asked', async () => {
    const till = createTill()
    await begun(till, {})
    const other = generationRequest(operation, { prompt: 'another' })
    const error = await failure(followKey(till.context, other, callOf({ idempotencyKey })))
    expect(error).toMatchObject({ code: 'idempotency_conflict', payment: 'none', safeToRetry: false })
    expect(till.sent).toEqual([])
  })

  it('of a settled attempt leads to what it bought', async () => {
    const till = createTill()
    const handle = await begun(till, {})
    await settleAs(till.context, handle, { jobId: 'cjob1' })
    expect(await follow(till)).toMatchObject({ kind: 'settled', record: { jobId: 'cjob1' } })
    expect(till.sent).toEqual([])
  })

  it.each(['rejected', 'released'] as const)('of a %s attempt is free, in its place', async (state) => {
    const till = createTill()
    const handle = await begun(till, { state })
    expect(await follow(till)).toEqual({ kind: 'free', instead: handle.record.id })
  })
})

describe('an attempt that another process works on', () => {
  it('is waited for, and neither sent nor signed', async () => {
    const till = createTill()
    const handle = await begun(till, { state: 'sent', inFlightUntil: Date.now() + 8_000 })
    const following = follow(till)
    await pass(3_000)
    const worker = await till.context.ledger.find(handle.record.id)
    if (worker) await settleAs(till.context, worker, { jobId: 'cjob1' })
    expect(await played(following)).toMatchObject({ kind: 'settled', record: { jobId: 'cjob1' } })
    expect(till.sent).toEqual([])
  })

  it('to the end of the call is not known, and nothing else may be paid for it', async () => {
    const till = createTill()
    await begun(till, { state: 'sent', inFlightUntil: Date.now() + 60_000 })
    const call = callOf({ idempotencyKey, timeout: 2_000 })
    expect(await played(failure(follow(till, call)))).toMatchObject({
      code: 'payment_unknown',
      safeToRetry: true,
    })
  })

  it('leaves an aborted call with the attempt in hand', async () => {
    const till = createTill()
    const { record } = await begun(till, { state: 'sent', inFlightUntil: Date.now() + 60_000 })
    const stop = new AbortController()
    const following = failure(follow(till, callOf({ idempotencyKey, signal: stop.signal })))
    await pass(1_000)
    stop.abort()
    expect(await following).toMatchObject({ code: 'aborted', payment: 'unknown', attemptId: record.id })
  })
})

describe('an attempt whose process is gone', () => {
  it.each([
    ['before the signature', { state: 'reserved', request: undefined, sentAt: undefined }],
    ['with a signature that was not kept', { state: 'signed', request: undefined, sentAt: undefined }],
    ['with one that has run out', { state: 'signed', sentAt: undefined, validBefore: 1 }],
  ] as const)('%s is given back: nothing can have left', async (_name, change) => {
    const till = createTill()
    const handle = await begun(till, change)
    expect(await follow(till)).toEqual({ kind: 'free', instead: handle.record.id })
    expect(await recordOf(till, handle)).toMatchObject({ state: 'released' })
    expect(till.sent).toEqual([])
  })

  it('after the signature is sent as it was signed: the wallet is not asked again', async () => {
    const till = createTill()
    const handle = await begun(till, { state: 'signed', sentAt: undefined })
    const [, payment] = handle.record.request?.header ?? []
    expect(await follow(till)).toMatchObject({ kind: 'settled', record: { jobId: 'cjob1' } })
    expect(till.paid()).toMatchObject([{ payment, body: request.body }])
    expect(till.wallet.signed.payments).toEqual([])
  })

  it.each(['sent', 'unknown'] as const)('after it was %s is looked for first', async (state) => {
    const till = createTill()
    await begun(till, { state })
    till.service.jobs = [job('cjob4')]
    expect(await follow(till)).toMatchObject({ kind: 'settled', how: 'job-found' })
    expect(till.paid()).toEqual([])
  })

  it('is taken over by one of two who come at once', async () => {
    const till = createTill()
    await begun(till, { state: 'signed', sentAt: undefined })
    const outcomes = await played(Promise.all([follow(till), follow(till)]))
    expect(outcomes).toMatchObject([{ record: { jobId: 'cjob1' } }, { record: { jobId: 'cjob1' } }])
    expect(till.paid()).toHaveLength(1)
  })

  it('that may have paid is told by every error from then on', async () => {
    const till = createTill()
    const { record } = await begun(till, { state: 'unknown' })
    const call = callOf({ idempotencyKey })
    const traced: unknown[] = []
    till.service.list = () => {
      traced.push({ ...call.trace })
      return Response.json({ items: [job('cjob1')] })
    }
    await follow(till, call)
    expect(traced).toMatchObject([{ payment: 'unknown', attemptId: record.id }])
  })
})
