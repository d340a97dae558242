import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LimitExceededError, StoreError } from '../../../src/errors.ts'
import { settlementMarginMs } from '../../../src/ledger/ledger.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { auditOf, collect, draft, faultyStore, ledgerOn, overwrite, payTo, receipt, start } from './kit.ts'

const job = { jobId: 'job_1', pollUrl: '/api/jobs/job_1', jobCreatedAt: '2026-11-22T12:00:06.000Z' }
const usd = (dollars: number) => BigInt(Math.round(dollars * 1_000_000))
/** What is spent, and which attempts have an amount set aside. */
async function spendIn(store: PaymentStore) {
  const { spent, open } = await auditOf(store)
  return { spent: spent.toString(), open }
}

/** Long after the authorization of a draft has run out. */
const later = () => vi.setSystemTime(Date.now() + 300_000 + settlementMarginMs + 2000)

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('reserve', () => {
  it('writes the attempt before anything is signed', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    expect(handle.record).toMatchObject({ v: 1, id: 'att_1', state: 'reserved' })
    expect((await store.get('attempt/att_1'))?.value).toEqual(handle.record)
  })

  it('keeps the limits under 200 concurrent calls, with as many records as reservations', async () => {
    const store = memoryStore()
    const ledgers = Array.from({ length: 4 }, () => ledgerOn(store, { perDay: usd(5) }))
    const settled = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => ledgers[n % 4]?.reserve(draft(`att_${n}`))),
    )
    const refused = settled.filter((one) => one.status === 'rejected')
    for (const { reason } of refused) expect(reason).toBeInstanceOf(LimitExceededError)
    expect(settled.length - refused.length).toBe(29)
    expect(await collect(ledgerOn(store).all())).toHaveLength(29)
    expect(await collect(ledgerOn(store).open())).toHaveLength(29)
  })

  it('gives the amount back when the attempt cannot be written', async () => {
    let full = true
    const store = faultyStore({
      before: (operation, key) => {
        if (full && operation === 'set' && key.startsWith('attempt/')) throw new Error('disk full')
      },
    })
    const ledger = ledgerOn(store, { total: usd(0.17) })
    await expect(ledger.reserve(draft('att_1'))).rejects.toMatchObject({ code: 'store_failed' })
    full = false
    await ledger.reserve(draft('att_2'))
  })

  it('refuses an id that is taken', async () => {
    const ledger = ledgerOn(memoryStore())
    await ledger.reserve(draft('att_1'))
    await expect(ledger.reserve(draft('att_1'))).rejects.toBeInstanceOf(StoreError)
  })

  it('pays nothing when the store cannot be read', async () => {
    const store = faultyStore({
      before: () => {
        throw new Error('unreachable')
      },
    })
    await expect(ledgerOn(store).reserve(draft('att_1'))).rejects.toMatchObject({
      code: 'store_failed',
      payment: 'none',
    })
  })
})

describe('the end of an attempt', () => {
  it('as settled counts its amount once, keeps the receipt and forgets the request', async () => {
    const store = memoryStore()
    const ledger = ledgerOn(store)
    const handle = await ledger.reserve(draft('att_1'))
    expect(await ledger.settle(handle, receipt, job)).toBe(true)
    await ledger.settle(handle, receipt, job)
    expect(await spendIn(store)).toEqual({ spent: '170000', open: [] })
    const record = (await store.get('attempt/att_1'))?.value
    expect((await ledger.find('att_1'))?.record).toMatchObject({ state: 'settled', receipt, ...job })
    expect(JSON.stringify(record)).not.toContain('c2VjcmV0')
    expect(JSON.stringify(record)).not.toContain('prompt')
  })

  it.each(['rejected', 'released'] as const)('as %s gives its amount back', async (state) => {
    const store = memoryStore()
    const ledger = ledgerOn(store, { total: usd(0.17) })
    const handle = await ledger.reserve(draft('att_1'))
    expect(await ledger.close(handle, state)).toBe(true)
    expect(await spendIn(store)).toEqual({ spent: '0', open: [] })
    expect(JSON.stringify((await store.get('attempt/att_1'))?.value)).not.toContain('c2VjcmV0')
    await ledger.reserve(draft('att_2'))
  })

  it('is shown, oldest first, without anything secret', async () => {
    const ledger = ledgerOn(memoryStore())
    const second = await ledger.reserve({ ...draft('att_2'), idempotencyKey: 'order-2' })
    await ledger.reserve(draft('att_1', 134_000n))
    await ledger.settle(second, receipt, job)
    const shown = await collect(ledger.all())
    expect(shown).toEqual([
      {
        id: 'att_1',
        operation: 'gpt-image-1/generate',
        state: 'reserved',
        usd: '0.134',
        createdAt: '2026-11-22T12:00:00.000Z',
        validBefore: '2026-11-22T12:05:00.000Z',
      },
      expect.objectContaining({
        id: 'att_2',
        state: 'settled',
        jobId: 'job_1',
        receipt,
        idempotencyKey: 'order-2',
      }),
    ])
    expect(JSON.stringify(shown)).not.toMatch(/c2VjcmV0|prompt|0x1111/)
  })
})

describe('reservations of crashed processes', () => {
  it.each(['reserved', 'signed'] as const)('lapse once they cannot pay any more: %s', async (state) => {
    const store = memoryStore()
    const crashed = await ledgerOn(store).reserve(draft('att_1'))
    if (state === 'signed') await crashed.update({ state })
    const ledger = ledgerOn(store, { total: usd(0.17) })
    await expect(ledger.reserve(draft('att_2'))).rejects.toBeInstanceOf(LimitExceededError)
    later()
    await ledger.reserve(draft('att_2'))
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'released' })
    expect(JSON.stringify((await store.get('attempt/att_1'))?.value)).not.toContain('c2VjcmV0')
  })

  it.each(['sent', 'unknown'] as const)('do not lapse when they may have paid: %s', async (state) => {
    const store = memoryStore()
    const crashed = await ledgerOn(store).reserve(draft('att_1'))
    await crashed.update({ state })
    later()
    const ledger = ledgerOn(store, { total: usd(0.17) })
    await expect(ledger.reserve(draft('att_2'))).rejects.toBeInstanceOf(LimitExceededError)
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state })
  })

  it('do not lapse before their authorization has run out, margin included', async () => {
    const store = memoryStore()
    await ledgerOn(store).reserve(draft('att_1'))
    const ledger = ledgerOn(store, { total: usd(0.17) })
    vi.setSystemTime(start + 300_000 + settlementMarginMs - 1000)
    await expect(ledger.reserve(draft('att_2'))).rejects.toBeInstanceOf(LimitExceededError)
  })

  it('that never got a record are given back, but not before time', async () => {
    const store = memoryStore()
    // Died between the two writes.
    const spend = {
      v: 1,
      spent: '0',
      days: {},
      open: { att_1: { amount: '170000', day: '2026-11-22', until: start + 360_000 } },
    }
    await overwrite(store, 'spend', spend)
    const ledger = ledgerOn(store, { total: usd(0.17) })
    await expect(ledger.reserve(draft('att_2'))).rejects.toBeInstanceOf(LimitExceededError)
    expect(await collect(ledger.open())).toEqual([])
    expect(await spendIn(store)).toEqual({ spent: '0', open: ['att_1'] })
    later()
    await ledger.reserve(draft('att_2'))
  })

  it('that settled without being booked count and stay listed until they are booked', async () => {
    const store = memoryStore()
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    // Dies between the record and the count.
    await handle.update({ state: 'settled', receipt })
    expect(await spendIn(store)).toMatchObject({ spent: '0' })
    // Whoever lists them, or meets a limit, takes nothing from the recover() that hands out what they bought.
    expect(await collect(ledgerOn(store).open())).toHaveLength(1)
    const tight = ledgerOn(store, { total: 200_000n })
    await expect(tight.reserve(draft('att_2'))).rejects.toMatchObject({ code: 'limit_total' })
    expect(await collect(ledgerOn(store).open())).toHaveLength(1)
    await ledgerOn(store).book('att_1')
    expect(await spendIn(store)).toEqual({ spent: '170000', open: [] })
    expect(await collect(ledgerOn(store).open())).toEqual([])
  })
})

describe('an idempotency key', () => {
  it('stands for one attempt, whoever claims it', async () => {
    const store = memoryStore()
    const claims = Array.from({ length: 20 }, (_, n) => ledgerOn(store).claimKey('order-1', 'h', `att_${n}`))
    const won = await Promise.all(claims)
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await ledgerOn(store).findKey('order-1')).toMatchObject({ attemptId: `att_${won.indexOf(true)}` })
  })

  it('can be handed on only from the attempt that it stands for', async () => {
    const ledger = ledgerOn(memoryStore())
    expect(await ledger.claimKey('k', 'h', 'att_1')).toBe(true)
    expect(await ledger.claimKey('k', 'h', 'att_2')).toBe(false)
    expect(await ledger.claimKey('k', 'h', 'att_2', 'att_0')).toBe(false)
    expect(await ledger.claimKey('k', 'h2', 'att_2', 'att_1')).toBe(true)
    expect(await ledger.claimKey('k', 'h', 'att_3', 'att_1')).toBe(false)
    expect(await ledger.findKey('k')).toMatchObject({ attemptId: 'att_2', inputHash: 'h2' })
  })

  it('is not readable in the store, and does not collide with a path', async () => {
    const store = memoryStore()
    await ledgerOn(store).claimKey('customer@example.com/../secret', 'h', 'att_1')
    const keys = await collect(store.keys(''))
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatch(/^key\/[0-9a-f]{32}$/)
    expect(await ledgerOn(store).findKey('another')).toBeUndefined()
  })
})

describe('a job', () => {
  it('belongs to one attempt only', async () => {
    const store = memoryStore()
    const bound = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ledgerOn(store).bindJob('job_1', `att_${n}`)),
    )
    expect(bound.filter(Boolean)).toHaveLength(1)
    const owner = `att_${bound.indexOf(true)}`
    expect(await ledgerOn(store).ownerOfJob('job_1')).toBe(owner)
    expect(await ledgerOn(store).bindJob('job_1', owner)).toBe(true)
    expect(await ledgerOn(store).bindJob('job_1', 'att_x')).toBe(false)
    expect(await ledgerOn(store).ownerOfJob('job_2')).toBeUndefined()
  })
})

describe('a payee', () => {
  it('is pinned once on each network of each service', async () => {
    const store = memoryStore()
    const ledger = ledgerOn(store)
    expect(await ledger.pinnedPayee('eip155:8453')).toBeUndefined()
    expect(await ledger.pinPayee('eip155:8453', payTo)).toEqual({ payTo, pinned: true })
    expect(await ledger.pinPayee('eip155:8453', '0xother')).toEqual({ payTo, pinned: false })
    expect(await ledger.pinPayee('eip155:84532', '0xother')).toEqual({ payTo: '0xother', pinned: true })
    expect(await ledger.pinnedPayee('eip155:8453')).toBe(payTo)
  })

  it('is pinned once by 20 processes at once', async () => {
    const store = memoryStore()
    const pins = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ledgerOn(store).pinPayee('eip155:8453', `0x${n}`)),
    )
    expect(pins.filter(({ pinned }) => pinned)).toHaveLength(1)
    expect(new Set(pins.map((pin) => pin.payTo)).size).toBe(1)
  })
})
