// What went wrong on a store or wallet that others use too: no payment is declared dead that was made, none is made twice.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { StoreError } from '../../src/errors.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation, type Studio } from '../support/studio.ts'
import { faultyStore } from '../unit/ledger/kit.ts'

useTestClock()

/** An attempt that was paid and whose answer and job list never came; its authorization has run out. */
async function losePaid({ studio, sandbox }: Studio): Promise<void> {
  sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
  sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
  await played(failure(studio.submit(operation, input, { timeout: 3_000 })))
  sandbox.faults.clear()
  await pass(400_000)
}

const states = async (studio: StableStudioClient) =>
  (await all(studio.payments())).map(({ state }) => state).sort()

describe('a paid attempt whose authorization has run out', () => {
  it('is not declared dead by a client with another wallet on the same store', async () => {
    const store = memoryStore()
    const first = createStudio({ store })
    await losePaid(first)
    const wallet = privateKeyToAccount(generatePrivateKey())
    const other = new StableStudioClient({ wallet, store, fetch: counted(first.sandbox.fetch) })
    expect(await played(other.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(await played(first.studio.recover())).toMatchObject([{ outcome: 'job-found' }])
  })

  it('is found behind hundreds of later jobs', async () => {
    const store = memoryStore()
    const first = createStudio({ store, limits: { total: '1000' } })
    first.sandbox.fund(first.wallet.address, '1000')
    await losePaid(first)
    for (let n = 0; n < 30; n += 1) {
      await Promise.all(
        Array.from({ length: 10 }, () => first.studio.submit(operation, { prompt: `later ${n}` })),
      )
    }
    expect(await played(first.studio.recover())).toMatchObject([{ outcome: 'job-found' }])
  }, 60_000)

  it('is not declared dead by a list that never goes on', async () => {
    const first = createStudio()
    const { wallet, sandbox } = first
    const store = memoryStore()
    const fetch: typeof globalThis.fetch = (request, init) => {
      const url = new URL(String(request instanceof Request ? request.url : request))
      url.searchParams.delete('cursor')
      if (url.searchParams.has('limit')) url.searchParams.set('limit', '2')
      return sandbox.fetch(new Request(url, request instanceof Request ? request : init))
    }
    const studio = new StableStudioClient({ wallet, store, fetch: counted(fetch) })
    await losePaid({ ...first, studio })
    for (let n = 0; n < 4; n += 1) await played(studio.submit(operation, { prompt: `later ${n}` }))
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })

  it('gets its own job when an equal attempt is settled at the same time', async () => {
    const store = memoryStore()
    const { studio, wallet, sandbox } = createStudio({ store })
    const second = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    const keys = ['one', 'two']
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: 2 })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    const submit = (idempotencyKey: string, timeout?: number) =>
      (idempotencyKey === 'one' ? studio : second).submit(operation, input, { idempotencyKey, timeout })
    await played(Promise.all(keys.map((key) => failure(submit(key, 3_000)))))
    sandbox.faults.clear()
    await pass(400_000)
    const jobs = await played(Promise.all(keys.map((key) => submit(key))))
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(sandbox.jobs().map(({ id }) => id)))
    expect(sandbox.settlements()).toHaveLength(2)
    expect(await states(studio)).toEqual(['settled', 'settled'])
  })
})

describe('equal attempts at the same time', () => {
  it('never take the job that the service is about to name to another one', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 40_000 })
    const awaited = studio.submit(operation, input)
    await pass(2_000)
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    const lost = studio.submit(operation, input)
    const jobs = await played(Promise.all([awaited, lost]))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(2)
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('never take the job that a replay of another one is about to get', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    const replayed = studio.submit(operation, input)
    await pass(1_000)
    sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 30_000 })
    await pass(20_000)
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    const other = studio.submit(operation, input)
    const jobs = await played(Promise.all([replayed, other]))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(2)
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('do not wait for requests that were sent long after the job was made', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 3_000 })))
    sandbox.faults.clear()
    await pass(20_000)
    sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 60_000 })
    const running = studio.submit(operation, input)
    await pass(1_000)
    const [lost] = await all(studio.payments())
    const recoveries = await played(studio.recover())
    const found = recoveries.find(({ attempt }) => attempt.id === lost?.id)
    expect(found).toMatchObject({ outcome: 'job-found' })
    expect(found?.job?.id).not.toBe((await played(running)).id)
  })
})

describe('a store that fails right when a payment is announced', () => {
  /** Writes `sent`, and then loses the answer; `afterwards` says whether it is gone for good. */
  function createFailing(afterwards: 'works' | 'is gone') {
    let gone = false
    const store = memoryStore()
    const failing = faultyStore(
      {
        before() {
          if (gone) throw new Error('the store is gone')
        },
      },
      store,
    )
    let struck = false
    const set: typeof store.set = async (key, value, expected) => {
      const wrote = await failing.set(key, value, expected)
      if (struck || (value as { state?: string }).state !== 'sent') return wrote
      struck = true
      gone = afterwards === 'is gone'
      throw new Error('the answer was lost')
    }
    const revive = () => {
      gone = false
    }
    const studio = createStudio({ store: { ...failing, set } })
    return { ...studio, revive }
  }

  it('takes the attempt back, so that a second call and recover() pay once', async () => {
    const { studio, sandbox } = createFailing('works')
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({
      name: 'StoreError',
      code: 'store_failed',
      payment: 'none',
      safeToRetry: true,
    })
    await played(studio.submit(operation, input))
    await pass(20_000)
    await played(studio.recover())
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await states(studio)).toEqual(['released', 'settled'])
  })

  it('says that it is not safe to call again when it cannot be taken back', async () => {
    const { studio, sandbox, revive } = createFailing('is gone')
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ code: 'store_failed', payment: 'signed', safeToRetry: false })
    revive()
    await pass(20_000)
    await played(studio.recover())
    expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
  })
})
