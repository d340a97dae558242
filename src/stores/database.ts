// A database in the page's IndexedDB with one object store: opened when it is first used, and again when it was lost.
import type { StoreError } from '../errors.ts'
import { within } from '../internal/time.ts'
import { storeUnavailable } from './stored-record.ts'

const records = 'records'
/** How long IndexedDB may take for one answer, ms. */
const patience = 15_000

/** What one transaction does: it asks for more only while an answer is handled. */
export type Work<value> = (
  on: IDBObjectStore,
  resolve: (value: value) => void,
  fail: (error: unknown) => void,
) => void

/** Resolves once everything that `work` asked for is stored; if it fails, all of it is undone. */
export type Transact = <value>(mode: IDBTransactionMode, work: Work<value>) => Promise<value>

export function createDatabase(name: string): Transact {
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
      {},
      () => {
        if (opened === connection) forget()
        return unavailable(`IndexedDB did not answer within ${patience} ms.`)
      },
    )
  /** The system may have closed the connection, with or without notice (iOS does): reopens it once. */
  return async function transact<value>(mode: IDBTransactionMode, work: Work<value>): Promise<value> {
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
export function whenDone<value>(request: IDBRequest<value>, then: (value: value) => void): void {
  request.onsuccess = () => then(request.result)
}

function unavailable(details: string): StoreError {
  return storeUnavailable(details, 'Private windows and embedded pages may have no storage.')
}
