// Where the records are in Redis, and how those of version 0.1 get there.
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/entries/redis.ts'
import { uniqueVersion } from '../../../src/stores/key.ts'
import { hasRedis, oldSet, type RedisServer, startRedis } from '../../support/redis.ts'
import { all, failure } from '../../support/studio.ts'

describe.skipIf(!hasRedis())('the layout in Redis', () => {
  let server: RedisServer
  let client: Redis
  beforeAll(async () => {
    server = await startRedis()
    client = new Redis(server.port, '127.0.0.1')
  })
  afterAll(async () => {
    client.disconnect()
    await server.close()
  })
  beforeEach(() => client.flushall())

  const keys = Array.from({ length: 1_500 }, (_, n) => `attempt/${n}`)
  const setAsOld = (key: string, value: unknown, expected = '') =>
    client.eval(oldSet, 1, 'stablestudio', key, expected, uniqueVersion(), JSON.stringify(value))
  const fillOld = () => Promise.all(keys.map((key, n) => setAsOld(key, n)))

  async function expectMoved(): Promise<void> {
    const store = redisStore(client)
    expect((await all(store.keys('attempt/'))).sort()).toEqual([...keys].sort())
    for (const [n, key] of keys.entries()) expect((await store.get(key))?.value).toBe(n)
    expect(await client.type('stablestudio')).toBe('string')
  }

  it('is 64 hashes that share the records evenly', async () => {
    const store = redisStore(client)
    await Promise.all(keys.map((key) => store.set(key, 1, undefined)))
    const sizes = await Promise.all(
      Array.from({ length: 64 }, (_, at) => client.hlen(`stablestudio:${at}/64`)),
    )
    // One field of each is no record.
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(keys.length + 64)
    expect(Math.min(...sizes)).toBeGreaterThan(5)
    expect(Math.max(...sizes)).toBeLessThan(60)
  })

  it.each(['stablestudio:1', 'stablestudio:1/6', 'stablestudio:1/64 '])(
    'is another than that of the prefix %j',
    async (prefix) => {
      const store = redisStore(client)
      await Promise.all(keys.map((key) => store.set(key, 'one', undefined)))
      const other = redisStore(client, { prefix })
      expect(await all(other.keys(''))).toEqual([])
      expect(await other.set('attempt/7', 'other', undefined)).toBe(true)
      expect((await all(store.keys(''))).sort()).toEqual([...keys].sort())
      expect((await store.get('attempt/7'))?.value).toBe('one')
    },
  )

  it('takes no prefix that is the name of another store’s hash', async () => {
    for (const prefix of ['stablestudio:1/64', 'a:63/64:0/64'])
      expect(() => redisStore(client, { prefix })).toThrow('prefix: must not end like')
  })

  it('of version 0.1 is moved by the first who uses it, versions included', async () => {
    await fillOld()
    const [version] = /[0-9a-f]{24}/.exec((await client.hget('stablestudio', 'attempt/7')) ?? '') ?? []
    expect(await redisStore(client).set('attempt/7', 7, version)).toBe(true)
    await expectMoved()
  })

  it('of version 0.1 is moved by many at once', async () => {
    await fillOld()
    await Promise.all(Array.from({ length: 8 }, (_, n) => redisStore(client).set(`new/${n}`, n, undefined)))
    await expectMoved()
  })

  it('of version 0.1 is moved whole, wherever one who moved it died', async () => {
    for (const dieAt of [2, 66, 67, 68, 69, 110, 132, 133, 134, 135, 136, 200, 267, 300]) {
      await client.flushall()
      await fillOld()
      let calls = 0
      const dying = {
        defineCommand: () => {},
        async eval(...parameters: [string, number, ...string[]]) {
          calls += 1
          if (calls >= dieAt) throw new Error('dead')
          return client.eval(...parameters)
        },
      }
      await failure(redisStore(dying).get('attempt/1'))
      await expectMoved()
    }
  })

  it('lets a client of version 0.1 write nothing beside it', async () => {
    await fillOld()
    // While it is moved: the first page is frozen, after one look, 64 tries and a scan.
    let calls = 0
    const dying = {
      defineCommand: () => {},
      async eval(...parameters: [string, number, ...string[]]) {
        calls += 1
        if (calls > 67) throw new Error('dead')
        return client.eval(...parameters)
      },
    }
    await failure(redisStore(dying).get('k'))
    const frozen = Object.entries(await client.hgetall('stablestudio')).filter(([, held]) =>
      held.startsWith('m'),
    )
    expect(frozen.length).toBeGreaterThan(400)
    const [[field = '', held = ''] = []] = frozen
    const [version = ''] = /[0-9a-f]{24}/.exec(held) ?? []
    expect(await setAsOld(field, 'changed', version)).toBe(0)
    // And afterwards, on an old store or on a new one.
    await expectMoved()
    expect(String(await failure(setAsOld('k', 1)))).toContain('WRONGTYPE')
    await client.flushall()
    await redisStore(client).set('k', 1, undefined)
    expect(String(await failure(setAsOld('k', 1)))).toContain('WRONGTYPE')
  })
})
