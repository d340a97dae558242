// A payment store in a directory: one folder per record, no locks, for several processes at once.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isMissing, makeFolder, syncFolder, writeNew } from '../internal/disk.ts'
import { isRecord, ownString } from '../internal/json.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { type Made, telling } from '../ledger/written.ts'
import type { Json } from '../types.ts'
import { decodeKey, encodeKey, uniqueVersion } from './key.ts'
import { requireText } from './require-text.ts'
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

type Pointer = { counter: number; version: string; end: string }

const filePattern = /^((\d{1,15})-[0-9a-f]{24})\.(json|current|gone)$/
const versionPattern = /^\d{1,15}-[0-9a-f]{24}$/
/** Lower case only: some file systems ignore case. No dot, so that nothing is hidden or leads upwards. */
const plain = /[a-z0-9_-]/
/** File names may have 255 bytes. */
const longestName = 200
const looks = 500
/** A temporary folder this old belongs to a dead process, ms. */
const leftoverAgeMs = 10 * 60_000

/**
 * A store in a directory, for one machine: survives crashes, and any number of processes may share it. Use `sqliteStore`
 * where the runtime has `node:sqlite`: it is several times faster. A missing directory is created. Only the owner may read
 * the files; while an attempt is open they hold its prompt and its signed authorization. Use a local disk: compare-and-set
 * relies on an atomic `rename`.
 *
 * Runs on Node, Bun and Deno. Moves no money.
 *
 * @throws {InvalidInputError} `invalid_config` when the directory is not a path.
 * @throws {StoreError} from its members: `store_corrupt` for a record that cannot be read. Errors of the file system
 * pass through; the client reports them as `store_failed`, before anything is signed.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { fileStore } from 'stablestudio/node'
 *
 * const studio = new StableStudioClient({ wallet, store: fileStore('.stablestudio') })
 */
export function fileStore(directory: string): PaymentStore {
  requireText('fileStore', 'directory', directory)
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
  const store: PaymentStore = {
    ordered: true,
    async get(key) {
      await open()
      return readCurrent(join(root, nameOf(key)), key)
    },
    set(key, value, expected) {
      return telling(store, async (made) => {
        const text = JSON.stringify({ key, value })
        if (expected !== undefined && !versionPattern.test(expected)) return false
        await open()
        const folder = join(root, nameOf(key))
        if (expected !== undefined) return replace(folder, `${expected}.current`, text, made)
        const pointer = await findPointer(folder, key)
        if (!pointer) return create(folder, text, made)
        return pointer.end === 'gone' && replace(folder, `${pointer.version}.gone`, text, made)
      })
    },
    async delete(key, expected) {
      if (!versionPattern.test(expected)) return false
      await open()
      return move(join(root, nameOf(key)), `${expected}.current`, `${successorOf(expected)}.gone`)
    },
    async *keys(prefix, from = prefix) {
      await open()
      const begin = `r-${encodeKey(prefix, plain)}`
      const keys: string[] = []
      for (const name of await readdir(root)) {
        const key = name.startsWith(begin) ? decodeKey(name.slice(2)) : await longKeyOf(root, name)
        if (key?.startsWith(prefix) && key >= from) keys.push(key)
      }
      for (const key of keys.sort())
        if ((await findPointer(join(root, nameOf(key)), key))?.end === 'current') yield key
    },
  }
  return store
}

async function openRoot(root: string): Promise<void> {
  await makeFolder(root)
  for (const name of await readdir(root)) if (/^\.(new|old)-/.test(name)) await clearLeftover(root, name)
}

/** Renamed first, so that a process that was only asleep cannot install a half-empty folder. */
async function clearLeftover(root: string, name: string): Promise<void> {
  const old = join(root, `.old-${uniqueVersion()}`)
  const found = await stat(join(root, name)).catch(() => undefined)
  if (!found || Date.now() - found.mtimeMs < leftoverAgeMs) return
  await rename(join(root, name), old).catch(() => {})
  await clear(old)
}

/** Whatever cannot be removed does no harm. */
async function clear(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {})
}

function nameOf(key: string): string {
  const encoded = encodeKey(key, plain)
  if (encoded.length <= longestName) return `r-${encoded}`
  return `l-${createHash('sha256').update(encoded).digest('hex')}`
}

/** The key of a folder whose name is a hash of it. */
async function longKeyOf(root: string, name: string): Promise<string | undefined> {
  if (!name.startsWith('l-')) return undefined
  const pointer = await findPointer(join(root, name), name)
  const path = join(root, name, `${pointer?.version}.json`)
  return ownString(parse(await readFile(path, 'utf8').catch(() => '')), 'key')
}

/** The record's pointer; `undefined` when the record never existed. */
async function findPointer(folder: string, key: string): Promise<Pointer | undefined> {
  // A listing during a rename may miss both names, though never for long.
  for (let look = 0; look < looks; look += 1) {
    const names = await readdir(folder).catch((error) => refuseMissing(folder, error))
    if (!names) return undefined
    const pointers = names.map(toFile).filter(({ end }) => end === 'current' || end === 'gone')
    const [newest] = pointers.sort((one, other) => other.counter - one.counter)
    if (newest) return newest
  }
  throw corruptRecord(key, 'its folder has no version')
}

/** The parts of a file's name; of another program's file all are empty. */
function toFile(name: string): Pointer {
  const [, version = '', counter, end = ''] = filePattern.exec(name) ?? []
  return { version, counter: Number(counter), end }
}

async function readCurrent(folder: string, key: string): ReturnType<PaymentStore['get']> {
  let missed: string | undefined
  for (let look = 0; look < looks; look += 1) {
    const pointer = await findPointer(folder, key)
    if (pointer?.end !== 'current') return undefined
    const { version } = pointer
    const path = join(folder, `${version}.json`)
    const text = await readFile(path, 'utf8').catch((error) => refuseMissing(folder, error))
    if (text !== false) return { value: readContent(text, key), version }
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
async function create(folder: string, text: string, told: Made): Promise<boolean> {
  const root = dirname(folder)
  const made = join(root, `.new-${uniqueVersion()}`)
  const version = `1-${uniqueVersion()}`
  told.version = version
  await mkdir(made, { mode: 0o700 })
  try {
    await writeNew(join(made, `${version}.json`), text)
    await writeNew(join(made, `${version}.current`), '')
    await syncFolder(made)
    await rename(made, folder)
  } catch (error) {
    await clear(made)
    const isTaken = await stat(folder).catch(() => undefined)
    if (isTaken) return false
    throw error
  }
  await syncFolder(root)
  return true
}

/** The next version, in place of what `pointer` names. */
async function replace(folder: string, pointer: string, text: string, made: Made): Promise<boolean> {
  const version = successorOf(pointer)
  made.version = version
  const content = join(folder, `${version}.json`)
  try {
    await writeNew(content, text)
  } catch (error) {
    await clear(content)
    return refuseMissing(folder, error)
  }
  const moved = await move(folder, pointer, `${version}.current`)
  if (!moved) await clear(content)
  return moved
}

/** The compare-and-set. On any error but a missing pointer it may have happened, so nothing is removed. */
async function move(folder: string, from: string, to: string): Promise<boolean> {
  try {
    await rename(join(folder, from), join(folder, to))
  } catch (error) {
    return refuseMissing(folder, error)
  }
  await syncFolder(folder)
  await clearContents(folder, toFile(to))
  return true
}

/** What is missing was moved on by another writer, unless the whole store is: that must not pass for an empty one. */
async function refuseMissing(folder: string, error: unknown): Promise<false> {
  if (!isMissing(error)) throw error
  await stat(dirname(folder))
  return false
}

function successorOf(version: string): string {
  return `${Number(version.split('-')[0]) + 1}-${uniqueVersion()}`
}

/** Removes contents that can never become current, those of dead writers too. */
async function clearContents(folder: string, { counter, version, end }: Pointer): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = toFile(name)
    const isCurrent = end === 'current' && file.version === version
    if (file.end === 'json' && file.counter <= counter && !isCurrent) await clear(join(folder, name))
  }
}
