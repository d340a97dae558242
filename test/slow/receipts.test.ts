// A receipt of success is the best evidence there is: whatever the status of its answer, the money counts as spent, the
// transaction is kept, and the job is looked for.
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { isStableStudioError, type StableStudioError } from '../../src/errors.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { expectSafeAdvice } from '../support/advice.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'

useTestClock()

const forEver = Number.POSITIVE_INFINITY
const delivering = [200, 201, 202, 203]
const refusing = [400, 401, 402, 403, 404, 409, 410, 422, 429, 500, 502, 503, 520]

describe('a paid request that is answered with a receipt of success', () => {
  it.each([...delivering, ...refusing])('as %i is paid once, and its job is reached', async (status) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status })
    const image = await played(studio.run(operation, input))
    const [settlement] = sandbox.settlements()
    expect(sandbox.settlements()).toHaveLength(1)
    expect(image.receipt.transaction).toBe(settlement?.transaction)
    expect(await all(studio.payments())).toMatchObject([
      { state: 'settled', receipt: { transaction: settlement?.transaction } },
    ])
  })

  it.each(refusing)('as %i is never given back, even where its job cannot be found', async (status) => {
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio({ store, limits: { total: '0.20' } })
    sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status })
    sandbox.faults.add({ step: 'list', kind: 'status', times: forEver })
    const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
    const transaction = sandbox.settlements()[0]?.transaction
    expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'settled', safeToRetry: false })
    expect(error.message).toContain(transaction)
    expectSafeAdvice(error)
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({ code: 'limit_total' })
    // Another process, hours later.
    await pass(7_200_000)
    sandbox.faults.clear()
    const again = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    expect(await played(again.recover())).toMatchObject([
      { outcome: 'job-found', attempt: { state: 'settled', receipt: { transaction } } },
    ])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('for which there is no job at all stays spent, and is written off', async () => {
    const { studio, sandbox } = createStudio({
      limits: { total: '0.20' },
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        if (!new URL(String(target)).pathname.endsWith('/api/jobs')) return answer
        return answer.status === 200 ? Response.json({ items: [] }) : answer
      }),
    })
    sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status: 500 })
    const error = await played(failure(studio.submit(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ payment: 'settled' })
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    await pass(600_000)
    expect(await played(studio.recover())).toMatchObject([
      { outcome: 'written-off', attempt: { state: 'settled', receipt: { usd: '0.17' } } },
    ])
    expect(await played(studio.recover())).toEqual([])
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({ code: 'limit_total' })
  })

  it.each(['cut', 'truncated', 'wrong-type'] as const)(
    'whose body is %s counts as paid, too',
    async (kind) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'pay', kind })
      const { receipt } = await played(studio.run(operation, input))
      expect(receipt.transaction).toBe(sandbox.settlements()[0]?.transaction)
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each([201, 400, 403, 500])('of MPP, as %i, too', async (status) => {
    const { studio, sandbox, signed } = createTempoStudio()
    sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status })
    const { receipt } = await played(studio.run(operation, input))
    expect(receipt.transaction).toBe(sandbox.settlements()[0]?.transaction)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(signed.transactions).toHaveLength(1)
  })
})

describe('the transaction in a receipt', () => {
  const spoiled = [
    '0x12',
    `0x${'g'.repeat(64)}`,
    '<script>alert(1)</script>',
    '\u202e0xabc',
    'a'.repeat(20_000),
  ]

  it.each(spoiled)('is left out when it is no hash: %.20s', async (transaction) => {
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        const receipt = answer.headers.get('payment-response')
        if (!receipt) return answer
        const headers = new Headers(answer.headers)
        const said = { ...JSON.parse(atob(receipt)), transaction }
        headers.set('payment-response', Buffer.from(JSON.stringify(said)).toString('base64'))
        return new Response(await answer.text(), { status: answer.status, headers })
      }),
    })
    const settled: unknown[] = []
    studio.on('payment.settled', (event) => settled.push(event))
    const job = await played(studio.submit(operation, input))
    expect(job.receipt).not.toHaveProperty('transaction')
    const attempts = await all(studio.payments())
    expect(JSON.stringify([settled, attempts, job])).not.toContain(transaction.slice(0, 20))
  })
})

describe('a page', () => {
  const statuses = [200, 400, 401, 402, 403, 404, 410, 422, 429, 500, 503]

  it.each(statuses)(
    'with %i in place of the answer to a payment is no word of the service',
    async (status) => {
      const { studio, sandbox } = createStudio({ limits: { total: '0.20' } })
      sandbox.faults.add({ step: 'pay', kind: 'html', status })
      const outcome = await played(studio.submit(operation, input).catch((error: unknown) => error))
      expect(isStableStudioError(outcome) ? outcome.code : 'paid').toBe('paid')
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each(statuses)('with %i by an edge that passes no payment on rejects nothing', async (status) => {
    const { studio, sandbox } = createStudio({ limits: { total: '0.20' } })
    sandbox.faults.add({ step: 'pay', kind: 'page', status, times: forEver })
    const error = (await played(
      failure(studio.submit(operation, input, { timeout: 30_000 })),
    )) as StableStudioError
    expect(error).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown' })
    expectSafeAdvice(error)
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    sandbox.faults.clear()
    await pass(600_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it.each(statuses)('with %i as the price is no word of the service', async (status) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'quote', kind: 'page', status, times: 3 })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ payment: 'none', safeToRetry: true })
    expect(error).not.toMatchObject({ name: 'InvalidInputError' })
    expect(error).not.toMatchObject({ name: 'UnknownOperationError' })
  })

  it.each(statuses)('with %i in place of a look at the job does not end the wait', async (status) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'page', status, times: 2 })
    expect((await played(studio.run(operation, input))).kind).toBe('image')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('in place of the asset is not handed out as one', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    sandbox.faults.add({ step: 'output', kind: 'html' })
    const error = (await played(failure(image.blob()))) as StableStudioError
    expect(error).toMatchObject({ code: 'output_failed', job: { id: image.jobId }, payment: 'settled' })
    expectSafeAdvice(error)
    expect((await played(image.blob())).type).toBe('image/png')
  })

  it.each(['blob', 'confirm'] as const)('at the step %s of an upload is passed over', async (step) => {
    for (const status of [200, 400, 403, 429, 503]) {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step, kind: 'page', status })
      const first = await played(studio.upload(png).catch((error: unknown) => error))
      const upload = isStableStudioError(first) ? await played(studio.upload(png)) : first
      expect(upload).toMatchObject({ mediaType: 'image/png' })
      expect(sandbox.settlements()).toHaveLength(1)
    }
  })
})

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])

describe('an answer with another success than 200', () => {
  it.each([201, 202, 203])('as %i delivers at each step of an upload', async (status) => {
    for (const step of ['upload', 'blob', 'confirm'] as const) {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step, kind: 'receipt-status', status })
      expect(await played(studio.upload(png))).toMatchObject({ receipt: { usd: '0.01' } })
      expect(sandbox.settlements()).toHaveLength(1)
    }
  })

  it.each([201, 202, 203])('as %i delivers at each look at jobs', async (status) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'receipt-status', status, times: forEver })
    sandbox.faults.add({ step: 'list', kind: 'receipt-status', status, times: forEver })
    const image = await played(studio.run(operation, input))
    expect(await played(studio.jobs.get(image.jobId))).toMatchObject({ status: 'complete' })
    expect(await played(all(studio.jobs.list()))).toHaveLength(1)
  })
})
