// Receipts that no good service sends but a proxy or a facilitator may: doubled, spoiled, undecided, beside a refusal.
import { describe, expect, it } from 'vitest'
import type { StableStudioError } from '../../src/errors.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'

useTestClock()

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64')

/** A refusal of the input in place of the answer to the payment, beside the receipt that `change` makes of it. */
function refusing(change: (receipt: string) => { status: number; receipt: string; reason?: string }) {
  const bend = (answer: Response) => {
    const name = ['payment-response', 'payment-receipt'].find((one) => answer.headers.has(one))
    if (name === undefined || answer.status !== 200) return answer
    const { status, receipt, reason } = change(answer.headers.get(name) ?? '')
    const headers: HeadersInit = receipt ? { [name]: receipt } : {}
    return Response.json({ error: 'Bad Request', reason }, { status, headers })
  }
  const { studio, sandbox } = createStudio({
    limits: { total: '0.20' },
    fetch: counted(async (target, init) => bend(await sandbox.fetch(target, init))),
  })
  return { studio, sandbox, bend }
}

/** The money has moved: its job is delivered, and nothing is given back. */
async function expectDelivered({ studio, sandbox }: ReturnType<typeof refusing>): Promise<void> {
  const job = await played(studio.submit(operation, input))
  expect(sandbox.settlements()).toMatchObject([{ jobId: job.id }])
  await pass(600_000)
  expect(await played(studio.recover())).toEqual([])
  expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
}

describe.each([400, 422])('a refusal of the input as %i refuses no payment', (status) => {
  const said = (receipt: string) => JSON.parse(atob(receipt))
  it.each<[string, (receipt: string) => string]>([
    ['whose receipt a proxy doubled', (receipt) => `${receipt}, ${receipt}`],
    ['whose receipt was cut', (receipt) => receipt.slice(0, -9)],
    ['whose receipt is no base64', (receipt) => `${receipt}!`],
    ['whose receipt is longer than any', (receipt) => encoded({ ...said(receipt), x: 'x'.repeat(70_000) })],
    [
      'whose receipt does not say whether it succeeded',
      (receipt) => encoded({ ...said(receipt), success: 1 }),
    ],
    [
      'whose receipt names a transaction that is not confirmed yet',
      (receipt) => encoded({ ...said(receipt), success: false, errorReason: 'confirmation_timeout' }),
    ],
    [
      'whose receipt says that it was used before',
      () => encoded({ success: false, errorReason: 'invalid_exact_evm_nonce_already_used', transaction: '' }),
    ],
  ])('%s', async (_name, change) => {
    await expectDelivered(refusing((receipt) => ({ status, receipt: change(receipt) })))
  })

  it('whose reason says that it was used before', async () => {
    const reason = 'invalid_exact_evm_nonce_already_used'
    await expectDelivered(refusing(() => ({ status, receipt: '', reason })))
  })
})

it.each([', ', 'cut'])('a receipt of MPP that was spoiled (%s) refuses no payment either', async (how) => {
  const { bend } = refusing((receipt) => ({
    status: 400,
    receipt: how === 'cut' ? receipt.slice(0, -9) : receipt + how + receipt,
  }))
  const { studio, sandbox } = createTempoStudio({
    answer: (answer, { url }) => (url.includes('/api/generate/') ? bend(answer) : answer),
  })
  const job = await played(studio.submit(operation, input))
  expect(sandbox.settlements()).toMatchObject([{ jobId: job.id }])
})

it('a refusal beside a receipt of failure that decides is one', async () => {
  const { studio, sandbox } = createStudio({
    fetch: counted(async (target, init) => {
      const paid = new Headers(init?.headers).has('payment-signature')
      if (!paid) return sandbox.fetch(target, init)
      const receipt = encoded({ success: false, errorReason: 'insufficient_funds', transaction: '' })
      return Response.json({ error: 'x' }, { status: 400, headers: { 'payment-response': receipt } })
    }),
  })
  const error = (await played(failure(studio.submit(operation, input)))) as StableStudioError
  expect(error).toMatchObject({ name: 'PaymentRejectedError', payment: 'rejected', category: 'funds' })
})
