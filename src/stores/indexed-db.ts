// A payment store in the page's IndexedDB.
import { ownString } from '../internal/json.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { telling } from '../ledger/written.ts'
import { createDatabase, whenDone } from './database.ts'
import { uniqueVersion } from './key.ts'
import { requireText } from './require-text.ts'
import { readRecord } from './stored-record.ts'

const unreadable = Symbol('unreadable')

/**
 * A store in IndexedDB: survives reloads and crashes, and all tabs and workers of an origin share it. While an attempt
 * is open it holds its prompt and its signed authorization. The browser may clear it when space runs out, unless
 * `navigator.storage.persist()` was granted. Moves no money.
 *
 * @param name of the database; one for each app on an origin.
 * @throws {InvalidInputError} `invalid_config` when the name is not a string.
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
  requireText('indexedDbStore', 'name', name)
  const transact = createDatabase(name)
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

  const store: PaymentStore = {
    ordered: true,
    async get(key) {
      const held = await transact<unknown>('readonly', (on, resolve) => whenDone(on.get(key), resolve))
      if (held === undefined) return undefined
      return readRecord(key, ownString(held, 'version'), ownString(held, 'text'))
    },
    set(key, value, expected) {
      return telling(store, async (made) => {
        const record = { version: uniqueVersion(), text: JSON.stringify(value) }
        made.version = record.version
        const isMine = (held: unknown) => versionOf(held) === record.version
        return change(key, expected, (on) => on.put(record, key), isMine)
      })
    },
    delete: (key, expected) =>
      change(
        key,
        expected,
        (on) => on.delete(key),
        (held) => held === undefined,
      ),
    async *keys(prefix, first = prefix) {
      const from = IDBKeyRange.lowerBound(first > prefix ? first : prefix)
      const keys = await transact<IDBValidKey[]>('readonly', (on, resolve) => {
        readKeys(on, from, resolve)
      })
      for (const key of keys) if (String(key).startsWith(prefix)) yield String(key)
    },
  }
  return store
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

function versionOf(held: unknown): string | symbol {
  return ownString(held, 'version') ?? unreadable
}
