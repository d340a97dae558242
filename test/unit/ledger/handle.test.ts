// One process at a time moves an attempt: its handle, and the lease by which it says so.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAttemptId, leaseMs } from '../../../src/ledger/attempt.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import { auditOf, collect, draft, faultyStore, ledgerOn, overwrite, receipt, start } from './kit.ts'

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
    expect(await auditOf(store)).toMatchObject({ spent: 0n })
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

describe('a settled record', () => {
  const transaction = `0x${'ab'.repeat(32)}`
  const paid = { ...receipt, transaction }

  async function settled(id: string) {
    const store = memoryStore()
    const ledger = ledgerOn(store)
    const handle = await ledger.reserve({
      ...draft(id),
      method: 'x402',
      idempotencyKey: 'order-2026-11-26-0001',
    })
    await handle.update({ state: 'sent', sentAt: '2026-11-22T12:00:01.000Z' })
    const pollUrl = 'https://stablestudio.dev/api/jobs/cmq8sn2ty000204l7mgs0umpc'
    await ledger.settle(handle, paid, { ...job, jobId: 'cmq8sn2ty000204l7mgs0umpc', pollUrl })
    return { store, ledger, pollUrl }
  }

  it('says nothing twice, and is read as if it had', async () => {
    const { store, ledger, pollUrl } = await settled(createAttemptId())
    const [key = ''] = await collect(store.keys('attempt/'))
    const text = JSON.stringify((await store.get(key))?.value)
    expect(text.length).toBeLessThan(700)
    expect(text.match(new RegExp(receipt.payTo, 'g'))).toHaveLength(1)
    const found = (await ledger.find(key.slice('attempt/'.length)))?.record
    expect(found).toMatchObject({
      origin: 'https://stablestudio.dev',
      path: '/api/generate/gpt-image-1/generate',
      method: 'x402',
      pollUrl,
      receipt: paid,
    })
    expect(await collect(ledger.all())).toMatchObject([{ receipt: paid, usd: '0.17' }])
  })

  it('can be changed, and tells what is not as usual', async () => {
    const { ledger } = await settled('att_1')
    const handle = await ledger.find('att_1')
    const odd = {
      origin: 'https://test.example',
      path: '/api/upload',
      pollUrl: 'https://test.example/jobs/1',
    }
    expect(await handle?.update(odd)).toBe(true)
    expect(await handle?.update({ jobCreatedAt: 'later' })).toBe(true)
    expect((await ledger.find('att_1'))?.record).toMatchObject({
      ...odd,
      jobCreatedAt: 'later',
      receipt: paid,
    })
  })

  it('of version 0.1 is read as it is', async () => {
    const { store, ledger } = await settled('att_1')
    const old = { ...draft('att_1'), v: 1, state: 'settled', ...job, receipt: paid, request: undefined }
    await overwrite(store, 'attempt/att_1', JSON.parse(JSON.stringify(old)))
    expect((await ledger.find('att_1'))?.record).toMatchObject({ ...job, nonce: old.nonce, receipt: paid })
  })
})
