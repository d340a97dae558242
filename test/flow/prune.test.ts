// `prune`: old attempts go, after they are archived; what they spent stays spent, and what is open stays.
import { type Attempt, memoryStore, type PruneOptions } from 'stablestudio'
import { describe, expect, it, vi } from 'vitest'
import { played, start, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const day = 86_400_000

async function keysOf(store: ReturnType<typeof memoryStore>) {
  return (await all(store.keys(''))).filter((key) => /^(attempt|key|job)\//.test(key))
}

describe('prune', () => {
  it('removes closed attempts with their keys and jobs, and forgets no spending', async () => {
    const store = memoryStore()
    const { studio, sandbox } = createStudio({ store, limits: { total: '0.40' } })
    const job = await played(studio.submit(operation, input, { idempotencyKey: 'order-1' }))
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    vi.setSystemTime(start + 1_000)
    await played(failure(studio.submit(operation, { ...input, prompt: 'refused' })))
    vi.setSystemTime(start + 2 * day)
    await played(studio.submit(operation, input, { idempotencyKey: 'order-2' }))
    const archived: Attempt[] = []
    expect(await studio.prune({ olderThan: day, archive: (attempt) => archived.push(attempt) })).toBe(2)
    expect(archived).toMatchObject([{ id: job.attemptId, state: 'settled' }, { state: 'rejected' }])
    expect(await all(studio.payments())).toMatchObject([{ idempotencyKey: 'order-2' }])
    expect(await keysOf(store)).toHaveLength(3)
    expect(await studio.budget()).toMatchObject({ total: { spent: '0.34', reserved: '0.00' } })
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    expect(await studio.prune({ olderThan: day })).toBe(0)
  })

  it('leaves an open attempt with its key, however old, and the job that could be taken for its own', async () => {
    const store = memoryStore()
    const { studio, sandbox } = createStudio({ store, limits: { total: '1' } })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: 50 })
    await played(failure(studio.submit(operation, input, { idempotencyKey: 'open', timeout: 1_000 })))
    sandbox.faults.clear()
    const job = await played(studio.submit(operation, { ...input, prompt: 'another' }))
    vi.setSystemTime(start + 40 * day)
    // Its attempt stays with it: without that, no later call would find the job's record.
    expect(await studio.prune({ olderThan: 30 * day })).toBe(0)
    expect(await studio.payment({ idempotencyKey: 'open' })).toMatchObject({ state: 'unknown' })
    expect(await studio.payment(job.attemptId)).toMatchObject({ state: 'settled' })
    expect(await keysOf(store)).toContain(`job/${job.id}`)
    expect(await studio.budget()).toMatchObject({ total: { spent: '0.17', reserved: '0.17' } })
  })

  it('leaves a key that belongs to a later attempt by now', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    await played(failure(studio.submit(operation, input, { idempotencyKey: 'order' })))
    vi.setSystemTime(start + 2 * day)
    const job = await played(studio.submit(operation, input, { idempotencyKey: 'order' }))
    expect(await studio.prune({ olderThan: day })).toBe(1)
    expect(await studio.payment({ idempotencyKey: 'order' })).toMatchObject({ id: job.attemptId })
  })

  it('keeps what is not archived', async () => {
    const { studio } = createStudio()
    await played(studio.submit(operation, input))
    vi.setSystemTime(start + 2 * day)
    const archive = async () => Promise.reject(new Error('disk full'))
    expect(await failure(studio.prune({ olderThan: day, archive }))).toMatchObject({
      name: 'StoreError',
      payment: 'none',
      cause: { message: 'disk full' },
    })
    expect(await all(studio.payments())).toHaveLength(1)
    expect(await studio.prune({ olderThan: new Date(start + day).toISOString() })).toBe(1)
    expect(await all(studio.payments())).toEqual([])
  })

  it.each<[unknown, string]>([
    [{ olderThan: day - 1 }, '24 h'],
    [{ olderThan: new Date(start).toISOString() }, '24 h'],
    [{ olderThan: 0 }, 'an age in ms'],
    [{ olderThan: '30d' }, 'an age in ms'],
    [{ olderThen: day }, 'Did you mean olderThan?'],
    [{ olderThan: day, archive: 'file' }, 'must be a function'],
    [{}, 'is missing'],
    [undefined, 'is missing'],
  ])('refuses %j', async (options, said) => {
    const { studio } = createStudio()
    const issues = [{ message: expect.stringContaining(said) }]
    expect(await failure(studio.prune(options as PruneOptions))).toMatchObject({
      name: 'InvalidInputError',
      issues,
    })
  })
})
