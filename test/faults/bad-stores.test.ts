// Stores that are damaged, foreign, of a later version, locked, full or read-only: no payment is started, the error says
// why and what to do, and nothing is overwritten.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { redisStore } from '../../src/entries/redis.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'
import type { StableStudioError } from '../../src/errors.ts'
import type { PaymentStore } from '../../src/ledger/store.ts'
import type { Json } from '../../src/types.ts'
import { useFolders } from '../support/folder.ts'
import { countingWallet } from '../support/hostile.ts'
import { bundlePayer } from '../support/processes.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'
import { all, failure, input, operation } from '../support/studio.ts'

const makeFolder = useFolders()

/** One wallet on one service, and clients of it on a store. */
function createPlace() {
  const sandbox = createSandbox({ speed: 1_000_000 })
  const wallet = countingWallet()
  sandbox.fund(wallet.address, '10')
  const on = (store: PaymentStore) =>
    new StableStudioClient({ wallet, store, fetch: sandbox.fetch, limits: { total: '5' } })
  return { sandbox, wallet, on }
}

type Place = ReturnType<typeof createPlace>

/** Nothing is signed or paid. Resolves to the error. */
async function refused({ sandbox, wallet }: Place, studio: StableStudioClient): Promise<StableStudioError> {
  const [signed, settled] = [wallet.signed.payments.length, sandbox.settlements().length]
  const error = (await failure(studio.submit(operation, input))) as StableStudioError
  expect(error).toMatchObject({ name: 'StoreError', payment: 'none' })
  expect(error.hint).toMatch(/^No (new )?payment (was|is) (started|sent)/)
  expect(wallet.signed.payments).toHaveLength(signed)
  expect(sandbox.settlements()).toHaveLength(settled)
  return error
}

describe('a record', () => {
  let server: RedisServer | undefined
  let client: Redis | undefined
  beforeAll(async () => {
    if (!hasRedis()) return
    server = await startRedis()
    client = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    client?.disconnect()
    await server?.close()
  })

  const stores: Record<string, () => Promise<PaymentStore>> = {
    sqlite: async () => sqliteStore(join(await makeFolder(), 'ledger.db')),
    file: async () => fileStore(join(await makeFolder(), 'store')),
    ...(hasRedis() && {
      redis: async () => {
        await client?.flushall()
        return redisStore(client as Redis)
      },
    }),
  }
  const damages: Record<string, (value: Record<string, Json>) => Json> = {
    'is of a later version': (value) => ({ ...value, v: 3, granted: { usd: '1' }, grants: [] }),
    'holds no amount': (value) => ({ ...value, spent: '0x1' }),
    'holds less than nothing': (value) => ({ ...value, spent: '-1' }),
    'lacks a part': ({ v }) => ({ v: v ?? null }),
    'is no record': () => 'text',
  }
  const cases = Object.keys(stores).flatMap((kind) =>
    ['share/', 'budget'].flatMap((key) => Object.keys(damages).map((damage) => [kind, key, damage] as const)),
  )

  async function contents(store: PaymentStore): Promise<Map<string, unknown>> {
    const keys = (await all(store.keys(''))).sort()
    return new Map(await Promise.all(keys.map(async (key) => [key, await store.get(key)] as const)))
  }

  it.each(cases)('in a %s store, %s, that %s', async (kind, prefix, damage) => {
    const store = (await stores[kind]?.()) as PaymentStore
    const place = createPlace()
    const studio = place.on(store)
    await studio.submit(operation, input)
    const [key = ''] = await all(store.keys(prefix))
    const { value, version } = (await store.get(key)) ?? {}
    expect(await store.set(key, damages[damage]?.(value as Record<string, Json>) ?? null, version)).toBe(true)
    const before = await contents(store)
    // What one process was granted is its own affair: only another one has to ask the budget.
    const error = await refused(place, prefix === 'budget' ? place.on(store) : studio)
    expect(error.code).toBe('store_corrupt')
    expect(error.message).toContain(key)
    expect(error.hint).toMatch(damage.includes('later') ? /Update the package/ : /Restore the record/)
    expect(await contents(store)).toEqual(before)
  })
})

describe('a SQLite file', () => {
  const change = (file: string, statements: string) => {
    const db = new DatabaseSync(file)
    db.exec(statements)
    db.close()
  }
  const damages: Record<string, { do: (file: string) => unknown; why: RegExp; advice: RegExp }> = {
    'is no database': {
      do: (file) => writeFile(file, 'my notes\n'.repeat(2_000)),
      why: /is not a database, or is damaged/,
      advice: /Restore the file from a backup, or use another one/,
    },
    'is of another program': {
      do: (file) => change(file, 'pragma application_id = 7'),
      why: /a database of another program/,
      advice: /Use another file/,
    },
    'is of a later version': {
      do: (file) => change(file, 'pragma user_version = 2'),
      why: /a later version of this package/,
      advice: /Update the package, or use another file/,
    },
    'has damaged pages': {
      async do(file) {
        const bytes = await readFile(file)
        await writeFile(file, bytes.fill(0xee, 4_096))
      },
      why: /is not a database, or is damaged/,
      advice: /Restore the file from a backup/,
    },
  }

  it.each(Object.entries(damages))('that %s', async (_name, { do: damage, why, advice }) => {
    const file = join(await makeFolder(), 'ledger.db')
    const place = createPlace()
    await place.on(sqliteStore(file)).submit(operation, input)
    // All that is in the log goes into the file.
    change(file, 'pragma wal_checkpoint(truncate)')
    await damage(file)
    const before = await readFile(file)
    const error = await refused(place, place.on(sqliteStore(file)))
    expect(error.code).toBe('store_corrupt')
    expect(error.message).toMatch(why)
    expect(error.message).toContain(file)
    expect(error.hint).toMatch(advice)
    expect(await readFile(file)).toEqual(before)
  })

  it('that another process keeps locked', async () => {
    const file = join(await makeFolder(), 'ledger.db')
    const place = createPlace()
    const studio = place.on(sqliteStore(file))
    await studio.submit(operation, input)
    const db = new DatabaseSync(file)
    db.exec('begin exclusive')
    const error = await refused(place, studio)
    expect(error).toMatchObject({ code: 'store_failed', safeToRetry: true })
    expect(error.message).toMatch(/locked by another process/)
    expect(error.hint).toMatch(/End what locks it, then call again/)
    db.exec('rollback')
    db.close()
    await studio.submit(operation, input)
    expect(place.sandbox.settlements()).toHaveLength(2)
  }, 30_000)
})

describe('a process that may not write', () => {
  let payer: string
  beforeAll(async () => {
    const folder = await makeFolder()
    payer = await bundlePayer(folder)
    await chmod(folder, 0o755)
  })

  /** What a process says that is held to something by the shell, as another user if this one may write everything. */
  async function sayOf(shell: string, order: object): Promise<string> {
    const nobody = process.getuid?.() === 0 && shell === '' ? { uid: 65_534, gid: 65_534 } : {}
    const child = spawn('/bin/sh', ['-c', `${shell} exec "$0" "$1"`, process.execPath, payer], {
      env: { ORDER: JSON.stringify(order) },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...nobody,
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    await once(child, 'close')
    return said
  }

  const full = "ulimit -f 0; trap '' XFSZ;"
  const paths = { sqlite: 'ledger.db', file: 'store' } as const
  type Kind = keyof typeof paths
  const open = (kind: Kind, path: string) => (kind === 'sqlite' ? sqliteStore(path) : fileStore(path))

  it.each<[name: string, Kind, isNew: boolean, shell: string, said: RegExp]>([
    ['on a full disk', 'sqlite', true, full, /full|could not be read or written|cannot be opened/],
    ['on a full disk', 'sqlite', false, full, /full|could not be read or written|cannot be opened/],
    ['on a full disk', 'file', true, full, /EFBIG|ENOSPC/],
    ['on a full disk', 'file', false, full, /EFBIG|ENOSPC/],
    ['in a folder of another user', 'sqlite', true, '', /EACCES/],
    ['in a folder of another user', 'sqlite', false, '', /EACCES|read-only|cannot be opened/],
    ['in a folder of another user', 'file', true, '', /EACCES/],
    ['in a folder of another user', 'file', false, '', /EACCES/],
  ])('%s, with a %s store (new: %s)', async (_name, kind, isNew, shell, why) => {
    const folder = join(await makeFolder(), 'mine')
    await mkdir(folder)
    const path = join(folder, paths[kind])
    const place = createPlace()
    if (!isNew) await place.on(open(kind, path)).submit(operation, input)
    for (const name of [dirname(folder), folder]) await chmod(name, shell === '' ? 0o555 : 0o755)
    const listed = await list(folder)
    const server = await place.sandbox.listen()
    const privateKey = generatePrivateKey()
    place.sandbox.fund(privateKeyToAccount(privateKey).address, '1')
    const order = { url: server.url, privateKey, store: { [kind]: path }, calls: [{ prompt: 'no room' }] }
    const paid = place.sandbox.settlements().length
    const said = await sayOf(shell, order)
    await server.close()
    await chmod(folder, 0o755)
    expect(said).toContain('"error":"StoreError"')
    expect(said).toMatch(why)
    expect(place.sandbox.settlements()).toHaveLength(paid)
    expect(await list(folder)).toEqual(listed)
    // And what was there is still good.
    if (!isNew) expect(await all(place.on(open(kind, path)).payments())).toMatchObject([{ state: 'settled' }])
  })

  /** The records of a file store, and the file of a SQLite store where it was made before. */
  async function list(folder: string): Promise<[string, number][]> {
    const names = (await readdir(folder, { recursive: true }))
      .filter((name) => !/-(wal|shm)$/.test(name))
      .sort()
    const sized = await Promise.all(
      names.map(async (name): Promise<[string, number]> => [name, (await stat(join(folder, name))).size]),
    )
    return sized.filter(([name, size]) => size > 0 && name !== 'store')
  }
})
