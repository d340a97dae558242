// {every step of a payment by MPP} × {every way to fail}: one transfer at most, and what was paid for is reached.
import { describe, expect, it } from 'vitest'
import { tempoNetwork } from '../../src/entries/mpp.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import type { Fault } from '../../src/sandbox/wire/fault-types.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'
import { named, ways } from '../support/ways.ts'

useTestClock()

const onPayment: Partial<Fault>[] = [
  ...ways,
  { kind: 'status-after', status: 503 },
  { kind: 'settlement-failed' },
  { kind: 'settlement-failed-charged' },
  { kind: 'rechallenge' },
  { kind: 'rejected' },
  { kind: 'wrong-type' },
]
/** The job is made without a payment: the service's own loss, and nothing to pay again. */
const free = ['settlement-failed']

describe('a fault on the request that pays', () => {
  it.each(named(onPayment))(
    '%s once: one transfer, and the job is reached by the call',
    async (_name, fault) => {
      const { studio, sandbox, signed } = createTempoStudio()
      sandbox.faults.add({ step: 'pay', kind: 'slow', times: 1, ...fault })
      const image = await played(studio.run(operation, input))
      expect(image.kind).toBe('image')
      expect(signed.transactions).toHaveLength(1)
      expect(sandbox.settlements()).toHaveLength(free.includes(fault.kind ?? '') ? 0 : 1)
      expect(sandbox.jobs()).toHaveLength(1)
      expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: image.jobId }])
    },
  )

  it.each(named(onPayment.filter(({ kind }) => kind !== 'wrong-type')))(
    '%s for ever: never signed twice, and recover() closes it',
    async (_name, fault) => {
      const { studio, sandbox, signed } = createTempoStudio()
      sandbox.faults.add({ step: 'pay', kind: 'slow', ...fault, times: Number.POSITIVE_INFINITY })
      sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
      const error = await played(failure(studio.run(operation, input, { timeout: 70_000 })))
      // An answer that was cut may have its receipt all the same.
      const payment = fault.kind === 'truncated' ? 'settled' : 'unknown'
      expect(error).toMatchObject({ payment, safeToRetry: false, phase: 'pay' })
      sandbox.faults.clear()
      await pass(90_000)
      const [recovery] = await played(studio.recover())
      const made = sandbox.jobs().length
      expect(recovery).toMatchObject(
        made > 0
          ? { outcome: 'job-found', attempt: { state: 'settled' } }
          : { outcome: 'released', attempt: { state: 'released' } },
      )
      if (recovery?.job) expect((await played(studio.wait(recovery.job))).kind).toBe('image')
      expect(signed.transactions).toHaveLength(1)
      expect(sandbox.settlements()).toHaveLength(made > 0 && !free.includes(fault.kind ?? '') ? 1 : 0)
      expect(await played(studio.recover())).toEqual([])
    },
  )

  it('a transaction that was never sent is dead after its 25 s, and gives the money back', async () => {
    const { studio, sandbox } = createTempoStudio({ client: { limits: { total: '0.17' } } })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const error = await played(failure(studio.run(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ name: 'PaymentUnknownError', code: 'payment_unknown' })
    expect(await failure(studio.submit(operation, input))).toMatchObject({ name: 'LimitExceededError' })
    sandbox.faults.clear()
    await pass(40_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.balance(sandbox.settlements()[0]?.from ?? '0x', tempoNetwork)).toBe('9.83')
  })
})

describe.each(['quote', 'poll', 'list', 'output'] as const)('a fault on a %s request', (step) => {
  it.each(named(ways))('%s once costs nothing twice', async (_name, fault) => {
    const { studio, sandbox, signed } = createTempoStudio()
    sandbox.faults.add({ step, kind: 'slow', times: 1, ...fault })
    const paid = await played(
      studio
        .run(operation, input)
        .then((image) => image.bytes())
        .catch((error) => error),
    )
    expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
    expect(signed.transactions.length).toBe(sandbox.settlements().length)
    if (step !== 'quote') expect(sandbox.settlements()).toHaveLength(1)
    if (step === 'poll' || step === 'list') expect(paid).toBeInstanceOf(Uint8Array)
  })
})

describe('the same idempotency key', () => {
  it('is the same transfer, in another process too', async () => {
    const store = memoryStore()
    const first = createTempoStudio({ client: { store } })
    const key = { idempotencyKey: 'order-1' }
    first.sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    const [one, two] = await played(
      Promise.all([first.studio.submit(operation, input, key), first.studio.submit(operation, input, key)]),
    )
    expect(one.id).toBe(two.id)
    expect(first.sandbox.settlements()).toHaveLength(1)
    expect(first.signed.transactions).toHaveLength(1)
  })
})

describe('the replay of a request', () => {
  it('is the same bytes', async () => {
    const { studio, sandbox, requests } = createTempoStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    await played(studio.submit(operation, input))
    const paid = requests.filter(({ method, headers }) => method === 'POST' && headers.has('authorization'))
    expect(paid).toHaveLength(2)
    expect(new Set(paid.map(({ headers }) => headers.get('authorization'))).size).toBe(1)
    expect(new Set(await Promise.all(paid.map((request) => request.text()))).size).toBe(1)
  })
})
