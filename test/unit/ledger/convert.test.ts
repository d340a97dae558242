// A ledger of version 0.1: its one record becomes a budget with shares, and clients of 0.1 refuse to go on beside it.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import type { Json } from '../../../src/types.ts'
import {
  auditOf,
  collect,
  draft,
  faultyStore,
  ledgerOn,
  overwrite,
  receipt,
  spendingOn,
  start,
} from './kit.ts'

const until = start + 360_000
const old = {
  v: 1,
  spent: '5000',
  days: { '2026-11-20': '2000', '2026-11-22': '3000' },
  open: {
    att_1: { amount: '100', day: '2026-11-21', until },
    att_2: { amount: '200', day: '2026-11-22', until, leaseUntil: start + 9_000 },
    att_3: { amount: '300', day: '2026-11-22', until },
  },
}
const reservation = (attemptId: string, amount: bigint) => ({ attemptId, amount, until })

/** As version 0.1 reads and writes it. */
const oldRecord = z.object({
  v: z.literal(1),
  spent: z.string(),
  days: z.record(z.string(), z.string()),
  open: z.record(z.string(), z.object({ amount: z.string(), day: z.string(), until: z.number() })),
})
async function reserveAsOld(store: PaymentStore, id: string, amount: bigint): Promise<void> {
  for (;;) {
    const cell = await store.get('spend')
    const record = oldRecord.parse(cell?.value ?? { v: 1, spent: '0', days: {}, open: {} })
    const entry = { amount: amount.toString(), day: '2026-11-22', until }
    const next = { ...record, open: { ...record.open, [id]: entry } }
    if (await store.set('spend', next, cell?.version)) return
  }
}

async function storeWith(record: Json): Promise<PaymentStore> {
  const store = memoryStore()
  await overwrite(store, 'spend', record)
  return store
}

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['Date'] })
})

describe('the first writer', () => {
  it('moves what is spent and what is open, to the day of each', async () => {
    const store = await storeWith(old)
    const limits = { perDay: 3_600n, total: 5_800n }
    await spendingOn(store, limits).reserve(reservation('new', 100n))
    await expect(spendingOn(store, limits).reserve(reservation('more', 1n))).rejects.toMatchObject({
      code: 'limit_per_day',
      spent: '0.003',
      reserved: '0.0006',
    })
    expect(await auditOf(store, limits)).toMatchObject({
      spent: 5_000n,
      reserved: 700n,
      days: { '2026-11-20': 2_000n, '2026-11-22': 3_000n },
      open: expect.arrayContaining(['att_1', 'att_2', 'att_3', 'new']),
    })
    expect(await collect(store.keys('share/2026-11-21/'))).toEqual(['share/2026-11-21/legacy'])
  })

  it('is followed by one that goes on, wherever it died', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let dieAt = 1; dieAt <= 6; dieAt += 1) {
        const store = await storeWith(old)
        let writes = 0
        const dying = faultyStore(
          {
            [when]: (operation: string) => {
              if (operation === 'set') writes += 1
              if (writes >= dieAt) throw new Error('dead')
            },
          },
          store,
        )
        await spendingOn(dying)
          .reserve(reservation('lost', 50n))
          .catch(() => {})
        const next = spendingOn(store)
        await next.reserve(reservation('new', 50n))
        const { spent, open } = await auditOf(store)
        expect(spent).toBe(5_000n)
        expect(open).toEqual(expect.arrayContaining(['att_1', 'att_2', 'att_3', 'new']))
      }
    }
  })

  it('is one of many, and loses nothing of a client of 0.1 that writes meanwhile', async () => {
    const store = await storeWith(old)
    const before = Array.from({ length: 5 }, (_, n) =>
      reserveAsOld(store, `old-${n}`, 1n).then(
        () => `old-${n}`,
        () => undefined,
      ),
    )
    const after = Array.from({ length: 5 }, (_, n) =>
      spendingOn(store)
        .reserve(reservation(`new-${n}`, 1n))
        .then(() => `new-${n}`),
    )
    const done = (await Promise.all([...before, ...after])).filter((id) => id !== undefined)
    expect((await auditOf(store)).open.sort()).toEqual(['att_1', 'att_2', 'att_3', ...done].sort())
  })

  it('books and releases what a record of 0.1 does not name the share of', async () => {
    const store = await storeWith({ ...old, open: { att_9: { amount: '170000', day: '2026-11-22', until } } })
    const { request: _request, ...record } = draft('att_9')
    await overwrite(store, 'attempt/att_9', { ...record, v: 1, state: 'unknown' } as unknown as Json)
    const ledger = ledgerOn(store)
    const [handle] = await collect(ledger.open())
    expect(handle?.record.id).toBe('att_9')
    if (handle) await ledger.settle(handle, receipt, { jobId: 'job_1' })
    expect(await auditOf(store)).toMatchObject({ spent: 175_000n, reserved: 0n })
  })
})

describe('a client of version 0.1', () => {
  it.each([['old'], ['new']])('reserves nothing beside a later one, on an %s store', async (which) => {
    const store = which === 'old' ? await storeWith(old) : memoryStore()
    await spendingOn(store).reserve(reservation('new', 1n))
    const before = await store.get('spend')
    await expect(reserveAsOld(store, 'old', 1n)).rejects.toThrow()
    expect(await store.get('spend')).toEqual(before)
  })
})

describe('a ledger of a later version', () => {
  it.each(['spend', 'budget'])('is refused with the reason, and left alone: %s', async (key) => {
    const store = memoryStore()
    await overwrite(store, key, { v: 3, spent: '0', days: {}, grants: {}, open: {} })
    const before = await store.get(key)
    await expect(ledgerOn(store).reserve(draft('att_1'))).rejects.toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining('later version'),
    })
    expect(await collect(store.keys(''))).toEqual([key])
    expect(await store.get(key)).toEqual(before)
  })

  it('in an attempt is refused, too', async () => {
    const store = memoryStore()
    const { record } = await ledgerOn(store).reserve(draft('att_1'))
    await overwrite(store, 'attempt/att_1', { ...record, v: 2 } as unknown as Json)
    await expect(ledgerOn(store).find('att_1')).rejects.toThrow('later version')
  })
})

describe('a share that cannot be read', () => {
  const corrupt = { v: 2, granted: '1000000', spent: '-5', open: {} }

  it('stops its own process and is left alone', async () => {
    const store = memoryStore()
    const ledger = ledgerOn(store, { total: 1_000_000n })
    const { share } = (await ledger.reserve(draft('att_1'))).record
    await overwrite(store, `share/${share}`, corrupt)
    const before = await store.get(`share/${share}`)
    for (const id of ['att_2', 'att_3'])
      await expect(ledger.reserve(draft(id))).rejects.toMatchObject({
        code: 'store_corrupt',
        payment: 'none',
        details: expect.stringContaining('share/'),
      })
    expect(await store.get(`share/${share}`)).toEqual(before)
    expect(await collect(store.keys('attempt/'))).toEqual(['attempt/att_1'])
  })

  it('stops another process only where it would take rights from it', async () => {
    const store = memoryStore()
    const limits = { total: 500_000n }
    const { share } = (await ledgerOn(store, limits).reserve(draft('att_1'))).record
    await overwrite(store, `share/${share}`, corrupt)
    const other = ledgerOn(store, limits)
    await other.reserve(draft('att_2'))
    expect((await collect(other.open())).map(({ record }) => record.id)).toEqual(['att_2'])
    await expect(other.reserve(draft('att_3'))).rejects.toMatchObject({ code: 'store_corrupt' })
    expect((await store.get(`share/${share}`))?.value).toEqual(corrupt)
  })
})
