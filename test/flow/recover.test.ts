// `recover`: what a lost answer left open is found, sent once more, or proved dead. It never signs.

import { type Json, memoryStore } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, createPair, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('recover()', () => {
  it('finds the job of a payment whose answer was lost, and hands it out', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 5_000 })))
    sandbox.faults.clear()
    const [recovery] = await played(studio.recover())
    expect(recovery).toMatchObject({ outcome: 'job-found', attempt: { state: 'settled' } })
    if (!recovery?.job) throw new Error('recovered without a job')
    expect((await played(studio.wait(recovery.job))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('looks at one attempt alone when it is told which', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    for (const prompt of ['one', 'two'])
      await played(failure(studio.submit(operation, { ...input, prompt }, { timeout: 5_000 })))
    sandbox.faults.clear()
    const [, second] = await all(studio.payments())
    const recoveries = await played(studio.recover({ attemptId: second?.id }))
    expect(recoveries).toMatchObject([{ attempt: { id: second?.id, state: 'settled' } }])
    expect((await all(studio.payments())).map(({ state }) => state)).toEqual(['unknown', 'settled'])
  })

  it('that is ended by its signal leaves open what it has not settled', async () => {
    const { studio, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 5_000 })))
    sandbox.faults.clear()
    expect(await played(studio.recover({ signal: AbortSignal.abort() }))).toMatchObject([
      { outcome: 'still-open' },
    ])
    expect(await all(studio.payments())).toMatchObject([{ state: 'unknown' }])
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'replayed' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })

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

  it('collects at once what another process has given up', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    const stop = new AbortController()
    studio.on('payment.unknown', () => stop.abort())
    const error = await failure(studio.submit(operation, input, { signal: stop.signal }))
    expect(error).toMatchObject({ code: 'aborted', payment: 'unknown' })
    sandbox.faults.clear()
    // The clock stands still: its lease has not run out.
    expect(await second.recover()).toMatchObject([{ outcome: 'job-found', attempt: { state: 'settled' } }])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('sends nothing again while the request that was given up may still arrive', async () => {
    const { studio, second, sandbox } = createPair()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    const stop = new AbortController()
    studio.on('payment.unknown', () => stop.abort())
    await failure(studio.submit(operation, input, { signal: stop.signal }))
    const paid = () => sandbox.requests().filter((request) => request.paid).length
    const before = paid()
    const recovering = second.recover()
    await pass(5_000)
    expect(paid()).toBe(before)
    expect(await played(recovering)).toMatchObject([{ outcome: 'replayed' }])
    expect(paid()).toBe(before + 1)
    expect(sandbox.settlements()).toHaveLength(1)
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
