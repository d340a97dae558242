// The same idempotencyKey is the same attempt: in one client, in several, and after one of them died.
import { describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from 'stablestudio'
import { memoryStore } from 'stablestudio'
import type { Json } from 'stablestudio'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const options = { idempotencyKey: 'order-1' }

/** Two clients, as in two processes, on one store. */
function createPair(limits = {}) {
  const store = memoryStore()
  const first = createStudio({ store, limits })
  const { wallet, sandbox } = first
  const second = new StableStudioClient({ wallet, store, limits, fetch: counted(sandbox.fetch) })
  return { ...first, store, second }
}

/** A store whose process dies at the n-th write: it and everything after never happens. */
function dyingAt(write: number, store = memoryStore()) {
  let writes = 0
  const dead = () => new Promise<never>(() => {})
  const alive = () => writes < write
  return {
    ...store,
    get: (key: string) => (alive() ? store.get(key) : dead()),
    set: (...parameters: Parameters<typeof store.set>) => {
      writes += 1
      return alive() ? store.set(...parameters) : dead()
    },
  }
}

describe('idempotencyKey', () => {
  it('gives the second call the first one’s job', async () => {
    const { studio, second, sandbox } = createPair()
    const job = await played(studio.submit(operation, input, options))
    expect(await played(second.submit(operation, input, options))).toEqual(job)
    expect(await played(studio.submit(operation, input, options))).toEqual(job)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await all(studio.payments())).toMatchObject([{ idempotencyKey: 'order-1', state: 'settled' }])
  })

  it('pays once for twenty concurrent calls in two clients', async () => {
    const { studio, second, sandbox } = createPair()
    const calls = Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? studio : second).submit(operation, input, options),
    )
    const jobs = await played(Promise.all(calls))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
    const attempts = await all(studio.payments())
    expect(attempts.filter(({ state }) => state === 'settled')).toHaveLength(1)
    expect(attempts.every(({ state }) => state === 'settled' || state === 'released')).toBe(true)
  })

  it('is not refused by the limit that its own first call has used up', async () => {
    const { studio, second, sandbox } = createPair({ total: '0.17' })
    const calls = [studio, second, studio].map((one) => one.submit(operation, input, options))
    const jobs = await played(Promise.all(calls))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('refuses another input under the same key, before anything is sent', async () => {
    const { studio, sandbox } = createPair()
    await played(studio.submit(operation, input, options))
    const before = sandbox.requests().length
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'a dog' }, options)))
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'idempotency_conflict' })
    expect(sandbox.requests()).toHaveLength(before)
  })

  it('may be used again after a refusal that charged nothing', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    await played(failure(studio.submit(operation, input, options)))
    expect((await played(studio.submit(operation, input, options))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('goes on with an attempt whose answer was lost, without a second signature', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: 3 })
    const error = await played(failure(studio.submit(operation, input, { ...options, timeout: 5_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown', safeToRetry: true })
    const job = await played(second.submit(operation, input, options))
    expect(job.receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await all(studio.payments())).toHaveLength(1)
  })

  it.each(Array.from({ length: 14 }, (_, at) => at + 1))(
    'after the first process died at its write %i: one settlement, one job',
    async (write) => {
      const store = memoryStore()
      const { wallet, sandbox } = createStudio({ store })
      const dying = new StableStudioClient({
        wallet,
        store: dyingAt(write, store),
        fetch: counted(sandbox.fetch),
      })
      dying.submit(operation, input, options).catch(() => {})
      await pass(2_000)
      const second = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      const job = await played(second.submit(operation, input, options))
      expect(sandbox.settlements()).toHaveLength(1)
      expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
      await pass(400_000)
      await played(second.recover())
      const states = (await all(second.payments())).map(({ state }) => state)
      expect(states.filter((state) => state === 'settled')).toHaveLength(1)
      expect(states.filter((state) => state !== 'settled' && state !== 'released')).toEqual([])
    },
  )
})

describe('a process that stalls between signing and sending', () => {
  it('does not send what another one has taken over and sent', async () => {
    const store = memoryStore()
    const { wallet, sandbox } = createStudio({ store })
    const other = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    let taken: Promise<unknown> | undefined
    const stalling = {
      ...store,
      async set(key: string, value: Json, expected: string | undefined) {
        if (JSON.stringify(value).includes('"state":"sent"') && !taken) {
          vi.setSystemTime(Date.now() + 20_000)
          taken = other.submit(operation, input, options)
          await taken
        }
        return store.set(key, value, expected)
      },
    }
    const stalled = new StableStudioClient({ wallet, store: stalling, fetch: counted(sandbox.fetch) })
    const job = await played(stalled.submit(operation, input, options))
    expect(await taken).toEqual(job)
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
    expect(sandbox.jobs()).toHaveLength(1)
  })
})

describe('recover()', () => {
  it.each(Array.from({ length: 8 }, (_, at) => at + 1))(
    'after a process without a key died at its write %i: what was paid for is handed out',
    async (write) => {
      const store = memoryStore()
      const { wallet, sandbox } = createStudio({ store })
      const dying = new StableStudioClient({
        wallet,
        store: dyingAt(write, store),
        fetch: counted(sandbox.fetch),
      })
      dying.submit(operation, input).catch(() => {})
      await pass(20_000)
      const second = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      const recoveries = await played(second.recover())
      const handedOut = recoveries.flatMap(({ job }) => (job ? [job.id] : []))
      expect(handedOut).toEqual(sandbox.jobs().map(({ id }) => id))
      expect(sandbox.settlements()).toHaveLength(handedOut.length)
      expect(await played(second.recover())).toEqual([])
    },
  )

  it('ends in its time when the service does not answer, and loses nothing by it', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    for (const prompt of ['one', 'two']) {
      await played(failure(studio.submit(operation, { ...input, prompt }, { timeout: 5_000 })))
    }
    sandbox.faults.clear()
    sandbox.faults.add({ step: 'pay', kind: 'no-answer', times: Number.POSITIVE_INFINITY })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    const began = Date.now()
    const stuck = await played(studio.recover({ timeout: 20_000 }))
    expect(Date.now() - began).toBeLessThanOrEqual(22_000)
    expect(stuck.map(({ outcome }) => outcome)).toEqual(['still-open', 'still-open'])
    sandbox.faults.clear()
    const settled = await played(studio.recover())
    expect(settled.map(({ job }) => job?.id).sort()).toEqual(
      sandbox
        .jobs()
        .map(({ id }) => id)
        .sort(),
    )
    expect(sandbox.settlements()).toHaveLength(2)
    expect(await failure(studio.recover({ timeout: 0 }))).toMatchObject({ code: 'invalid_input' })
  })

  it('from two clients at once settles each attempt once', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const lost = Array.from({ length: 5 }, (_, at) =>
      failure(studio.submit(operation, { ...input, prompt: `lost ${at}` }, { timeout: 5_000 })),
    )
    await played(Promise.all(lost))
    sandbox.faults.clear()
    await pass(15_000)
    await played(Promise.all([studio.recover(), second.recover(), studio.recover()]))
    await pass(15_000)
    await played(second.recover())
    expect(sandbox.settlements()).toHaveLength(5)
    expect(sandbox.jobs()).toHaveLength(5)
    expect((await all(studio.payments())).map(({ state }) => state)).toEqual(Array(5).fill('settled'))
  })

  it('does not touch an attempt that another process is working on', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 30_000 })
    const running = studio.submit(operation, input)
    await pass(1_000)
    const [recovery] = await played(second.recover())
    expect(['job-found', 'still-open']).toContain(recovery?.outcome)
    const job = await played(running)
    expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('does not take a job for its own when nothing tells its input', async () => {
    const store = memoryStore()
    const { studio, sandbox } = createStudio({ store })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: 9 })
    await played(failure(studio.submit(operation, input, { timeout: 3_000 })))
    sandbox.faults.clear()
    for await (const key of store.keys('attempt/')) {
      const { value, version } = (await store.get(key)) ?? {}
      const { request, ...rest } = value as Record<string, Json>
      expect(request).toBeDefined()
      // The request says what was asked for, so no hashes have to.
      expect(rest.inputHashes).toBeUndefined()
      await store.set(key, rest, version)
    }
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    for await (const key of store.keys('job/')) expect.fail(`${key} was bound`)
  })

  it('without kept requests finds the job by hashes of the input, and never replays', async () => {
    const store = memoryStore()
    const { studio, sandbox } = createStudio({ store, keepRequests: false })
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: 9 })
    await played(failure(studio.submit(operation, input, { timeout: 3_000 })))
    const records: string[] = []
    for await (const key of store.keys('')) records.push(JSON.stringify((await store.get(key))?.value))
    expect(records.join()).not.toContain(input.prompt)
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
  })
})
