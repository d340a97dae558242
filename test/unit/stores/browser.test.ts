import { IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb'
import { describe, expect, it, vi } from 'vitest'
import { indexedDbStore } from '../../../src/browser.ts'
import { failure } from '../../support/studio.ts'
import { storeConformance } from '../payment/conformance.ts'

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

  it('opens anew after its connection was closed under it', async () => {
    stubIndexedDb()
    const store = indexedDbStore('app')
    await store.set('k', 1, undefined)
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError')
    })
    expect((await store.get('k'))?.value).toBe(1)
    expect(transaction).toHaveBeenCalledTimes(2)
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
