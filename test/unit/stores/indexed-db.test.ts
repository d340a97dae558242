import { IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { indexedDbStore } from '../../../src/entries/browser.ts'
import { all, failure } from '../../support/studio.ts'
import { storeConformance } from '../ledger/conformance.ts'

let made = 0
const open = async (name: string) => indexedDbStore(name)

storeConformance('indexedDbStore', async () => {
  stubIndexedDb()
  made += 1
  const name = `store ${made}`
  return { store: await open(name), again: () => open(name) }
})

/** A fresh browser profile. */
function stubIndexedDb(): IDBFactory {
  const factory = new IDBFactory()
  vi.stubGlobal('indexedDB', factory)
  vi.stubGlobal('IDBKeyRange', IDBKeyRange)
  return factory
}

/** Another connection, as another tab would have it. */
function connect(factory: IDBFactory, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open('app', version)
    request.onupgradeneeded = () => {
      if (version !== 1) request.result.createObjectStore('other')
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

describe('indexedDbStore', () => {
  it('says so where there is no IndexedDB', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await failure(indexedDbStore().get('k'))).toMatchObject({
      name: 'StoreError',
      code: 'store_failed',
    })
  })

  it('asks for every write to reach the disk', async () => {
    stubIndexedDb()
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction')
    await indexedDbStore('app').set('k', 1, undefined)
    expect(transaction.mock.calls.at(-1)).toEqual(['records', 'readwrite', { durability: 'strict' }])
  })

  it('rejects a write that finds no room, and keeps what was there', async () => {
    stubIndexedDb()
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    const { version } = (await store.get('k')) ?? {}
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    })
    expect(await failure(store.set('k', 2, version))).toMatchObject({ name: 'QuotaExceededError' })
    full.mockRestore()
    expect(await store.get('k')).toEqual({ value: 1, version })
  })

  it('makes way for whoever deletes the database, and goes on afterwards', async () => {
    const factory = stubIndexedDb()
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    await new Promise((resolve) => {
      factory.deleteDatabase('app').onsuccess = resolve
    })
    expect(await store.get('k')).toBeUndefined()
    expect(await store.set('k', 2, undefined)).toBe(true)
  })

  const losses = [
    ['InvalidStateError', 'The database connection is closing.'],
    ['UnknownError', 'Connection to Indexed Database server lost. Refresh the page to try again'],
    ['AbortError', 'The connection was closed.'],
    ['TransactionInactiveError', 'Connection to Indexed Database server lost.'],
  ] as const

  it.each(losses)('opens anew after its connection was closed under it: %s', async (name, message) => {
    const factory = stubIndexedDb()
    const opened = vi.spyOn(factory, 'open')
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    const { version } = (await store.get('k')) ?? {}
    const lose = () =>
      vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
        throw new DOMException(message, name)
      })
    lose()
    expect((await store.get('k'))?.value).toBe(1)
    lose()
    expect(await store.set('k', 2, version)).toBe(true)
    lose()
    expect(await all(store.keys(''))).toEqual(['k'])
    expect(opened).toHaveBeenCalledTimes(4)
  })

  it.each(losses)('knows a write again whose %s came after it was stored', async (name, message) => {
    stubIndexedDb()
    const store = indexedDbStore('app')
    const loseAfter = () => {
      const begin = IDBDatabase.prototype.transaction
      vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (
        this: IDBDatabase,
        ...given: Parameters<typeof begin>
      ) {
        const transaction = begin.apply(this, given)
        Object.defineProperty(transaction, 'oncomplete', {
          set: () =>
            transaction.addEventListener('complete', () => {
              Object.defineProperty(transaction, 'error', { value: new DOMException(message, name) })
              transaction.onabort?.(new Event('abort') as never)
            }),
        })
        return transaction
      })
    }
    loseAfter()
    expect(await store.set('k', 1, undefined)).toBe(true)
    const first = (await store.get('k'))?.version ?? ''
    loseAfter()
    expect(await store.set('k', 2, first)).toBe(true)
    const second = await store.get('k')
    expect(second?.value).toBe(2)
    expect(await store.set('k', 3, first)).toBe(false)
    loseAfter()
    expect(await store.delete('k', second?.version ?? '')).toBe(true)
    expect(await store.delete('k', second?.version ?? '')).toBe(false)
  })

  it('gives up on a connection that is lost again and again, and goes on once it is there', async () => {
    stubIndexedDb()
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    const lost = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('server lost', 'UnknownError')
    })
    expect(await failure(store.get('k'))).toMatchObject({ name: 'UnknownError' })
    expect(lost).toHaveBeenCalledTimes(2)
    lost.mockRestore()
    expect((await store.get('k'))?.value).toBe(1)
  })

  it('does not wait for a connection that never answers, and opens anew with the next call', async () => {
    stubIndexedDb()
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      vi.spyOn(IDBDatabase.prototype, 'transaction').mockReturnValueOnce({
        objectStore: () => silent,
      } as never)
      const silent = { get: () => ({}) }
      const waiting = failure(store.get('k'))
      await vi.advanceTimersByTimeAsync(15_000)
      expect(await waiting).toMatchObject({ name: 'StoreError', code: 'store_failed', safeToRetry: true })
    } finally {
      vi.useRealTimers()
    }
    expect((await store.get('k'))?.value).toBe(1)
  })

  it('works in an engine without durability, without getAllKeys', async () => {
    stubIndexedDb()
    const begin = IDBDatabase.prototype.transaction
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...given: Parameters<typeof begin>
    ) {
      if (given[2]) throw new TypeError('The third argument is not known.')
      return begin.apply(this, given)
    })
    const { getAllKeys } = IDBObjectStore.prototype
    onTestFinished(() => {
      IDBObjectStore.prototype.getAllKeys = getAllKeys
    })
    IDBObjectStore.prototype.getAllKeys = undefined as never
    const store = indexedDbStore('app')
    for (const key of ['a/2', 'b', 'a/1']) expect(await store.set(key, key, undefined)).toBe(true)
    expect(await all(store.keys('a/'))).toEqual(['a/1', 'a/2'])
    expect(await all(store.keys(''))).toEqual(['a/1', 'a/2', 'b'])
  })

  it('rejects on a database of a newer version, and recovers from none being there', async () => {
    const factory = stubIndexedDb()
    const newer = await connect(factory, 7)
    newer.close()
    const store = indexedDbStore('app')
    expect(await failure(store.get('k'))).toMatchObject({ name: 'VersionError' })
    await new Promise((resolve) => {
      factory.deleteDatabase('app').onsuccess = resolve
    })
    expect(await store.get('k')).toBeUndefined()
  })

  it.each([{ text: '1' }, { version: 'a', text: '{' }, { version: 'a' }, 'text', 7])(
    'leaves the unreadable record %j alone',
    async (record) => {
      const factory = stubIndexedDb()
      const store = indexedDbStore('app')
      await store.get('k')
      const database = await connect(factory)
      const transaction = database.transaction('records', 'readwrite')
      transaction.objectStore('records').put(record, 'k')
      await new Promise((resolve) => {
        transaction.oncomplete = resolve
      })
      database.close()
      expect(await failure(store.get('k'))).toMatchObject({ name: 'StoreError', code: 'store_corrupt' })
      expect(await store.set('k', 2, undefined)).toBe(false)
      expect(await failure(store.get('k'))).toMatchObject({ code: 'store_corrupt' })
    },
  )
})
