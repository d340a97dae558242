// Booking what turned out to be paid: nothing that was paid for is withheld, and nothing is taken that is not ours.
import { describe, expect, it, vi } from 'vitest'
import type { Json, PaymentStore } from '../../../src/index.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import { isOurs, settleAs, settledJob } from '../../../src/payment/settle.ts'
import { pass, played, useTestClock } from '../../support/clock.ts'
import { createTill, openAttempt, recordOf, transaction } from './kit.ts'

useTestClock()

/** A store whose writes a test can break. */
function breakable() {
  const store = memoryStore()
  const writes: string[] = []
  const state: { fail: (key: string) => Promise<void> | void } = { fail: () => {} }
  const broken: PaymentStore = {
    ...store,
    async set(key: string, value: Json, expected: string | undefined) {
      writes.push(key)
      await state.fail(key)
      return store.set(key, value, expected)
    },
  }
  return { store: broken, writes, state }
}

describe('settleAs', () => {
  it('compares what was sent with an unusual poll URL only: the cost of that is many times a payment', async () => {
    const till = createTill()
    const recent = vi.spyOn(till.context.secrets, 'recent')
    const usual = `${till.context.origin}/api/jobs/cjob1`
    await settleAs(till.context, await openAttempt(till), { jobId: 'cjob1', pollUrl: usual })
    await settleAs(till.context, await openAttempt(till), {
      jobId: 'cjob2',
      pollUrl: 'https://elsewhere.example',
    })
    expect(recent).not.toHaveBeenCalled()
    await settleAs(till.context, await openAttempt(till), { jobId: 'cjob3', pollUrl: `${usual}?as=cjob3` })
    expect(recent).toHaveBeenCalledOnce()
  })

  it('binds the job before it calls the attempt settled: a crash between leaves it recoverable', async () => {
    const { store, writes } = breakable()
    const till = createTill({ store })
    const handle = await openAttempt(till)
    writes.length = 0
    await settleAs(till.context, handle, { jobId: 'cjob1' }, transaction)
    expect(writes.indexOf('job/cjob1')).toBe(0)
    expect(await recordOf(till, handle)).toMatchObject({ state: 'settled', jobId: 'cjob1' })
  })

  it('forgets the signed payment', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await settleAs(till.context, handle, { jobId: 'cjob1' })
    expect((await recordOf(till, handle)).request).toBeUndefined()
  })

  it('hands out what was paid for though the store fails, and tries to write once more', async () => {
    const { store, writes, state } = breakable()
    const till = createTill({ store })
    const handle = await openAttempt(till)
    state.fail = () => Promise.reject(new Error('disk full'))
    writes.length = 0
    const record = await settleAs(till.context, handle, { jobId: 'cjob1' }, transaction)
    expect(record).toMatchObject({ state: 'settled', jobId: 'cjob1', receipt: { transaction } })
    expect(writes.filter((key) => key === 'job/cjob1')).toHaveLength(2)
    state.fail = () => {}
    expect(await recordOf(till, handle)).toMatchObject({ state: 'unknown' })
  })

  it('does not ask a store again that hangs', async () => {
    const { store, writes, state } = breakable()
    const till = createTill({ store })
    const handle = await openAttempt(till)
    state.fail = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      throw new Error('no answer')
    }
    writes.length = 0
    await played(settleAs(till.context, handle, { jobId: 'cjob1' }))
    expect(writes.filter((key) => key === 'job/cjob1')).toHaveLength(1)
  })

  it('keeps the transaction of an earlier answer where this one names none', async () => {
    const till = createTill()
    const receipt = { usd: '0.17', amount: '170000', network: 'x', asset: 'x', payer: 'x', payTo: 'x' }
    const handle = await openAttempt(till, { receipt: { ...receipt, transaction, settledAt: 'x' } })
    expect((await settleAs(till.context, handle, { jobId: 'cjob1' })).receipt).toMatchObject({ transaction })
  })

  it('leaves a pollUrl out that repeats what was sent', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    const [, payment] = handle.record.request?.header ?? ['', '']
    till.context.secrets.add({ 'PAYMENT-SIGNATURE': payment })
    const pollUrl = `https://stablestudio.dev/api/jobs/cjob1?p=${payment}`
    const record = await settleAs(till.context, handle, { jobId: 'cjob1', pollUrl })
    expect(JSON.stringify(record)).not.toContain(pollUrl)
  })

  it('tells of the payment and of the job, once each', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await settleAs(till.context, handle, { jobId: 'cjob1' }, transaction)
    expect(till.told('payment.settled')).toMatchObject([{ usd: '0.17', transaction }])
    expect(till.told('job.created')).toMatchObject([{ jobId: 'cjob1', attemptId: handle.record.id }])
  })
})

describe('settledJob', () => {
  it.each([
    'https://evil.example/api/jobs/cjob1',
    'https://stablestudio.dev.evil.example/jobs/cjob1',
    'javascript:alert(1)',
    undefined,
  ])('names the service’s own address of the job, not %s', async (pollUrl) => {
    const till = createTill()
    const record = await settleAs(till.context, await openAttempt(till), { jobId: 'cjob1', pollUrl })
    expect(settledJob(till.context, record)?.pollUrl).toBe('https://stablestudio.dev/api/jobs/cjob1')
  })

  it('is none for what is not settled, or bought no job', async () => {
    const till = createTill()
    const { record } = await openAttempt(till, { jobId: 'cjob1' })
    expect(settledJob(till.context, record)).toBeUndefined()
    expect(settledJob(till.context, { ...record, state: 'settled', jobId: undefined })).toBeUndefined()
  })

  it('dates from when the service made it, not from when it was asked for', async () => {
    const till = createTill()
    const handle = await openAttempt(till)
    await pass(1_000)
    const jobCreatedAt = new Date().toISOString()
    const record = await settleAs(till.context, handle, { jobId: 'cjob1', jobCreatedAt })
    expect(settledJob(till.context, record)?.createdAt).toBe(jobCreatedAt)
  })
})

describe('isOurs', () => {
  it('is no attempt of another wallet or another service', async () => {
    const till = createTill()
    const { record } = await openAttempt(till)
    expect(isOurs(till.context, record)).toBe(true)
    expect(isOurs(till.context, { ...record, payer: record.payer.toUpperCase() })).toBe(true)
    expect(isOurs(till.context, { ...record, payer: record.payTo })).toBe(false)
    expect(isOurs(till.context, { ...record, origin: 'https://staging.stablestudio.dev' })).toBe(false)
  })
})
