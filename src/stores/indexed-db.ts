// A payment store in the page's IndexedDB.
import type { StoreError } from '../errors.ts'
import { ownString } from '../internal/json.ts'
import { within } from '../internal/time.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { uniqueVersion } from './key.ts'
import { readRecord, storeUnavailable } from './stored-record.ts'

const records = 'records'
const unreadable = Symbol('unreadable')
/** How long IndexedDB may take for one answer, ms. */
const patience = 15_000

/**
 * A store in IndexedDB: survives reloads and crashes, and all tabs and workers of an origin share it. While an attempt
 * is open it holds its prompt and its signed authorization. The browser may clear it when space runs out, unless
 * `navigator.storage.persist()` was granted. Moves no money.
 *
 * @param name of the database; one for each app on an origin.
 * @throws {StoreError} from its members: `store_corrupt` for a record that cannot be read, `store_failed` where
 * IndexedDB is not available or does not answer. Its own errors (quota, blocked) pass through; the client reports them as
 * `store_failed`, before anything is signed.
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

  /** A connection that never answers, as after the system has dropped it, is not used again. */
  const attempt = <value>(connection: Promise<IDBDatabase>, mode: IDBTransactionMode, work: Work<value>) =>
    within(
      connection.then((on) => inTransaction(on, mode, work)),
      patience,
      undefined,
      () => {
        if (opened === connection) forget()
        return unavailable(`IndexedDB did not answer within ${patience} ms.`)
      },
    )
  /** The system may have closed the connection, with or without notice (iOS does): reopens it once. */
  async function transact<value>(mode: IDBTransactionMode, work: Work<value>): Promise<value> {
    const connection = database()
    try {
      return await attempt(connection, mode, work)
    } catch (error) {
      if (!isLost(error)) throw error
      // Another transaction may have reopened it already.
      if (opened === connection) forget()
      connection.then(
        (dead) => dead.close(),
        () => {},
      )
      return attempt(database(), mode, work)
    }
  }
  /**
   * Compares and writes in one transaction. A lost transaction may have been stored all the same; `done` recognises
   * that.
   */
  const change = (
    key: string,
    expected: string | undefined,
    write: (on: IDBObjectStore) => void,
    done: (held: unknown) => boolean,
  ) => {
    let again = false
    return transact<boolean>('readwrite', (on, resolve, fail) => {
      const repeated = again
      again = true
      whenDone(on.get(key), (held) => {
        if (repeated && done(held)) return resolve(true)
        // An unreadable record has no version, and is never overwritten.
        const same = held === undefined ? expected === undefined : versionOf(held) === expected
        try {
          if (same) write(on)
          resolve(same)
        } catch (error) {
          fail(error)
        }
      })
    })
  }

  return {
    async get(key) {
      const held = await transact<unknown>('readonly', (on, resolve) => whenDone(on.get(key), resolve))
      if (held === undefined) return undefined
      return readRecord(key, ownString(held, 'version'), ownString(held, 'text'))
    },
    async set(key, value, expected) {
      const record = { version: uniqueVersion(), text: JSON.stringify(value) }
      const isMine = (held: unknown) => versionOf(held) === record.version
      return change(key, expected, (on) => on.put(record, key), isMine)
    },
    delete: (key, expected) =>
      change(
        key,
        expected,
        (on) => on.delete(key),
        (held) => held === undefined,
      ),
    async *keys(prefix) {
      const from = IDBKeyRange.lowerBound(prefix)
      const keys = await transact<IDBValidKey[]>('readonly', (on, resolve) => {
        readKeys(on, from, resolve)
      })
      for (const key of keys) if (String(key).startsWith(prefix)) yield String(key)
    },
  }
}

/** What engines report when a connection is gone. */
const lostNames: readonly string[] = ['AbortError', 'InvalidStateError', 'UnknownError']

/** A wrong guess costs one more transaction; nothing is written twice. */
function isLost(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown }
  return (
    lostNames.includes(String(name)) ||
    /connection (is|was) |connection to|server lost/i.test(String(message))
  )
}

/** All keys of a range; one by one where engines or polyfills lack `getAllKeys`. */
function readKeys(on: IDBObjectStore, from: IDBKeyRange, resolve: (keys: IDBValidKey[]) => void): void {
  if (typeof on.getAllKeys === 'function') {
    whenDone(on.getAllKeys(from), resolve)
    return
  }
  const keys: IDBValidKey[] = []
  whenDone(on.openCursor(from), (cursor) => {
    if (!cursor) return resolve(keys)
    keys.push(cursor.key)
    cursor.continue()
  })
}

function openDatabase(name: string, forget: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === 'undefined' || !indexedDB)
      return reject(unavailable('IndexedDB is not available.'))
    const request = indexedDB.open(name, 1)
    let refused = false
    request.onupgradeneeded = () => request.result.createObjectStore(records)
    request.onerror = () => reject(request.error)
    request.onblocked = () => {
      refused = true
      reject(unavailable('Another tab has another version of the database open.'))
    }
    request.onsuccess = () => {
      const database = request.result
      // Does not block anyone who upgrades or deletes the database.
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

/** Resolves once everything that `work` asked for is stored; if it fails, all of it is undone. */
function inTransaction<value>(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: Work<value>,
): Promise<value> {
  return new Promise((resolve, reject) => {
    const transaction = begin(database, mode)
    let result: { value: value } | undefined
    transaction.oncomplete = () =>
      result ? resolve(result.value) : reject(unavailable('The transaction gave no answer.'))
    transaction.onabort = () => reject(transaction.error ?? unavailable('The connection was lost.'))
    const keep = (value: value) => {
      result = { value }
    }
    work(transaction.objectStore(records), keep, (error) => {
      reject(error)
      transaction.abort()
    })
  })
}

/** Durable, where the engine knows that option. */
function begin(database: IDBDatabase, mode: IDBTransactionMode): IDBTransaction {
  try {
    return database.transaction(records, mode, { durability: 'strict' })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return database.transaction(records, mode)
  }
}

/** A request that fails aborts its transaction, which rejects. */
function whenDone<value>(request: IDBRequest<value>, then: (value: value) => void): void {
  request.onsuccess = () => then(request.result)
}

function versionOf(held: unknown): string | symbol {
  return ownString(held, 'version') ?? unreadable
}

function unavailable(details: string): StoreError {
  return storeUnavailable(details, 'Private windows and embedded pages may have no storage.')
}
