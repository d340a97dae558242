// `payments` and receipts: what was paid, for what, and where it can be looked up.
import { explorerUrl, memoryStore, StableStudioClient } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('payments', () => {
  it('lists what was paid, and what was not', async () => {
    const { studio, sandbox } = createStudio()
    const job = await played(studio.submit(operation, input, { idempotencyKey: 'order-1' }))
    await pass(1)
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    await played(failure(studio.submit(operation, { ...input, prompt: 'refused' })))
    expect(await all(studio.payments())).toMatchObject([
      { id: job.attemptId, state: 'settled', usd: '0.17', jobId: job.id, idempotencyKey: 'order-1' },
      { state: 'rejected', usd: '0.17' },
    ])
  })

  it('has the receipt of each, and nothing that could be paid with', async () => {
    const { studio } = createStudio()
    const job = await played(studio.submit(operation, input))
    const [attempt] = await all(studio.payments())
    expect(attempt?.receipt).toEqual(job.receipt)
    expect(JSON.stringify(attempt)).not.toMatch(/0x[0-9a-f]{130}/i)
    expect(JSON.stringify(attempt)).not.toContain(input.prompt)
  })

  it('is the same for every client on the store', async () => {
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio({ store })
    await played(studio.submit(operation, input))
    const other = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    expect(await all(other.payments())).toEqual(await all(studio.payments()))
  })

  it('is what the limits count', async () => {
    const { studio } = createStudio({ limits: { total: '0.20' } })
    await played(studio.submit(operation, input))
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({
      name: 'LimitExceededError',
      code: 'limit_total',
      spent: '0.17',
      asked: '0.17',
    })
  })
})

describe('a receipt', () => {
  it('leads to its transaction on the explorer of its network', async () => {
    const { studio, sandbox } = createStudio()
    const { receipt } = await played(studio.submit(operation, input))
    const [settlement] = sandbox.settlements()
    expect(receipt.transaction).toBe(settlement?.transaction)
    expect(explorerUrl(receipt)).toBe(`https://basescan.org/tx/${settlement?.transaction}`)
  })
})
