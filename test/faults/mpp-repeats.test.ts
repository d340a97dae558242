// A payment by MPP whose request is sent again, or never arrives: it stays one transfer.
import { describe, expect, it } from 'vitest'
import { tempoNetwork } from '../../src/entries/mpp.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'

useTestClock()

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

describe('the same idempotency key', () => {
  it('is the same transfer, asked for twice at once', async () => {
    const { studio, sandbox, signed } = createTempoStudio()
    const key = { idempotencyKey: 'order-1' }
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    const [one, two] = await played(
      Promise.all([studio.submit(operation, input, key), studio.submit(operation, input, key)]),
    )
    expect(one.id).toBe(two.id)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(signed.transactions).toHaveLength(1)
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
