// One process at a time moves an attempt: its handle, and the lease by which it says so.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { leaseMs } from '../../../src/ledger/attempt.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import { draft, faultyStore, ledgerOn, overwrite, receipt, start } from './kit.ts'

const job = { jobId: 'job_1', pollUrl: '/api/jobs/job_1', jobCreatedAt: '2026-11-22T12:00:06.000Z' }

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a handle', () => {
  it('moves the record on, again and again', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    for (const state of ['signed', 'sent', 'unknown'] as const) {
      expect(await handle.update({ state })).toBe(true)
      expect(handle.record.state).toBe(state)
      expect((await store.get('attempt/att_1'))?.value).toEqual(handle.record)
    }
  })

  it('loses once another one moved the record, and writes nothing any more', async () => {
    const store = memoryStore()
    const [mine, other] = [ledgerOn(store), ledgerOn(store)]
    const handle = await mine.reserve(draft('att_1'))
    await handle.update({ state: 'signed' })
    const taken = await other.find('att_1')
    expect(await taken?.update({ state: 'released' })).toBe(true)
    expect(await handle.update({ state: 'sent' })).toBe(false)
    expect(await handle.update({ state: 'unknown' })).toBe(false)
    expect(await mine.settle(handle, receipt, job)).toBe(false)
    expect(await mine.close(handle, 'rejected')).toBe(false)
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'released' })
    expect((await store.get('spend'))?.value).toMatchObject({ spent: '0' })
  })

  it('lets one of many move the record when all found it at once', async () => {
    const store = memoryStore()
    await ledgerOn(store).reserve(draft('att_1'))
    const handles = await Promise.all(Array.from({ length: 20 }, () => ledgerOn(store).find('att_1')))
    const won = await Promise.all(handles.map((one, n) => one?.update({ state: 'sent', sentAt: `t${n}` })))
    expect(won.filter(Boolean)).toHaveLength(1)
    const again = await Promise.all(handles.map((one) => one?.update({ state: 'unknown' })))
    expect(again.indexOf(true)).toBe(won.indexOf(true))
    expect(again.filter(Boolean)).toHaveLength(1)
  })

  it('does its changes one after the other', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    const done = await Promise.all([
      handle.update({ state: 'signed' }),
      handle.update({ sentAt: 'a' }),
      handle.update({ state: 'sent' }),
    ])
    expect(done).toEqual([true, true, true])
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'sent', sentAt: 'a' })
  })

  it('goes on after a write that failed, whether or not it arrived', async () => {
    for (const when of ['before', 'after'] as const) {
      let broken = false
      const store = faultyStore({
        [when]: (operation: string) => {
          if (broken && operation === 'set') throw new Error('connection lost')
        },
      })
      const handle = await ledgerOn(store).reserve(draft('att_1'))
      broken = true
      await expect(handle.update({ state: 'signed' })).rejects.toMatchObject({ code: 'store_failed' })
      broken = false
      expect(await handle.update({ state: 'sent' })).toBe(true)
      expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'sent' })
    }
  })

  it('does not write on a record that became corrupt', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    await overwrite(store, 'attempt/att_1', { v: 1, id: 'att_1' })
    const before = await store.get('attempt/att_1')
    await expect(handle.update({ state: 'signed' })).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(await store.get('attempt/att_1')).toEqual(before)
  })

  it('loses when its record is gone', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    const entry = await store.get('attempt/att_1')
    await store.delete('attempt/att_1', entry?.version ?? '')
    expect(await handle.update({ state: 'signed' })).toBe(false)
  })

  it('drops a field that is set to undefined', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    await handle.update({ request: undefined } as never)
    expect(handle.record).not.toHaveProperty('request')
    expect((await store.get('attempt/att_1'))?.value).not.toHaveProperty('request')
  })
})

describe('a lease', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: start })
  })

  it('is renewed while the work runs, and leaves no timer behind', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    let finish: (value: string) => void = () => {}
    const work = handle.leased(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve
        }),
    )
    for (let passed = 0; passed < 60_000; passed += 1000) {
      await vi.advanceTimersByTimeAsync(1000)
      const record = (await store.get('attempt/att_1'))?.value as { inFlightUntil: number }
      expect(record.inFlightUntil).toBeGreaterThan(Date.now())
      expect(record.inFlightUntil).toBeLessThanOrEqual(Date.now() + leaseMs)
    }
    finish('done')
    await expect(work).resolves.toBe('done')
    expect(vi.getTimerCount()).toBe(0)
    const before = await store.get('attempt/att_1')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await store.get('attempt/att_1')).toEqual(before)
  })

  it('ends with work that throws', async () => {
    const handle = await ledgerOn(memoryStore()).reserve(draft('att_1'))
    await expect(handle.leased(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not renewed on a record that another process took over', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    const work = handle.leased(() => new Promise<void>((resolve) => setTimeout(resolve, 30_000)))
    const taken = await ledgerOn(store).find('att_1')
    await taken?.update({ state: 'released', inFlightUntil: 0 })
    await vi.advanceTimersByTimeAsync(30_000)
    await work
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'released', inFlightUntil: 0 })
  })

  it('does not disturb the work when the store fails', async () => {
    let broken = false
    const store = faultyStore({
      before: () => {
        if (broken) throw new Error('connection lost')
      },
    })
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    broken = true
    const work = handle.leased(async () => {
      await vi.advanceTimersByTimeAsync(20_000)
      return 'done'
    })
    await expect(work).resolves.toBe('done')
    expect(vi.getTimerCount()).toBe(0)
  })
})
