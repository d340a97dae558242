// A store that fails at the very write that says what became of a payment, or another process that writes just then.
import { describe, expect, it } from 'vitest'
import type { StableStudioError } from '../../src/errors.ts'
import { memoryStore, type PaymentStore } from '../../src/ledger/store.ts'
import { expectSafeAdvice } from '../support/advice.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'

useTestClock()

const forEver = Number.POSITIVE_INFINITY

type Value = Record<string, unknown>

/** A store whose writes fail where `fails` says so, so many times. */
function failing(times: number, fails: (attempt: Value) => boolean) {
  const store = memoryStore()
  const state = { left: times }
  const failingStore: PaymentStore = {
    ...store,
    async set(key, value, expected) {
      if (!key.startsWith('attempt/') || !fails(value as Value) || state.left <= 0)
        return store.set(key, value, expected)
      state.left -= 1
      throw new Error('disk full')
    },
  }
  return { store: failingStore, state }
}

/** A client of a service that says 500 with a receipt of success, and lists no job. */
function unlisted(store: PaymentStore, paid: () => unknown = () => {}) {
  const { studio, sandbox } = createStudio({
    store,
    limits: { total: '0.20' },
    fetch: counted(async (target, init) => {
      const answer = await sandbox.fetch(target, init)
      if (new Headers(init?.headers).has('payment-signature')) await paid()
      const isList = new URL(String(target)).pathname.endsWith('/api/jobs')
      return isList && answer.status === 200 ? Response.json({ items: [] }) : answer
    }),
  })
  sandbox.faults.add({ step: 'pay', kind: 'receipt-status', status: 500 })
  return { studio, sandbox }
}

/** What another process does that works on the attempt, too. */
async function move(store: PaymentStore): Promise<void> {
  for await (const key of store.keys('attempt/')) {
    const { value, version } = (await store.get(key)) ?? { value: null, version: '' }
    await store.set(key, { ...(value as Record<string, string>), inFlightUntil: Date.now() + 5 }, version)
  }
}

async function expectSpent({ studio, sandbox }: ReturnType<typeof unlisted>): Promise<void> {
  const error = (await played(failure(studio.submit(operation, input)))) as StableStudioError
  expect(error).toMatchObject({ payment: 'settled' })
  expectSafeAdvice(error)
  await pass(600_000)
  await played(studio.recover())
  const transaction = sandbox.settlements()[0]?.transaction
  expect(await all(studio.payments())).toMatchObject([{ state: 'settled', receipt: { transaction } }])
  expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
  expect(sandbox.settlements()).toHaveLength(1)
}

describe('a receipt of success', () => {
  it.each([1, 2])('whose record fails %i times is never given back', async (times) => {
    const { store } = failing(times, ({ state, receipt }) => state !== 'settled' && receipt !== undefined)
    await expectSpent(unlisted(store))
  })

  it('is added to an attempt that another process has moved', async () => {
    const store = memoryStore()
    await expectSpent(unlisted(store, () => move(store)))
  })
})

describe('a job that was delivered', () => {
  const after = (n: number) => {
    const store = memoryStore()
    const state = { paid: false, writes: 0 }
    const set: PaymentStore['set'] = async (key, value, expected) => {
      if (state.paid) state.writes += 1
      if (state.writes === n) throw new Error('disk full')
      return store.set(key, value, expected)
    }
    return { store: { ...store, set }, state }
  }

  it.each([1, 2, 3])(
    'stays paid when write %i after the answer fails and no list shows it later',
    async (n) => {
      const { store, state } = after(n)
      const { studio, sandbox } = unlisted(store, () => {
        state.paid = true
      })
      sandbox.faults.clear()
      const job = await played(studio.submit(operation, input))
      await pass(600_000)
      await played(studio.recover())
      expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: job.id }])
      expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    },
  )

  it('stays paid when another process has moved its attempt', async () => {
    const store = memoryStore()
    const { studio, sandbox } = unlisted(store, () => move(store))
    sandbox.faults.clear()
    const job = await played(studio.submit(operation, input))
    expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: job.id }])
  })
})

it('a transaction that was pushed is told, even where its record fails once', async () => {
  const { store } = failing(1, ({ receipt }) => receipt !== undefined)
  const { studio, sandbox } = createTempoStudio({ mpp: { mode: 'push' }, client: { store } })
  sandbox.faults.add({ step: 'pay', kind: 'status', times: forEver })
  const call = studio.submit(operation, input, { timeout: 30_000 })
  const error = (await played(failure(call))) as StableStudioError
  const transaction = sandbox.settlements()[0]?.transaction
  expect(error.message).toContain(transaction)
  expect(await all(studio.payments())).toMatchObject([{ receipt: { transaction } }])
})

describe('a refusal', () => {
  it('whose record fails once is recorded the second time', async () => {
    const { store } = failing(1, ({ state }) => state === 'rejected')
    const { studio, sandbox } = createStudio({ store })
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ payment: 'rejected' })
    await played(studio.submit(operation, input))
    await pass(20_000)
    expect(await played(studio.recover())).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it.each(['rejected', 'status'] as const)(
    'that cannot be recorded (%s) is not called one: recover() would send the payment again',
    async (kind) => {
      const { store, state } = failing(forEver, (attempt) => attempt.state === 'rejected')
      const { studio, sandbox } = createStudio({ store })
      sandbox.faults.add({ step: 'pay', kind, ...(kind === 'status' && { status: 400 }) })
      const error = (await played(failure(studio.submit(operation, input)))) as StableStudioError
      expect(error).toMatchObject({
        payment: 'unknown',
        safeToRetry: false,
        attemptId: expect.stringMatching(/^att_/),
      })
      expectSafeAdvice(error)
      state.left = 0
      await pass(20_000)
      expect(await played(studio.recover())).toMatchObject([{ outcome: 'replayed' }])
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )
})
