// The same idempotencyKey is the same attempt: in one client, and in several on one store.

import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { all, createPair, failure, input, operation } from '../support/studio.ts'

useTestClock()

const options = { idempotencyKey: 'order-1' }

describe('idempotencyKey', () => {
  it('gives the second call the first one’s job', async () => {
    const { studio, second, sandbox } = createPair()
    const job = await played(studio.submit(operation, input, options))
    expect(await played(second.submit(operation, input, options))).toEqual(job)
    expect(await played(studio.submit(operation, input, options))).toEqual(job)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await all(studio.payments())).toMatchObject([{ idempotencyKey: 'order-1', state: 'settled' }])
  })

  it('pays once for twenty concurrent calls in two clients', async () => {
    const { studio, second, sandbox } = createPair()
    const calls = Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? studio : second).submit(operation, input, options),
    )
    const jobs = await played(Promise.all(calls))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
    const attempts = await all(studio.payments())
    expect(attempts.filter(({ state }) => state === 'settled')).toHaveLength(1)
    expect(attempts.every(({ state }) => state === 'settled' || state === 'released')).toBe(true)
  })

  it('is not refused by the limit that its own first call has used up', async () => {
    const { studio, second, sandbox } = createPair({ total: '0.17' })
    const calls = [studio, second, studio].map((one) => one.submit(operation, input, options))
    const jobs = await played(Promise.all(calls))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('refuses another input under the same key, before anything is sent', async () => {
    const { studio, sandbox } = createPair()
    await played(studio.submit(operation, input, options))
    const before = sandbox.requests().length
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'a dog' }, options)))
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'idempotency_conflict' })
    expect(sandbox.requests()).toHaveLength(before)
  })

  it('may be used again after a refusal that charged nothing', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    await played(failure(studio.submit(operation, input, options)))
    expect((await played(studio.submit(operation, input, options))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('goes on with an attempt whose answer was lost, without a second signature', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: 3 })
    const error = await played(failure(studio.submit(operation, input, { ...options, timeout: 5_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown', safeToRetry: true })
    const job = await played(second.submit(operation, input, options))
    expect(job.receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await all(studio.payments())).toHaveLength(1)
  })
})
