// A payment store in one SQLite file, for several processes of one machine.
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'
import { makeFolder } from '../internal/disk.ts'
import { nap } from '../internal/time.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { telling } from '../ledger/written.ts'
import { decodeKey, encodeKey, uniqueVersion } from './key.ts'
import { requireText } from './require-text.ts'
import { readRecord, storeUnavailable } from './stored-record.ts'

/*
 * One table, in write-ahead mode with a sync for each commit. Writes that wait go into one transaction. A transaction
 * takes the write lock at its start, so that what it compares is still so when it writes.
 */
/** Tells the file from those of other programs: "stst". */
const applicationId = 0x73747374
const layout = `
create table stablestudio (key text primary key, version text not null, value text not null) without rowid;
pragma user_version = 1;
pragma application_id = ${applicationId};`
/** In one statement, so that all is of one moment. */
const header = `
select (select count(*) from sqlite_schema) as entries, application_id as program, user_version as layoutVersion
from pragma_application_id, pragma_user_version`

/** Keys stay readable, but in ASCII, so that they sort as they compare. */
const plain = /[!-$&-~]/
/** Sorts behind every character of a key. */
const last = '\x7f'
const pageSize = 500
/** How long to wait for a lock. Not inside SQLite, where the whole process would wait. */
const longestBusyMs = 8_000
/** The longest pause before the lock is tried again. */
const longestNapMs = 10

type Row = { version: string; value: string }
/** Prepared once: it takes longer than to run one. */
type Statements = ReturnType<typeof prepare>
type Work = {
  run: (statements: Statements) => boolean
  resolve: (done: boolean) => void
  reject: (error: unknown) => void
}
type Opened = { db: DatabaseSync; inode: number; statements: Statements }

/**
 * A store in one SQLite file, for one machine: survives crashes and power failures, and any number of processes may share
 * it. A missing file is created, with its folders; only its owner may read it. While an attempt is open the file holds
 * its prompt and its signed authorization. Use a local disk.
 *
 * Needs a runtime with `node:sqlite`: Node 22.13 or later, or Deno 2.2 or later. Moves no money.
 *
 * @throws {InvalidInputError} `invalid_config` when the path is not a string.
 * @throws {StoreError} from its members: `store_failed` when the runtime has no `node:sqlite`, or the file is locked,
 * read-only, full or gone; `store_corrupt` when it is not a database, belongs to another program, or holds a record
 * that cannot be read.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { sqliteStore } from 'stablestudio/sqlite'
 *
 * const studio = new StableStudioClient({ wallet, store: sqliteStore('.stablestudio/ledger.db') })
 */
export function sqliteStore(path: string): PaymentStore {
  requireText('sqliteStore', 'path', path)
  const file = resolve(path)
  let opened: Promise<Opened> | undefined
  const waiting: Work[] = []
  let writing = false

  function opening(): Promise<Opened> {
    opened ??= patiently(file, () => openFile(file)).catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }

  async function withDatabase<value>(work: (opened: Opened) => value): Promise<value> {
    const database = await opening()
    return patiently(file, () => {
      // A file that is gone or replaced must not pass for this store.
      if (statSync(file).ino !== database.inode) throw replaced(file)
      return work(database)
    })
  }

  function write(run: Work['run']): Promise<boolean> {
    return new Promise((resolve, reject) => {
      waiting.push({ run, resolve, reject })
      if (writing) return
      writing = true
      void drain()
    })
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      // Other processes get their turn, and what comes until then goes into the same transaction.
      await new Promise((resolve) => setImmediate(resolve))
      const group = waiting.splice(0)
      try {
        const done = await withDatabase(({ db, statements }) =>
          inTransaction(db, () => group.map(({ run }) => run(statements))),
        )
        for (const [at, one] of group.entries()) one.resolve(done[at] ?? false)
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    writing = false
  }

  const store: PaymentStore = {
    ordered: true,
    async get(key) {
      const row = await withDatabase(({ statements }) => readRow(statements, encodeKey(key, plain)))
      return row && readRecord(key, row.version, row.value)
    },
    set(key, value, expected) {
      const [name, text, version] = [encodeKey(key, plain), JSON.stringify(value), uniqueVersion()]
      return telling(store, (made) => {
        made.version = version
        return write((statements) => {
          if (readRow(statements, name)?.version !== expected) return false
          statements.put.run(name, version, text)
          return true
        })
      })
    },
    delete(key, expected) {
      return write(({ remove }) => remove.run(encodeKey(key, plain), expected).changes === 1)
    },
    async *keys(prefix, from = prefix) {
      const begin = encodeKey(prefix, plain)
      const first = encodeKey(from, plain)
      const least = first > begin ? first : begin
      for (let after = ''; ; ) {
        const rows = await withDatabase(({ statements }) => statements.page.all(least, after, begin + last))
        for (const { key } of rows) yield decodeKey(String(key))
        if (rows.length < pageSize) return
        after = String(rows.at(-1)?.key)
      }
    },
  }
  return store
}

function prepare(db: DatabaseSync) {
  return {
    read: db.prepare('select version, value from stablestudio where key = ?'),
    put: db.prepare('insert or replace into stablestudio values (?, ?, ?)'),
    remove: db.prepare('delete from stablestudio where key = ? and version = ?'),
    page: db.prepare(
      `select key from stablestudio where key >= ? and key > ? and key < ? order by key limit ${pageSize}`,
    ),
  }
}

function readRow({ read }: Statements, name: string): Row | undefined {
  return read.get(name) as Row | undefined
}

async function openFile(file: string): Promise<Opened> {
  const { DatabaseSync } = await loadSqlite()
  await makeFolder(dirname(file))
  // SQLite gives the files beside it the same mode.
  await (await open(file, 'a', 0o600)).close()
  const db = new DatabaseSync(file)
  try {
    const isNew = checkNew(db, file)
    db.exec('pragma journal_mode = wal; pragma synchronous = full;')
    if (isNew) inTransaction(db, () => checkNew(db, file) && db.exec(layout))
    return { db, inode: statSync(file).ino, statements: prepare(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Whether the database is empty. Throws unless it may be used; changes nothing. */
function checkNew(db: DatabaseSync, file: string): boolean {
  const { entries, program, layoutVersion } = db.prepare(header).get() as Record<string, number>
  if (entries === 0 && program === 0 && layoutVersion === 0) return true
  if (program !== applicationId)
    throw notUsable(file, 'is a database of another program', 'Use another file.')
  if (layoutVersion !== 1)
    throw notUsable(
      file,
      'was written by a later version of this package',
      'Update the package, or use another file.',
    )
  return false
}

/** The name is not written out as an import: a bundler that does not know it would refuse the whole package. */
async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  const name = 'node:sqlite'
  try {
    return await import(name)
  } catch (cause) {
    throw new StoreError('This runtime has no node:sqlite.', {
      hint: "No payment is sent without its record. Use Node 22.13 or later, or fileStore from 'stablestudio/node'.",
      cause,
    })
  }
}

function inTransaction<value>(db: DatabaseSync, work: () => value): value {
  db.exec('begin immediate')
  try {
    const done = work()
    db.exec('commit')
    return done
  } catch (error) {
    try {
      db.exec('rollback')
    } catch {
      // SQLite has rolled it back by itself. To ask for that first (`isTransaction`) needs a later Node.
    }
    throw error
  }
}

/** Tries again while another process has the lock. Throws typed errors only, or those of the file system. */
async function patiently<value>(file: string, work: () => value | Promise<value>): Promise<value> {
  const end = Date.now() + longestBusyMs
  let tries = 0
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || Date.now() > end) throw explained(error, file)
    }
    tries += 1
    await nap(1 + Math.random() * Math.min(tries, longestNapMs))
  }
}

/** SQLite's own number for what went wrong. */
function numberOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

const isBusy = (error: unknown) => numberOf(error) === 5 || numberOf(error) === 6

const advice: Record<number, [why: string, advice: string]> = {
  5: ['is locked by another process', 'End what locks it, then call again.'],
  6: ['is locked by another process', 'End what locks it, then call again.'],
  8: ['is read-only', 'Make the file and its folder writable, then call again.'],
  10: ['could not be read or written', 'Check the disk, then call again.'],
  13: ['has no room to grow: the disk is full', 'Free some space, then call again.'],
  14: ['cannot be opened', 'Check its path and the permissions, then call again.'],
}

function explained(error: unknown, file: string): unknown {
  const number = numberOf(error)
  if (number === undefined) return error
  const message = (error as Error).message
  if (number === 11 || number === 26) {
    return new StoreError('The payment store is not a database, or is damaged.', {
      code: 'store_corrupt',
      details: `${file}: ${message}. It was left as it is.`,
      hint: 'No new payment was started. Restore the file from a backup, or use another one.',
      cause: error,
    })
  }
  const [why, what] = advice[number] ?? ['failed', 'Check the file, then call again.']
  return storeUnavailable(`${file} ${why} (${message}).`, what)
}

function replaced(file: string): StoreError {
  return storeUnavailable(`${file} was replaced while it was in use.`, 'Start the process again.')
}

function notUsable(file: string, why: string, advice: string): StoreError {
  return new StoreError(`The payment store ${why}.`, {
    code: 'store_corrupt',
    details: `${file} was left as it is.`,
    hint: `No new payment was started. ${advice}`,
  })
}
