import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../../../src/entries/node.ts'
import { useFolders } from '../../support/folder.ts'
import { all, failure } from '../../support/studio.ts'
import { storeConformance } from '../ledger/conformance.ts'

const makeFolder = useFolders()

storeConformance('fileStore', async () => {
  const folder = join(await makeFolder(), 'made', 'when needed')
  return { store: fileStore(folder), again: async () => fileStore(folder) }
})

const everything = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).map((entry) => ({
    path: join(entry.parentPath, entry.name),
    file: entry.isFile(),
  }))

/** A record `k` with the value 1, and the paths of its two files. */
async function createRecord() {
  const root = await makeFolder()
  const store = fileStore(root)
  await store.set('k', 1, undefined)
  const folder = join(root, 'r-k')
  const names = await readdir(folder)
  const find = (end: string) => join(folder, names.find((name) => name.endsWith(end)) ?? '')
  const version = (await store.get('k'))?.version ?? ''
  return { root, store, folder, version, content: find('.json'), pointer: find('.current') }
}

describe('the files of fileStore', () => {
  it('are for their owner only', async () => {
    const root = join(await makeFolder(), 'new')
    const store = fileStore(root)
    await store.set('k', { secret: true }, undefined)
    await store.set('k', 2, (await store.get('k'))?.version)
    expect((await stat(root)).mode & 0o777).toBe(0o700)
    for (const { path, file } of await everything(root)) {
      expect((await stat(path)).mode & 0o777).toBe(file ? 0o600 : 0o700)
    }
  })

  it('are two for each record, whatever was written and lost', async () => {
    const root = await makeFolder()
    const store = fileStore(root)
    for (let n = 0; n < 30; n += 1) {
      const version = (await store.get('k'))?.version
      await Promise.all([store.set('k', n, version), store.set('k', n, version), store.set('k', n, 'x')])
    }
    expect(await readdir(root)).toEqual(['r-k'])
    expect(await readdir(join(root, 'r-k'))).toHaveLength(2)
  })

  it('have names that any file system takes', async () => {
    const root = await makeFolder()
    const store = fileStore(root)
    for (const key of ['attempt/att_1', 'UPPER', 'a.b', 'ü', '..', 'x'.repeat(5_000)]) {
      await store.set(key, key, undefined)
    }
    const names = await readdir(root)
    expect(names.sort()).toEqual([
      expect.stringMatching(/^l-[0-9a-f]{64}$/),
      'r-%2e%2e',
      'r-%55%50%50%45%52',
      'r-%fc',
      'r-a%2eb',
      'r-attempt%2fatt_1',
    ])
  })

  it('of strangers are left alone', async () => {
    const root = await makeFolder()
    await writeFile(join(root, '.DS_Store'), 'x')
    await writeFile(join(root, 'notes.txt'), 'x')
    const store = fileStore(root)
    await store.set('k', 1, undefined)
    expect(await all(store.keys(''))).toEqual(['k'])
    expect((await readdir(root)).sort()).toEqual(['.DS_Store', 'notes.txt', 'r-k'])
  })
})

describe('after a crash of fileStore', () => {
  it('while the next version was written: the old one counts, and the rest is cleared away', async () => {
    const { store, folder, version } = await createRecord()
    await writeFile(join(folder, `2-${'a'.repeat(24)}.json`), '{"key":"k","val')
    expect(await store.get('k')).toEqual({ value: 1, version })
    expect(await store.set('k', 2, version)).toBe(true)
    expect((await store.get('k'))?.value).toBe(2)
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('right after the switch: the new one counts', async () => {
    const { store, folder, version, pointer } = await createRecord()
    const next = `2-${'b'.repeat(24)}`
    await writeFile(join(folder, `${next}.json`), '{"key":"k","value":2}')
    await rename(pointer, join(folder, `${next}.current`))
    expect(await store.get('k')).toEqual({ value: 2, version: next })
    expect(await store.set('k', 3, version)).toBe(false)
    expect(await store.set('k', 3, next)).toBe(true)
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('while a record was made: there is none, and it can be made', async () => {
    const root = await makeFolder()
    const leftover = join(root, `.new-${'c'.repeat(24)}`)
    await mkdir(leftover)
    await writeFile(join(leftover, `1-${'c'.repeat(24)}.json`), '{"key":"k"')
    const store = fileStore(root)
    expect(await store.get('k')).toBeUndefined()
    expect(await all(store.keys(''))).toEqual([])
    expect(await store.set('k', 1, undefined)).toBe(true)
    expect(await readdir(root)).toContain(`.new-${'c'.repeat(24)}`)
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(leftover, hourAgo, hourAgo)
    await fileStore(root).get('k')
    expect(await readdir(root)).toEqual(['r-k'])
  })
})

describe('a record of fileStore that cannot be read', () => {
  const breaks: Record<string, (record: Awaited<ReturnType<typeof createRecord>>) => Promise<unknown>> = {
    'is cut': ({ content }) => writeFile(content, '{"key":"k","value":'),
    'is empty': ({ content }) => writeFile(content, ''),
    'is no record': ({ content }) => writeFile(content, '[1]'),
    'is that of another key': ({ content }) => writeFile(content, '{"key":"other","value":1}'),
    'has lost its content': ({ content }) => rm(content),
    'has lost its pointer': ({ pointer }) => rm(pointer),
  }
  it.each(Object.entries(breaks))('because it %s fails closed and stays', async (_name, damage) => {
    const record = await createRecord()
    await damage(record)
    const before = await everything(record.root)
    const store = fileStore(record.root)
    expect(await failure(store.get('k'))).toMatchObject({
      name: 'StoreError',
      code: 'store_corrupt',
      payment: 'none',
    })
    expect(await store.set('k', 2, undefined).catch(() => false)).toBe(false)
    expect(await everything(record.root)).toEqual(before)
  })
})

describe('a directory that cannot be used', () => {
  it('because a file is in its place is said at once', async () => {
    const path = join(await makeFolder(), 'file')
    await writeFile(path, 'mine')
    const store = fileStore(path)
    expect(await failure(store.get('k'))).toMatchObject({ code: 'EEXIST' })
    expect(await failure(store.set('k', 1, undefined))).toMatchObject({ code: 'EEXIST' })
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  it('can be used as soon as it can be made', async () => {
    const path = join(await makeFolder(), 'file')
    await writeFile(path, '')
    const store = fileStore(path)
    await failure(store.get('k'))
    await rm(path)
    expect(await store.set('k', 1, undefined)).toBe(true)
  })

  it('because it vanished is not taken for an empty store', async () => {
    const root = await makeFolder()
    const store = fileStore(root)
    await store.set('k', 1, undefined)
    const { version = '' } = (await store.get('k')) ?? {}
    await rm(root, { recursive: true })
    const calls = [
      () => store.get('k'),
      () => store.set('k', 2, version),
      () => store.set('k', 2, undefined),
      () => store.delete('k', version),
      () => all(store.keys('')),
    ]
    for (const call of calls) expect(await failure(call())).toMatchObject({ code: 'ENOENT' })
  })
})
