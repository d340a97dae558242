// Stores that are unreachable, gone or broken: no payment is started, and the error says why. See bad-stores.test.ts, too.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { fileStore } from '../../src/entries/node.ts'
import { redisStore } from '../../src/entries/redis.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { memoryStore, type PaymentStore } from '../../src/ledger/store.ts'
import { useFolders } from '../support/folder.ts'
import { countingWallet } from '../support/hostile.ts'
import { hasRedis, startRedis } from '../support/redis.ts'
import { failure, input, operation } from '../support/studio.ts'

const makeFolder = useFolders()

/** A client whose signatures are counted. */
function createCounted(store: PaymentStore) {
  const sandbox = createSandbox({ speed: 1_000_000 })
  const wallet = countingWallet()
  sandbox.fund(wallet.address, '10')
  return { sandbox, wallet, studio: new StableStudioClient({ wallet, store, fetch: sandbox.fetch }) }
}

/** Nothing was signed or paid, and the error says what was wrong with the store. */
async function expectNoPayment(
  { sandbox, wallet, studio }: ReturnType<typeof createCounted>,
  why: RegExp,
  code = 'store_failed',
) {
  const [signed, settled] = [wallet.signed.payments.length, sandbox.settlements().length]
  const error = await failure(studio.submit(operation, input))
  expect(error).toMatchObject({ name: 'StoreError', code, payment: 'none' })
  expect(String(error)).toMatch(why)
  expect(wallet.signed.payments).toHaveLength(signed)
  expect(sandbox.settlements()).toHaveLength(settled)
}

describe('a fileStore', () => {
  it('with a file in its place starts no payment', async () => {
    const path = join(await makeFolder(), 'file')
    await writeFile(path, '')
    await expectNoPayment(createCounted(fileStore(path)), /EEXIST/)
  })

  it('where no folder can be made starts no payment', async () => {
    await expectNoPayment(createCounted(fileStore('/dev/null/store')), /ENOTDIR/)
    await expectNoPayment(createCounted(fileStore('/proc/store')), /ENOENT|EACCES|EROFS|EPERM/)
  })

  it('whose folder vanishes starts no further payment', async () => {
    const folder = join(await makeFolder(), 'store')
    const counted = createCounted(fileStore(folder))
    await counted.studio.submit(operation, input)
    await rm(folder, { recursive: true })
    await expectNoPayment(counted, /ENOENT/)
    expect(counted.sandbox.settlements()).toHaveLength(1)
  })

  it('with a broken record starts no payment and leaves it alone', async () => {
    const folder = join(await makeFolder(), 'store')
    const counted = createCounted(fileStore(folder))
    await counted.studio.submit(operation, input)
    const record = join(folder, 'r-budget')
    const [content = ''] = (await readdir(record)).filter((name) => name.endsWith('.json'))
    await writeFile(join(record, content), '{"key":"budget","value":{"v":2,"spent":')
    const before = await readdir(record)
    await expectNoPayment(counted, /budget/, 'store_corrupt')
    expect(await readdir(record)).toEqual(before)
  })

  it('that was put where another kind of record should be starts no payment', async () => {
    const folder = join(await makeFolder(), 'store')
    await mkdir(join(folder, 'r-spend'), { recursive: true })
    await expectNoPayment(createCounted(fileStore(folder)), /spend/, 'store_corrupt')
  })
})

describe.skipIf(!hasRedis())('a redisStore', () => {
  it.each(['ioredis', 'node-redis'])(
    'on %s whose server is killed starts no further payment',
    async (kind) => {
      const server = await startRedis()
      const quiet = () => {}
      const ioredis = new Redis(server.port, '127.0.0.1', { lazyConnect: true })
      const nodeRedis = createClient({ url: `redis://127.0.0.1:${server.port}` })
      ioredis.on('error', quiet)
      nodeRedis.on('error', quiet)
      const client = kind === 'ioredis' ? ioredis : nodeRedis
      try {
        await client.connect()
        const counted = createCounted(redisStore(client, { timeout: 400 }))
        await counted.studio.submit(operation, input)
        await server.kill()
        await expectNoPayment(counted, /did not answer|ECONNREFUSED|closed/i)
      } finally {
        ioredis.disconnect()
        nodeRedis.destroy()
        await server.close()
      }
    },
  )

  it('on a server that takes no more writes starts no payment', async () => {
    const server = await startRedis()
    const client = new Redis(server.port, '127.0.0.1')
    try {
      const counted = createCounted(redisStore(client))
      await client.config('SET', 'maxmemory', '1')
      await expectNoPayment(counted, /OOM/)
      await client.config('SET', 'maxmemory', '0')
      await client.config('SET', 'min-replicas-to-write', '1')
      await expectNoPayment(counted, /NOREPLICAS|good/i)
      await client.config('SET', 'min-replicas-to-write', '0')
      await counted.studio.submit(operation, input)
      expect(counted.sandbox.settlements()).toHaveLength(1)
    } finally {
      client.disconnect()
      await server.close()
    }
  })
})

describe('two clients with different limits on one store', () => {
  it('are each held to their own, over what both have spent', async () => {
    const store = memoryStore()
    const strict = createCounted(store)
    const fetch = strict.sandbox.fetch
    const client = (total: string, perCall = '1') =>
      new StableStudioClient({ wallet: strict.wallet, store, fetch, limits: { total, perCall } })
    const [small, large] = [client('0.34'), client('0.68')]
    const calls = [small, large, small, large, small, large, small, large]
    const results = await Promise.allSettled(
      calls.map((one, at) => one.submit(operation, { ...input, prompt: `call ${at}` })),
    )
    const paid = results.filter(({ status }) => status === 'fulfilled').length
    expect(paid).toBe(strict.sandbox.settlements().length)
    await expect(small.submit(operation, input)).rejects.toMatchObject({ code: 'limit_total', limit: '0.34' })
    for (let left = 4 - paid; left > 0; left -= 1) await large.submit(operation, input)
    await expect(large.submit(operation, input)).rejects.toMatchObject({ code: 'limit_total', spent: '0.68' })
    expect(strict.sandbox.settlements()).toHaveLength(4)
    await expect(client('9', '0.16').submit(operation, input)).rejects.toMatchObject({
      code: 'limit_per_call',
    })
  })
})
