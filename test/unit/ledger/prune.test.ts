// What must not go with the old attempts: spending that is not booked, and records that keep others from paying twice.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/ledger/store.ts'
import { auditOf, collect, draft, faultyStore, ledgerOn, overwrite, receipt, start } from './kit.ts'

const day = 86_400_000
const keep = async () => {}

beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('pruning', () => {
  it('leaves a settled attempt whose spending is not booked yet', async () => {
    let dead = false
    const memory = memoryStore()
    const store = faultyStore(
      {
        before(what, key) {
          if (dead && what === 'set' && key.startsWith('share/')) throw new Error('dead')
        },
      },
      memory,
    )
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    dead = true
    await ledgerOn(store)
      .settle(handle, receipt, { jobId: 'job_1' })
      .catch(() => {})
    vi.setSystemTime(start + 40 * day)
    expect(await ledgerOn(memory).prune(start + 2 * day, keep)).toBe(0)
    await ledgerOn(memory).book('att_1')
    expect(await ledgerOn(memory).prune(start + 2 * day, keep)).toBe(1)
    expect(await auditOf(memory)).toMatchObject({ spent: 170_000n, reserved: 0n })
  })

  it('leaves the record that was written for a process that may only be slow', async () => {
    const memory = memoryStore()
    let dead = false
    const before = (what: string, key: string) => {
      dead ||= what === 'set' && key.startsWith('attempt/')
      if (dead) throw new Error('asleep')
    }
    await ledgerOn(faultyStore({ before }, memory))
      .reserve(draft('att_1'))
      .catch(() => {})
    vi.setSystemTime(start + day)
    expect(await collect(ledgerOn(memory).open())).toEqual([])
    expect(await collect(memory.keys('attempt/'))).toEqual(['attempt/att_1'])
    vi.setSystemTime(start + 40 * day)
    expect(await ledgerOn(memory).prune(start + 20 * day, keep)).toBe(0)
  })

  it('removes nothing where a share cannot be read', async () => {
    const store = memoryStore()
    const ledger = ledgerOn(store)
    const handle = await ledger.reserve(draft('att_1'))
    await ledger.settle(handle, receipt, { jobId: 'job_1' })
    const [share = ''] = await collect(store.keys('share/'))
    await overwrite(store, share, { v: 2 })
    vi.setSystemTime(start + 40 * day)
    await expect(ledgerOn(store).prune(start + 2 * day, keep)).rejects.toMatchObject({
      code: 'store_corrupt',
    })
    expect(await collect(store.keys('attempt/'))).toHaveLength(1)
  })

  it('is completed by the next call, whichever delete it died at', async () => {
    for (const dieAt of [1, 2, 3]) {
      let deletes = Number.NEGATIVE_INFINITY
      const memory = memoryStore()
      const store = faultyStore(
        {
          before(what) {
            if (what === 'delete') deletes += 1
            if (deletes >= dieAt) throw new Error('dead')
          },
        },
        memory,
      )
      const ledger = ledgerOn(store)
      const handle = await ledger.reserve({ ...draft('att_1'), idempotencyKey: 'order' })
      await ledger.claimKey('order', 'hash', 'att_1')
      await ledger.settle(handle, receipt, { jobId: 'job_1' })
      await ledger.bindJob('job_1', 'att_1')
      deletes = 0
      await expect(ledger.prune(start + day, keep)).rejects.toMatchObject({ code: 'store_failed' })
      expect(await ledgerOn(memory).prune(start + day, keep)).toBe(1)
      for (const prefix of ['attempt/', 'key/', 'job/'])
        expect(await collect(memory.keys(prefix))).toEqual([])
    }
  })
})
