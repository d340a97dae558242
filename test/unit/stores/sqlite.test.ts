import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import { useFolders } from '../../support/folder.ts'
import { all, failure } from '../../support/studio.ts'
import { storeConformance } from '../ledger/conformance.ts'

const makeFolder = useFolders()
const fresh = async () => join(await makeFolder(), 'store', 'ledger.db')

storeConformance('sqliteStore', async () => {
  const file = await fresh()
  return { store: sqliteStore(file), again: async () => sqliteStore(file) }
})

describe('the file of a sqliteStore', () => {
  it('is made with its folder when it is first used, for its owner only', async () => {
    const file = await fresh()
    const store = sqliteStore(file)
    await store.set('k', 1, undefined)
    for (const name of [file, `${file}-wal`, `${file}-shm`]) {
      expect((await stat(name)).mode & 0o777, name).toBe(0o600)
    }
  })

  it('keeps what was written when its process is killed', async () => {
    const file = await fresh()
    await sqliteStore(file).set('k', { a: 1 }, undefined)
    const db = new DatabaseSync(file)
    expect(db.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(await sqliteStore(file).get('k')).toMatchObject({ value: { a: 1 } })
    db.close()
  })

  it('lists keys in order, page by page', async () => {
    const store = sqliteStore(await fresh())
    const keys = Array.from({ length: 1_203 }, (_, n) => `attempt/${String(n).padStart(5, '0')}`)
    await Promise.all([...keys].reverse().map((key) => store.set(key, 1, undefined)))
    await store.set('attemptx', 1, undefined)
    expect(await all(store.keys('attempt/'))).toEqual(keys)
    expect(await all(store.keys('attempt/', 'attempt/00600'))).toEqual(keys.slice(600))
    expect(await all(store.keys('attempt/', 'a'))).toEqual(keys)
    expect(await all(store.keys('attempt/', 'attempu'))).toEqual([])
  })
})

describe('a sqliteStore that cannot be used says why', () => {
  const typed = (why: string, code = 'store_failed') => ({
    name: 'StoreError',
    code,
    payment: 'none',
    message: expect.stringContaining(why),
  })

  it('when the file is no database, which is left alone', async () => {
    const file = join(await makeFolder(), 'notes.txt')
    await writeFile(file, 'my notes\n'.repeat(100))
    const store = sqliteStore(file)
    expect(await failure(store.get('k'))).toMatchObject(typed('not a database', 'store_corrupt'))
    expect(await failure(store.set('k', 1, undefined))).toMatchObject(
      typed('not a database', 'store_corrupt'),
    )
    expect(await readFile(file, 'utf8')).toBe('my notes\n'.repeat(100))
  })

  it.each([
    'create table notes (text); pragma user_version = 0;',
    'create table notes (text); pragma user_version = 1;',
    'create table stablestudio (key text primary key, version text, value text); pragma user_version = 1;',
    'create table notes (text); pragma user_version = 7; pragma application_id = 7;',
    'pragma application_id = 7;',
  ])('when the file is a database of another program, which is left alone: %s', async (content) => {
    const file = join(await makeFolder(), 'notes.db')
    const db = new DatabaseSync(file)
    db.exec(content)
    db.close()
    const before = await readFile(file)
    const store = sqliteStore(file)
    for (const refused of [store.get('k'), store.set('k', 1, undefined)]) {
      const error = await failure(refused)
      expect(error).toMatchObject(typed('another program', 'store_corrupt'))
      expect(String(error)).toContain(file)
    }
    expect(await readFile(file)).toEqual(before)
    expect(await readdir(dirname(file))).toEqual(['notes.db'])
  })

  it('when it is of a later version', async () => {
    const file = await fresh()
    await sqliteStore(file).set('k', 1, undefined)
    const db = new DatabaseSync(file)
    db.exec('pragma user_version = 2')
    db.close()
    expect(await failure(sqliteStore(file).get('k'))).toMatchObject(typed('later version', 'store_corrupt'))
  })

  it('when a write fails, which leaves no transaction open', async () => {
    const file = await fresh()
    const store = sqliteStore(file)
    await store.set('k', 1, undefined)
    const db = new DatabaseSync(file)
    db.exec('alter table stablestudio rename to gone')
    expect(await failure(store.set('k', 2, undefined))).toMatchObject(typed('no such table'))
    db.exec('alter table gone rename to stablestudio')
    db.close()
    expect(await store.set('other', 1, undefined)).toBe(true)
    expect(await sqliteStore(file).get('other')).toMatchObject({ value: 1 })
  })

  it('when a folder is in its place', async () => {
    expect(String(await failure(sqliteStore(await makeFolder()).get('k')))).toMatch(/EISDIR|cannot be opened/)
  })

  it('when it was removed or replaced while it was in use', async () => {
    const file = await fresh()
    const store = sqliteStore(file)
    await store.set('k', 1, undefined)
    await rename(file, `${file}.old`)
    expect(String(await failure(store.get('k')))).toContain('ENOENT')
    await sqliteStore(file).set('k', 2, undefined)
    expect(await failure(store.set('other', 1, undefined))).toMatchObject(typed('was replaced'))
    await rm(file)
  })

  it('when the runtime has no node:sqlite', async () => {
    const code = `
      import { sqliteStore } from '${new URL('../../../src/entries/sqlite.ts', import.meta.url)}'
      try { await sqliteStore('/tmp/none.db').get('k') } catch (error) { console.log(error.name, error.code, error.message) }`
    const said = execFileSync(process.execPath, [
      '--no-experimental-sqlite',
      '--input-type=module-typescript',
      '-e',
      code,
    ])
    expect(String(said)).toContain('StoreError store_failed This runtime has no node:sqlite.')
  })

  it('when the disk is full, or it may not be written', async () => {
    const file = await fresh()
    await sqliteStore(file).set('k', 1, undefined)
    const code = `
      import { sqliteStore } from '${new URL('../../../src/entries/sqlite.ts', import.meta.url)}'
      const store = sqliteStore(${JSON.stringify(file)})
      try { await store.set('big', 'x'.repeat(5e6), undefined) } catch (error) { console.log(error.name, error.code, error.message) }`
    const run = ['--input-type=module-typescript', '-e', code]
    const child = spawn('/bin/sh', [
      '-c',
      `ulimit -f 200; trap '' XFSZ; exec "$0" "$@"`,
      process.execPath,
      ...run,
    ])
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    await once(child, 'close')
    expect(said).toMatch(/StoreError store_failed .*(full|could not be read or written)/s)
    expect(await sqliteStore(file).get('big')).toBeUndefined()
  })

  it.skipIf(process.getuid?.() === 0)('when it is read-only', async () => {
    const file = await fresh()
    await sqliteStore(file).set('k', 1, undefined)
    await chmod(file, 0o400)
    expect(await failure(sqliteStore(file).set('k2', 1, undefined))).toMatchObject({ name: 'StoreError' })
  })
})
