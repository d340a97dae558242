// Entry `stablestudio/browser`: a payment store in the page's IndexedDB.
import { StoreError } from './errors.ts'
import { isRecord, ownString } from './internal/json.ts'
import type { PaymentStore } from './payment/store.ts'
import { corruptRecord } from './stores/corrupt.ts'
import { uniqueVersion } from './stores/key.ts'
import type { Json } from './types.ts'

const records = 'records'
const unreadable = Symbol('unreadable')

/**
 * A store in IndexedDB: survives reloads and crashes, and all tabs and workers of an origin share it. While an attempt
 * is open it holds its prompt and its signed authorization. A browser may clear it when space runs out, unless
 * `navigator.storage.persist()` was granted. Moves no money.
 *
 * @param name of the database; one for each app on an origin.
 * @throws {StoreError} from its members: `store_corrupt` for a record that cannot be read, `store_failed` where there is
 * no IndexedDB. Its own errors (quota, blocked) pass through; the client reports them as `store_failed`, before anything
 * is signed.
 * @default name 'stablestudio'
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { indexedDbStore } from 'stablestudio/browser'
 *
 * const studio = new StableStudioClient({ wallet, store: indexedDbStore(), baseUrl: '/api/stablestudio' })
 */
export function indexedDbStore(name = 'stablestudio'): PaymentStore {
  let opened: Promise<IDBDatabase> | undefined
  const forget = () => {
    opened = undefined
  }
  const database = () => {
    opened ??= openDatabase(name, forget).catch((error) => {
      forget()
      throw error
    })
    return opened
  }

  /** A browser may have closed the connection meanwhile: then it is opened once more. */
  async function transact<value>(mode: IDBTransactionMode, work: Work<value>): Promise<value> {
    try {
      return await inTransaction(await database(), mode, work)
    } catch (error) {
      if ((error as DOMException | null)?.name !== 'InvalidStateError') throw error
      forget()
      return inTransaction(await database(), mode, work)
    }
  }
  /** Compares and writes in one transaction. */
  const change = (key: string, expected: string | undefined, write: (on: IDBObjectStore) => void) =>
    transact<boolean>('readwrite', (on, resolve, fail) => {
      whenDone(on.get(key), (held) => {
        // A record that cannot be read has no version, and is never overwritten.
        const same = held === undefined ? expected === undefined : versionOf(held) === expected
        try {
          if (same) write(on)
          resolve(same)
        } catch (error) {
          fail(error)
        }
      })
    })

  return {
    async get(key) {
      const held = await transact<unknown>('readonly', (on, resolve) => whenDone(on.get(key), resolve))
      return held === undefined ? undefined : readRecord(held, key)
    },
    async set(key, value, expected) {
      const record = { version: uniqueVersion(), text: JSON.stringify(value) }
      return change(key, expected, (on) => on.put(record, key))
    },
    delete: (key, expected) => change(key, expected, (on) => on.delete(key)),
    async *keys(prefix) {
      const from = IDBKeyRange.lowerBound(prefix)
      const keys = await transact<IDBValidKey[]>('readonly', (on, resolve) => {
        whenDone(on.getAllKeys(from), resolve)
      })
      for (const key of keys) if (String(key).startsWith(prefix)) yield String(key)
    },
  }
}

function openDatabase(name: string, forget: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === 'undefined') return reject(unavailable('There is no IndexedDB here.'))
    const request = indexedDB.open(name, 1)
    let refused = false
    request.onupgradeneeded = () => request.result.createObjectStore(records)
    request.onerror = () => reject(request.error)
    request.onblocked = () => {
      refused = true
      reject(unavailable('Another tab holds the database open in another version.'))
    }
    request.onsuccess = () => {
      const database = request.result
      // Whoever wants to change or delete the database is not held up.
      database.onversionchange = () => {
        forget()
        database.close()
      }
      database.onclose = forget
      if (refused) database.close()
      else resolve(database)
    }
  })
}

type Work<value> = (
  on: IDBObjectStore,
  resolve: (value: value) => void,
  fail: (error: unknown) => void,
) => void

/** Resolves once everything that `work` asked for is stored; what it throws or fails at undoes all of it. */
function inTransaction<value>(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: Work<value>,
): Promise<value> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(records, mode, { durability: 'strict' })
    let result: { value: value } | undefined
    transaction.oncomplete = () =>
      result ? resolve(result.value) : reject(unavailable('It gave no answer.'))
    transaction.onabort = () => reject(transaction.error ?? unavailable('The transaction was aborted.'))
    const keep = (value: value) => {
      result = { value }
    }
    work(transaction.objectStore(records), keep, (error) => {
      reject(error)
      transaction.abort()
    })
  })
}

/** A request that fails aborts its transaction, which rejects. */
function whenDone<value>(request: IDBRequest<value>, then: (value: value) => void): void {
  request.onsuccess = () => then(request.result)
}

function versionOf(held: unknown): string | symbol {
  return ownString(held, 'version') ?? unreadable
}

function readRecord(held: unknown, key: string): { value: Json; version: string } {
  const [version, text] = [ownString(held, 'version'), ownString(held, 'text')]
  if (!isRecord(held) || version === undefined || text === undefined) {
    throw corruptRecord(key, 'it was not written by this store')
  }
  try {
    return { value: JSON.parse(text) as Json, version }
  } catch (cause) {
    throw corruptRecord(key, 'it is no whole JSON', cause)
  }
}

function unavailable(details: string): StoreError {
  return new StoreError('The payment store could not be opened.', {
    code: 'store_failed',
    phase: 'check',
    safeToRetry: true,
    details,
    hint: 'No payment is started without its record. Private windows and embedded pages may have no storage.',
  })
}
