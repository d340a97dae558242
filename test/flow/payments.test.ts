// `payments` and receipts: what was paid, for what, and where it can be looked up.
import { join } from 'node:path'
import {
  explorerUrl,
  memoryStore,
  type PaymentStore,
  type PaymentsOptions,
  StableStudioClient,
} from 'stablestudio'
import { sqliteStore } from 'stablestudio/sqlite'
import { describe, expect, it, vi } from 'vitest'
import { counted, pass, played, start, useTestClock } from '../support/clock.ts'
import { useFolders } from '../support/folder.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()
const makeFolder = useFolders()

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

describe('a part of the ledger', () => {
  const at = (ms: number) => new Date(start + ms).toISOString()

  /** Four payments, 1 s apart; the third is refused. */
  async function ofFour(store: PaymentStore = memoryStore()) {
    const { studio, sandbox } = createStudio({ store })
    for (const n of [0, 1, 2, 3]) {
      if (n === 2) sandbox.faults.add({ step: 'pay', kind: 'rejected' })
      vi.setSystemTime(start + n * 1_000)
      const payment = studio.submit(operation, input, { idempotencyKey: `order-${n}` })
      await played(n === 2 ? failure(payment) : payment)
    }
    const keys = async (options: PaymentsOptions) =>
      (await all(studio.payments(options))).map(({ idempotencyKey }) => Number(idempotencyKey?.slice(6)))
    return { studio, keys }
  }

  it('is a period, a state, or the first few', async () => {
    const { keys } = await ofFour()
    expect(await keys({})).toEqual([0, 1, 2, 3])
    expect(await keys({ since: at(1_000) })).toEqual([1, 2, 3])
    expect(await keys({ until: at(1_000) })).toEqual([0])
    expect(await keys({ since: at(500), until: at(3_000) })).toEqual([1, 2])
    expect(await keys({ since: '2026-11-22T13:00:01.000+01:00' })).toEqual([1, 2, 3])
    expect(await keys({ state: 'rejected' })).toEqual([2])
    expect(await keys({ state: 'settled', limit: 2 })).toEqual([0, 1])
    expect(await keys({ since: undefined, state: undefined, limit: undefined })).toHaveLength(4)
  })

  it('reads no record that it need not show', async () => {
    const memory = memoryStore()
    const read: string[] = []
    const store: PaymentStore = {
      ...memory,
      async get(key) {
        read.push(key)
        return memory.get(key)
      },
    }
    const { studio } = await ofFour(store)
    read.length = 0
    expect(await all(studio.payments({ limit: 1 }))).toHaveLength(1)
    expect(read).toHaveLength(1)
    expect(await all(studio.payments({ since: at(3_600_000) }))).toEqual([])
    expect(await all(studio.payments({ until: at(-3_600_000) }))).toEqual([])
    expect(read).toHaveLength(1)
  })

  it('begins before a store that lists in order has listed all', async () => {
    const memory = memoryStore()
    let listed = 0
    const store: PaymentStore = {
      ...memory,
      ordered: true,
      async *keys(prefix) {
        for (const key of (await all(memory.keys(prefix))).sort()) {
          listed += 1
          yield key
        }
      },
    }
    const { keys } = await ofFour(store)
    expect(await keys({ limit: 1 })).toEqual([0])
    expect(listed).toBe(1)
  })

  it('begins with the keys of its period on a store that lists in order', async () => {
    const store = sqliteStore(join(await makeFolder(), 'ledger.db'))
    const listed: string[] = []
    const keys: PaymentStore['keys'] = async function* (prefix, from) {
      for await (const key of store.keys(prefix, from)) {
        listed.push(key)
        yield key
      }
    }
    // Paid in memory: while a disk takes its time, the test's clock would move on until the store counts as hung.
    const memory = memoryStore()
    await ofFour(memory)
    for await (const key of memory.keys('')) {
      const entry = await memory.get(key)
      expect(await store.set(key, entry?.value ?? null, undefined)).toBe(true)
    }
    const { studio } = createStudio({ store: { ...store, keys } })
    expect(await all(studio.payments({ since: at(120_000) }))).toEqual([])
    expect(listed).toEqual([])
    expect(await all(studio.payments({ since: at(3_000) }))).toHaveLength(1)
    expect(await all(studio.payments({ since: '1969-12-31T23:59:59Z' }))).toHaveLength(4)
  })

  it.each<[unknown, string]>([
    [{ sinse: at(0) }, 'Did you mean since?'],
    [{ since: 'yesterday' }, 'ISO 8601'],
    [{ until: start }, 'ISO 8601'],
    [{ since: '2026-11-22' }, 'ISO 8601'],
    [{ state: 'setled' }, 'Did you mean settled?'],
    [{ limit: 0 }, 'must be an integer from 1'],
    [[], 'must be an object'],
  ])('refuses %j', async (options, said) => {
    const { studio } = createStudio()
    const error = await failure(all(studio.payments(options as PaymentsOptions)))
    const issues = [{ message: expect.stringContaining(said) }]
    expect(error).toMatchObject({ name: 'InvalidInputError', issues })
  })
})

describe('payment', () => {
  it('is one of them, by its id or by its key', async () => {
    const { studio } = createStudio()
    const { attemptId } = await played(studio.submit(operation, input, { idempotencyKey: 'order-1' }))
    await pass(1)
    await played(studio.submit(operation, input))
    const [attempt] = await all(studio.payments())
    expect(await studio.payment(attemptId)).toEqual(attempt)
    expect(await studio.payment({ idempotencyKey: 'order-1' })).toEqual(attempt)
  })

  it('is undefined where there is none', async () => {
    const { studio } = createStudio()
    expect(await studio.payment('att_unknown')).toBeUndefined()
    expect(await studio.payment({ idempotencyKey: 'order-2' })).toBeUndefined()
  })

  it.each<[unknown, string]>([
    [{ idempotancyKey: 'order-1' }, 'Did you mean idempotencyKey?'],
    [{}, 'is missing'],
    [undefined, 'is missing'],
    ['', 'must be a string of 1 to 256 characters'],
    [7, 'must be an object'],
    [Promise.resolve('att_1'), 'await it'],
  ])('refuses %j', async (name, said) => {
    const { studio } = createStudio()
    const error = await failure(studio.payment(name as string))
    expect(error).toMatchObject({
      name: 'InvalidInputError',
      issues: [{ message: expect.stringContaining(said) }],
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
