// {every step} × {every way to fail}: money moves at most once, and what was paid for is reached.
import { describe, expect, it } from 'vitest'
import { isStableStudioError, type StableStudioError } from '../../src/errors.ts'
import type { FaultKind } from '../../src/sandbox/wire/fault-kinds.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'
import { named, onPayment, ways } from '../support/ways.ts'

useTestClock()

/** Right JSON under a wrong content type is an answer, so it never leaves anything open. */
const undecided = onPayment.filter(({ kind }) => kind !== 'wrong-type')

/** Whether the service made a job without having been paid: its own loss, and nothing to pay again. */
const unpaid: FaultKind[] = ['settlement-failed']

describe('a fault on the paid request', () => {
  it.each(named(onPayment))('%s: paid once, and the job is reached by the call', async (_name, fault) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'slow', times: 1, ...fault })
    const image = await played(studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(sandbox.settlements()).toHaveLength(fault.kind && unpaid.includes(fault.kind) ? 0 : 1)
    expect(sandbox.jobs()).toHaveLength(1)
    expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: image.jobId }])
  })

  it.each(named(undecided))(
    '%s for ever: never paid twice, and recover() settles it',
    async (_name, fault) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'pay', kind: 'slow', ...fault, times: Number.POSITIVE_INFINITY })
      sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
      const error = await played(failure(studio.run(operation, input, { timeout: 100_000 })))
      // An answer that was cut may have its receipt all the same.
      const payment = fault.kind === 'truncated' ? 'settled' : 'unknown'
      expect(error).toMatchObject({ payment, safeToRetry: false, phase: 'pay' })
      expect((error as StableStudioError).attemptId).toMatch(/^att_/)
      sandbox.faults.clear()
      await pass(20_000)
      const [recovery] = await played(studio.recover())
      expect(['job-found', 'replayed']).toContain(recovery?.outcome)
      expect(recovery?.attempt.state).toBe('settled')
      if (!recovery?.job) throw new Error('recovered without a job')
      expect((await played(studio.wait(recovery.job))).kind).toBe('image')
      expect(sandbox.settlements().length).toBe(fault.kind && unpaid.includes(fault.kind) ? 0 : 1)
      const nonces = new Set(sandbox.settlements().map(({ nonce }) => nonce))
      expect(nonces.size).toBe(sandbox.settlements().length)
      expect(await played(studio.recover())).toEqual([])
    },
  )

  it('a clean refusal charges nothing and says so', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({
      name: 'PaymentRejectedError',
      category: 'funds',
      payment: 'rejected',
      safeToRetry: true,
    })
    expect(sandbox.settlements()).toHaveLength(0)
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
    expect(await all(studio.payments())).toMatchObject([{ state: 'rejected' }])
  })

  it('proves an authorization dead that the service never took, and gives the money back', async () => {
    const { studio, sandbox } = createStudio({ limits: { total: '0.17' } })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const error = await played(failure(studio.run(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ name: 'PaymentUnknownError', code: 'payment_unknown' })
    const meanwhile = await failure(studio.submit(operation, input))
    expect(meanwhile).toMatchObject({ name: 'LimitExceededError', reserved: '0.17', spent: '0.00' })
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([
      { outcome: 'released', attempt: { state: 'released' } },
    ])
    sandbox.faults.clear()
    expect((await played(studio.run(operation, input))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('does not call an authorization dead while the job list cannot be read', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.run(operation, input, { timeout: 7_000 })))
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([
      { outcome: 'still-open', attempt: { state: 'unknown' } },
    ])
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('aborted by the caller: the job is reached by recover()', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 20_000 })
    const stop = new AbortController()
    const running = failure(studio.run(operation, input, { signal: stop.signal }))
    await pass(1_000)
    stop.abort('bored')
    expect(await running).toMatchObject({ code: 'aborted', payment: 'unknown', cause: 'bored' })
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a fault on the question for the price', () => {
  it.each(named(ways))('%s: nothing is signed, and the error is typed', async (_name, fault) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'quote', kind: 'slow', times: 1, ...fault })
    const outcome = await played(studio.submit(operation, input).catch((error: unknown) => error))
    if (isStableStudioError(outcome)) {
      expect(outcome).toMatchObject({ payment: 'none', safeToRetry: true })
      expect(await all(studio.payments())).toEqual([])
      expect(sandbox.settlements()).toHaveLength(0)
    } else {
      expect(sandbox.settlements()).toHaveLength(1)
    }
    expect((await played(studio.submit(operation, input))).receipt.usd).toBe('0.17')
  })
})

describe('a fault on a poll', () => {
  it.each(named([...ways, { kind: 'wrong-type' }]))(
    '%s: the image is reached all the same',
    async (_name, fault) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'poll', kind: 'slow', times: 2, ...fault })
      expect((await played(studio.run(operation, input))).kind).toBe('image')
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it('redirect for ever: ends with the paid job in hand, because waiting changes no address', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'redirect', times: Number.POSITIVE_INFINITY })
    const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
    expect(error).toMatchObject({ code: 'redirect_refused', payment: 'settled', safeToRetry: false })
    if (!error.job) throw new Error('the error carries no job')
    sandbox.faults.clear()
    expect((await played(studio.wait(error.job))).kind).toBe('image')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('asks for its own challenge when the service refuses proofs of the client, and stays with it', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'rechallenge' })
    const job = await played(studio.submit(operation, input))
    await studio.jobs.get(job.id)
    await studio.jobs.get(job.id)
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs'))
    expect(polls.map(({ signedIn, status }) => [signedIn, status])).toEqual([
      [true, 402],
      [true, 200],
      [false, 402],
      [true, 200],
    ])
  })
})
