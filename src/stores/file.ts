// A payment store in a directory: one folder per record, no locks, for several processes at once.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isMissing, makeFolder, syncFolder, writeNew } from '../internal/disk.ts'
import { isRecord, ownString } from '../internal/json.ts'
import type { PaymentStore } from '../ledger/store.ts'
import type { Json } from '../types.ts'
import { decodeKey, encodeKey, uniqueVersion } from './key.ts'
import { corruptRecord } from './stored-record.ts'

/*
 * A record's folder holds its content as `<version>.json`, and exactly one empty file that points to it,
 * `<version>.current`, or says that the record was deleted, `<version>.gone`. A version is a counter with random digits,
 * so it never recurs. The content of a new version is written and synced first; then the pointer is renamed from the
 * expected version to the new one. Of several renames of the same file only one succeeds: that is the compare-and-set.
 * A crash at any point leaves the old pointer with the old content, or the new one with the new.
 *
 * Contents whose counter is not above the pointer's can never become current, so every writer removes those. A record's
 * folder is completed under a temporary name and then renamed, and stays for good.
 */

type Pointer = { counter: number; version: string; gone: boolean }

const pointerPattern = /^((\d{1,15})-[0-9a-f]{24})\.(current|gone)$/
const contentPattern = /^((\d{1,15})-[0-9a-f]{24})\.json$/
const versionPattern = /^\d{1,15}-[0-9a-f]{24}$/
/** Lower case only: some file systems ignore case. No dot, so that nothing is hidden or leads upwards. */
const plain = /[a-z0-9_-]/
/** File names may have 255 bytes. */
const longestName = 200
const looks = 500
/** A temporary folder this old belongs to a dead process, ms. */
const leftoverAgeMs = 10 * 60_000

/**
 * A store in a directory, for one machine: survives crashes, and any number of processes may share it. A missing
 * directory is created. Only the owner may read the files; while an attempt is open they hold its prompt and its signed
 * authorization. Use a local disk: compare-and-set relies on an atomic `rename`.
 *
 * Runs on Node, Bun and Deno. Moves no money.
 *
 * @throws {StoreError} from its members: `store_corrupt` for a record that cannot be read. Errors of the file system
 * pass through; the client reports them as `store_failed`, before anything is signed.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { fileStore } from 'stablestudio/node'
 *
 * const studio = new StableStudioClient({ wallet, store: fileStore('.stablestudio') })
 */
export function fileStore(directory: string): PaymentStore {
  const root = resolve(directory)
  let opened: Promise<void> | undefined
  /** The directory is created at most once: a store that vanished must not pass for an empty one. */
  const open = () => {
    opened ??= openRoot(root).catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    async get(key) {
      await open()
      return readCurrent(root, folderOf(root, key), key)
    },
    async set(key, value, expected) {
      const text = JSON.stringify({ key, value })
      if (expected !== undefined && !versionPattern.test(expected)) return false
      await open()
      const folder = folderOf(root, key)
      if (expected !== undefined) return replace(root, folder, `${expected}.current`, text)
      const pointer = await findPointer(root, folder, key)
      if (!pointer) return create(root, folder, text)
      return pointer.gone && replace(root, folder, `${pointer.version}.gone`, text)
    },
    async delete(key, expected) {
      if (!versionPattern.test(expected)) return false
      await open()
      return remove(root, folderOf(root, key), expected)
    },
    async *keys(prefix) {
      await open()
      for (const name of await readdir(root)) {
        const key = await keyOf(root, name)
        if (key?.startsWith(prefix) && (await isThere(root, name, key))) yield key
      }
    },
  }
}

async function openRoot(root: string): Promise<void> {
  await makeFolder(root)
  for (const name of await readdir(root)) {
    if (name.startsWith('.new-')) await clearLeftover(root, name)
    if (name.startsWith('.old-')) await clear(join(root, name))
  }
}

/** Renamed first, so that a process that was only asleep cannot install a half-empty folder. */
async function clearLeftover(root: string, name: string): Promise<void> {
  const old = join(root, `.old-${uniqueVersion()}`)
  try {
    if (Date.now() - (await stat(join(root, name))).mtimeMs < leftoverAgeMs) return
    await rename(join(root, name), old)
  } catch {
    // Another process was faster.
  }
  await clear(old)
}

/** Whatever cannot be removed does no harm. */
async function clear(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {})
}

function folderOf(root: string, key: string): string {
  return join(root, nameOf(key))
}

function nameOf(key: string): string {
  const encoded = encodeKey(key, plain)
  if (encoded.length <= longestName) return `r-${encoded}`
  return `l-${createHash('sha256').update(encoded).digest('hex')}`
}

/** The key of a folder: from its name, or for long keys from its content. */
async function keyOf(root: string, name: string): Promise<string | undefined> {
  if (name.startsWith('r-')) return decodeKey(name.slice(2))
  if (!name.startsWith('l-')) return undefined
  const folder = join(root, name)
  const pointer = await findPointer(root, folder, name)
  if (!pointer || pointer.gone) return undefined
  const content = await readFile(join(folder, `${pointer.version}.json`), 'utf8').catch(() => '')
  return ownString(parse(content), 'key')
}

async function isThere(root: string, name: string, key: string): Promise<boolean> {
  const pointer = await findPointer(root, join(root, name), key)
  return pointer !== undefined && !pointer.gone
}

/** The record's pointer; `undefined` when the record never existed. */
async function findPointer(root: string, folder: string, key: string): Promise<Pointer | undefined> {
  // A listing during a rename may miss both names, though never for long.
  for (let look = 0; look < looks; look += 1) {
    const names = await readdir(folder).catch((error) => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (!names) return requireRoot(root)
    const [newest] = names.flatMap(toPointer).sort((a, b) => b.counter - a.counter)
    if (newest) return newest
  }
  throw corruptRecord(key, 'its folder has no version')
}

/** A directory that is gone must not pass for an empty store. */
async function requireRoot(root: string): Promise<undefined> {
  await stat(root)
}

function toPointer(name: string): Pointer[] {
  const [, version, counter, kind] = pointerPattern.exec(name) ?? []
  return version ? [{ version, counter: Number(counter), gone: kind === 'gone' }] : []
}

async function readCurrent(root: string, folder: string, key: string): ReturnType<PaymentStore['get']> {
  let missed: string | undefined
  for (let look = 0; look < looks; look += 1) {
    const pointer = await findPointer(root, folder, key)
    if (!pointer || pointer.gone) return undefined
    const { version } = pointer
    const text = await readFile(join(folder, `${version}.json`), 'utf8').catch((error) => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (text !== undefined) return { value: readContent(text, key), version }
    // Replaced meanwhile, unless the pointer stays without its content.
    if (missed === version && look > 2) throw corruptRecord(key, 'the content of its version is missing')
    missed = version
  }
  throw corruptRecord(key, 'it changes faster than it can be read')
}

function readContent(text: string, key: string): Json {
  const content = parse(text)
  if (!isRecord(content) || !Object.hasOwn(content, 'value'))
    throw corruptRecord(key, 'its file is not complete JSON')
  if (content.key !== key) throw corruptRecord(key, 'its file belongs to another record')
  return content.value as Json
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first version of a record: its folder appears complete, and only where there is none. */
async function create(root: string, folder: string, text: string): Promise<boolean> {
  const made = join(root, `.new-${uniqueVersion()}`)
  const version = `1-${uniqueVersion()}`
  await mkdir(made, { mode: 0o700 })
  try {
    await writeNew(join(made, `${version}.json`), text)
    await writeNew(join(made, `${version}.current`), '')
    await syncFolder(made)
    await rename(made, folder)
  } catch (error) {
    await clear(made)
    if (await exists(folder)) return false
    throw error
  }
  await syncFolder(root)
  return true
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The next version, in place of what `pointer` names. */
async function replace(root: string, folder: string, pointer: string, text: string): Promise<boolean> {
  const version = successorOf(pointer)
  const content = join(folder, `${version}.json`)
  try {
    await writeNew(content, text)
  } catch (error) {
    await clear(content)
    return refuseMissing(root, error)
  }
  const moved = await move(root, folder, pointer, `${version}.current`)
  if (!moved) await clear(content)
  return moved
}

function remove(root: string, folder: string, expected: string): Promise<boolean> {
  return move(root, folder, `${expected}.current`, `${successorOf(expected)}.gone`)
}

/** The compare-and-set. On any error but a missing pointer it may have happened, so nothing is removed. */
async function move(root: string, folder: string, from: string, to: string): Promise<boolean> {
  try {
    await rename(join(folder, from), join(folder, to))
  } catch (error) {
    // A network file system may have renamed, lost the answer and tried again.
    if (!isMissing(error) || !(await exists(join(folder, to)))) return refuseMissing(root, error)
  }
  await syncFolder(folder)
  await clearContents(folder, to)
  return true
}

/** Another writer has moved the pointer on, unless the whole store is missing. */
async function refuseMissing(root: string, error: unknown): Promise<false> {
  if (!isMissing(error)) throw error
  await requireRoot(root)
  return false
}

function successorOf(version: string): string {
  return `${Number(version.split('-')[0]) + 1}-${uniqueVersion()}`
}

/** Removes contents that can never become current, those of dead writers too. */
async function clearContents(folder: string, pointer: string): Promise<void> {
  const counter = Number(pointer.split('-')[0])
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const [, version = '', at] = contentPattern.exec(name) ?? []
    const dead = version !== '' && Number(at) <= counter && pointer !== `${version}.current`
    if (dead) await clear(join(folder, name))
  }
}
