// Lost and lying answers to a payment on Solana: paid once, found again, or proven dead.
import { describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, network, paymentIn, solanaRpc } from '../support/solana.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

const paid = (request: Request) => request.headers.has('payment-signature')
const answered = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

describe('after the money has moved', () => {
  it.each<[string, Response]>([
    ['a 500', answered(500, { success: false, error: 'Settlement failed' })],
    [
      'a refusal that says "already processed"',
      answered(402, {
        reason: 'invalid_exact_svm_transaction_simulation_failed',
        error: 'Payment rejected: Simulation failed: "AlreadyProcessed"',
      }),
    ],
    ['a duplicate settlement', answered(402, { reason: 'duplicate_settlement' })],
    ['a settlement that may still land', answered(402, { reason: 'settlement_pending' })],
    [
      'a lagging node',
      answered(402, {
        reason: 'invalid_exact_svm_transaction_simulation_failed',
        error: 'Simulation failed: "BlockhashNotFound"',
      }),
    ],
    ['a block height that is exceeded', answered(402, { reason: 'settle_exact_svm_block_height_exceeded' })],
    ['an unconfirmed transaction', answered(402, { reason: 'invalid_exact_svm_transaction_failed' })],
  ])('%s: the job is found, and nothing signed again', async (_what, answer) => {
    let first = true
    const world = await createSolanaStudio({
      answer(response, request) {
        if (!paid(request) || !first) return response
        first = false
        return answer.clone()
      },
    })
    const image = await played(world.studio.run(operation, input))
    expect(world.sandbox.settlements()).toMatchObject([{ jobId: image.jobId }])
    expect(world.signed.payments).toHaveLength(1)
  })

  it('a replay is answered by a second job: the one that was paid for is taken', async () => {
    const { studio, sandbox, signed } = await createSolanaStudio()
    sandbox.faults.add({ step: 'pay', kind: 'status-after', status: 503 })
    const image = await played(studio.run(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ jobId: image.jobId }])
    expect(signed.payments).toHaveLength(1)
  })

  it('a receipt with no transaction of Solana is no transaction', async () => {
    const receipt = { success: true, transaction: '<script>', network, payer: 'x' }
    const { studio } = await createSolanaStudio({
      answer(response, request) {
        if (!paid(request)) return response
        const headers = new Headers(response.headers)
        headers.set('payment-response', Buffer.from(JSON.stringify(receipt)).toString('base64'))
        return new Response(response.body, { status: response.status, headers })
      },
    })
    const job = await played(studio.submit(operation, input))
    expect(job.receipt.transaction).toBeUndefined()
  })

  it('the transaction is not repeated in an error', async () => {
    let secret = ''
    const { studio } = await createSolanaStudio({
      answer(response, request) {
        if (!paid(request)) return response
        secret = paymentIn(request).payload.transaction
        return answered(402, {
          reason: 'invalid_exact_svm_payload_signature_invalid',
          error: `not ${secret}`,
        })
      },
    })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'signature' })
    expect(secret.length).toBeGreaterThan(600)
    expect(JSON.stringify(error) + String((error as { stack: string }).stack)).not.toContain(
      secret.slice(0, 40),
    )
  })
})

describe('a payment that never arrived', () => {
  it('is sent again within its fifteen seconds, with the same bytes', async () => {
    const { studio, sandbox, requests } = await createSolanaStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    await played(studio.submit(operation, input))
    const sent = requests.filter(paid)
    expect(sent).toHaveLength(2)
    expect(new Set(sent.map(({ headers }) => headers.get('payment-signature'))).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('is not sent again later: it could no longer settle', async () => {
    const { studio, sandbox, requests } = await createSolanaStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 8_000 })))
    await pass(10_000)
    const before = requests.filter(paid).length
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(requests.filter(paid)).toHaveLength(before)
    expect(sandbox.settlements()).toEqual([])
  })

  it('is dead after three minutes, and gives the money back', async () => {
    const { studio, sandbox } = await createSolanaStudio({ client: { limits: { total: '0.17' } } })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const error = await played(failure(studio.run(operation, input, { timeout: 30_000 })))
    expect(error).toMatchObject({ name: 'PaymentUnknownError', code: 'payment_unknown' })
    sandbox.faults.clear()
    await pass(90_000)
    // Nobody can know yet.
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    await pass(85_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('with its key, is followed by another one in the same call, once it is dead', async () => {
    const { studio, sandbox, signed } = await createSolanaStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: 3 })
    const options = { idempotencyKey: 'order-1', timeout: 60_000 }
    await played(failure(studio.run(operation, input, options)))
    await pass(180_000)
    sandbox.faults.clear()
    const image = await played(studio.run(operation, input, options))
    expect(sandbox.settlements()).toMatchObject([{ jobId: image.jobId }])
    expect(signed.payments).toHaveLength(2)
  })
})

describe('a process that ended before it sent what it had signed', () => {
  it('leaves nothing that is sent when it is too old', async () => {
    const { studio, sandbox, signed } = await createSolanaStudio({ method: { rpc: solanaRpc } })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 6_000 })))
    await pass(200_000)
    // The node knows the memo, so it is neither sent again nor given back, though the list cannot be read.
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.settlements()).toHaveLength(1)
    expect(signed.payments).toHaveLength(1)
    expect(await all(studio.payments())).toMatchObject([{ state: 'settled' }])
  })
})
