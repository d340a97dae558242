// A process does not read again what it has just written; and what it remembers of that decides nothing but a write.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { indexedDbStore } from '../../../src/entries/browser.ts'
import { fileStore } from '../../../src/entries/node.ts'
import { redisStore } from '../../../src/entries/redis.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import { createCells } from '../../../src/ledger/cells.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { madeBy } from '../../../src/ledger/written.ts'
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts'
import { createStudio } from '../../support/studio.ts'
import { draft, ledgerOn } from './kit.ts'

const counter = z.object({ n: z.number() })
type Counter = z.infer<typeof counter> | undefined
const increment = (value: Counter) => ({ n: (value?.n ?? 0) + 1 })

/** Counts what this very store is asked. */
function counted(store: PaymentStore) {
  const asked = { reads: 0, writes: 0 }
  const { get, set } = store
  Object.assign(store, {
    get(...read: Parameters<typeof get>) {
      asked.reads += 1
      return get(...read)
    },
    set(...write: Parameters<typeof set>) {
      asked.writes += 1
      return set(...write)
    },
  })
  return { store, asked }
}

/** Its versions are not those of the store inside, whose promises it hands on. Others are none to it, or an error. */
function renaming(store: PaymentStore, isStrict = false): PaymentStore {
  const inner = new Map<string, string>()
  return {
    ...store,
    async get(key) {
      const entry = await store.get(key)
      if (!entry) return undefined
      const version = `v-${entry.version}`
      inner.set(version, entry.version)
      return { ...entry, version }
    },
    set(key, value, expected) {
      if (isStrict && expected !== undefined && !inner.has(expected)) throw new Error('no version of mine')
      return store.set(key, value, expected && inner.get(expected))
    },
  }
}

describe('a record that this process wrote last', () => {
  it('is changed without being read again', async () => {
    const { store, asked } = counted(memoryStore())
    const cells = createCells(store)
    for (let n = 0; n < 10; n += 1) await cells.update('k', counter, increment)
    expect(asked).toEqual({ reads: 1, writes: 10 })
    expect((await store.get('k'))?.value).toEqual({ n: 10 })
  })

  it('loses no change of others', async () => {
    const store = memoryStore()
    const all = Array.from({ length: 5 }, () => createCells(store))
    for (let n = 0; n < 10; n += 1)
      await Promise.all(all.map((cells) => cells.update('k', counter, increment)))
    expect((await store.get('k'))?.value).toEqual({ n: 50 })
  })

  it('leads to no refusal and to no rest: those are decided by what the store has', async () => {
    const store = memoryStore()
    const [mine, other] = [createCells(store), createCells(store)]
    await mine.update('k', counter, () => ({ n: 0 }))
    const most = (limit: number) => (value: Counter) => {
      if (value && value.n < limit) return increment(value)
      throw new Error(`${value?.n} is the most`)
    }
    await other.update('k', counter, () => ({ n: -5 }))
    await mine.update('k', counter, most(0))
    expect((await store.get('k'))?.value).toEqual({ n: -4 })
    await other.update('k', counter, () => ({ n: 7 }))
    await expect(mine.update('k', counter, most(0))).rejects.toThrow('7 is the most')
    await mine.update('k', counter, increment)
    await other.update('k', counter, () => ({ n: 20 }))
    await mine.update('k', counter, (value) => (value?.n === 20 ? { n: 21 } : undefined))
    expect((await store.get('k'))?.value).toEqual({ n: 21 })
  })

  it('is read when the write of it failed, as it may have arrived', async () => {
    const inner = memoryStore()
    let broken = false
    const { store, asked } = counted({
      ...inner,
      async set(...write) {
        await inner.set(...write)
        if (broken) throw new Error('the answer is lost')
        return true
      },
    })
    const cells = createCells(store)
    await cells.update('k', counter, increment)
    broken = true
    await expect(cells.update('k', counter, increment)).rejects.toMatchObject({ code: 'store_failed' })
    broken = false
    const { reads } = asked
    await cells.update('k', counter, increment)
    expect(asked.reads).toBeGreaterThan(reads)
    expect((await inner.get('k'))?.value).toEqual({ n: 3 })
  })

  it('is not made anew when another has deleted it, whatever a store around hands on', async () => {
    const inner = memoryStore()
    const cells = createCells(renaming(inner))
    for (let n = 0; n < 3; n += 1) await cells.update('k', counter, increment)
    expect(await inner.delete('k', (await inner.get('k'))?.version ?? '')).toBe(true)
    await cells.update('k', counter, increment)
    expect((await inner.get('k'))?.value).toEqual({ n: 1 })
  })

  it.each([false, true])('is read in a store with versions of its own (strict: %s)', async (isStrict) => {
    const store = renaming(memoryStore(), isStrict)
    const cells = createCells(store)
    for (let n = 0; n < 5; n += 1) await cells.update('k', counter, increment)
    expect((await store.get('k'))?.value).toEqual({ n: 5 })
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    for (const state of ['signed', 'sent', 'unknown'] as const)
      expect(await handle.update({ state })).toBe(true)
    expect((await store.get('attempt/att_1'))?.value).toMatchObject({ state: 'unknown' })
  })
})

describe('an attempt', () => {
  it('is read by none of its own steps', async () => {
    const { store, asked } = counted(memoryStore())
    const handle = await ledgerOn(store).reserve(draft('att_1'))
    const { reads } = asked
    for (const state of ['signed', 'sent', 'unknown'] as const)
      expect(await handle.update({ state })).toBe(true)
    expect(asked.reads).toBe(reads)
  })

  it('needs seven writes from its price to its job, and no read', async () => {
    const { store, asked } = counted(memoryStore())
    const { studio } = createStudio({ store, limits: { perDay: '100' } })
    const pay = () => studio.submit('gpt-image-1.5/generate', { prompt: 'x' })
    // The first ones find their share, and what it is granted ahead.
    for (let n = 0; n < 10; n += 1) await pay()
    Object.assign(asked, { reads: 0, writes: 0 })
    await pay()
    expect(asked).toEqual({ reads: 0, writes: 7 })
  })
})

describe('the version that a store tells', () => {
  let folder = ''
  let server: RedisServer | undefined
  let client: Redis | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stablestudio-'))
    server = hasRedis() ? await startRedis() : undefined
    client = server && new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    client?.disconnect()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(() => {
    vi.stubGlobal('indexedDB', new IDBFactory())
    vi.stubGlobal('IDBKeyRange', IDBKeyRange)
  })

  const stores: [string, () => PaymentStore | undefined][] = [
    ['memory', () => memoryStore()],
    ['SQLite', () => sqliteStore(join(folder, 'ledger.db'))],
    ['files', () => fileStore(join(folder, 'files'))],
    ['IndexedDB', () => indexedDbStore('versions')],
    ['Redis', () => client && redisStore(client)],
  ]
  it.each(stores)('is the one that it then has (%s)', async (_name, open) => {
    const store = open()
    if (!store) return
    let expected: string | undefined
    for (const value of [1, 2, 3]) {
      const written = store.set('k', value, expected)
      expect(await written).toBe(true)
      expected = (await store.get('k'))?.version
      expect(madeBy(store, written).version).toBe(expected)
      expect(madeBy({ ...store }, written)).toEqual({})
    }
    expect(await store.delete('k', expected ?? '')).toBe(true)
    const again = store.set('k', 4, undefined)
    expect(await again).toBe(true)
    expect(madeBy(store, again).version).toBe((await store.get('k'))?.version)
  })
})
