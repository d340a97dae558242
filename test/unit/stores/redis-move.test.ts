// The records of version 0.1 are moved while its clients run, and whoever moves them may die or come late.
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/entries/redis.ts'
import { uniqueVersion } from '../../../src/stores/key.ts'
import { hasRedis, oldSet, type RedisServer, startRedis } from '../../support/redis.ts'
import { all, failure } from '../../support/studio.ts'

type Parameters = [script: string, number, ...string[]]

describe.skipIf(!hasRedis())('the move from version 0.1', () => {
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

  const keys = ['key/order', 'spend', 'payee/a', 'attempt/1', 'attempt/2']
  const setAsOld = (key: string, value: unknown, expected = '') =>
    client.eval(oldSet, 1, 'stablestudio', key, expected, uniqueVersion(), JSON.stringify(value))
  const fillOld = () => Promise.all(keys.map((key, n) => setAsOld(key, n)))
  const records = async (store = redisStore(client)) =>
    Object.fromEntries(
      await Promise.all((await all(store.keys(''))).map(async (key) => [key, (await store.get(key))?.value])),
    )
  const filled = Object.fromEntries(keys.map((key, n) => [key, n]))

  /** A client whose step `at` is preceded by something. */
  function watched(at: number, before: () => Promise<unknown>) {
    let steps = 0
    const watching = {
      defineCommand: () => {},
      async eval(...parameters: Parameters) {
        steps += 1
        if (steps === at) await before()
        return client.eval(...parameters)
      },
    }
    return { client: watching, steps: () => steps }
  }

  /** The number of steps from an old store to the first answer. */
  async function stepsOfMove(): Promise<number> {
    await fillOld()
    const counted = watched(0, async () => {})
    await redisStore(counted.client).get('none')
    return counted.steps()
  }

  it('keeps what is moved from clients of 0.1, and loses none of it, after whatever step one who moves it dies', async () => {
    const steps = await stepsOfMove()
    for (let step = 1; step <= steps; step += 1) {
      await client.flushall()
      await fillOld()
      let left = step
      const dying = {
        defineCommand: () => {},
        async eval(...parameters: Parameters) {
          left -= 1
          if (left < 0) throw new Error('dead')
          return client.eval(...parameters)
        },
      }
      await redisStore(dying)
        .get('none')
        .catch(() => {})
      for (const key of keys) {
        const wrote = await setAsOld(key, 'anew').catch((error) => String(error))
        expect([0, expect.stringContaining('WRONGTYPE')], `${key} after step ${step}`).toContainEqual(wrote)
      }
      expect(await records(), `after step ${step}`).toEqual(filled)
    }
  }, 60_000)

  it('brings nothing back that was deleted since, whatever step of one who moves it comes late', async () => {
    const steps = await stepsOfMove()
    for (let step = 1; step <= steps; step += 1) {
      await client.flushall()
      await fillOld()
      const late = watched(step, async () => {
        const store = redisStore(client)
        for (const key of keys)
          expect(await store.delete(key, (await store.get(key))?.version ?? '')).toBe(true)
      })
      await redisStore(late.client).get('none')
      expect(await records(), `step ${step} late`).toEqual({})
    }
  }, 60_000)

  it('takes records with line breaks as they are', async () => {
    await fillOld()
    const text = JSON.stringify({ text: 'a\nb', more: [1, 'é\u2028'] }, null, 2).replaceAll('\n', '\r\n')
    const odd = { broken: `v${uniqueVersion()} {\n"a"`, alien: 'no\nrecord' }
    await client.hset('stablestudio', { ...odd, lines: `v${uniqueVersion()} ${text}` })
    const store = redisStore(client)
    expect((await store.get('lines'))?.value).toEqual(JSON.parse(text))
    for (const key of Object.keys(odd)) {
      expect(await failure(store.get(key))).toMatchObject({ code: 'store_corrupt' })
      expect(await store.set(key, 1, undefined)).toBe(false)
    }
    for (const [n, key] of keys.entries()) expect((await store.get(key))?.value).toBe(n)
  })

  it('takes what a client of 0.1 adds meanwhile', async () => {
    const steps = await stepsOfMove()
    for (let step = 1; step <= steps; step += 9) {
      await client.flushall()
      await fillOld()
      let wrote: unknown
      const mover = watched(step, async () => {
        wrote = await setAsOld('new', 'new').catch(() => 0)
      })
      await redisStore(mover.client).get('none')
      expect(await records(), `at step ${step}`).toEqual(wrote === 1 ? { ...filled, new: 'new' } : filled)
    }
  }, 60_000)

  it('begins only when the new names can be written', async () => {
    await fillOld()
    const before = await client.hgetall('stablestudio')
    await client.call('ACL', 'SETUSER', 'narrow', 'on', '>word', '~stablestudio', '+@all')
    const narrow = new Redis(server.port, '127.0.0.1', { username: 'narrow', password: 'word' })
    const error = await failure(redisStore(narrow).set('k', 1, undefined))
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_failed', payment: 'none' })
    expect(String(error)).toContain('"stablestudio:0/64" to "stablestudio:63/64"')
    expect(await client.hgetall('stablestudio')).toEqual(before)
    narrow.disconnect()
  })

  it('does not take a free name either, unless the new names can be written', async () => {
    await client.set('stablestudio:5/64', 'mine')
    expect(String(await failure(redisStore(client).get('k')))).toContain('"stablestudio:0/64"')
    expect(await client.exists('stablestudio')).toBe(0)
  })

  it('says so when the old hash is back after its move', async () => {
    await fillOld()
    const old = await client.hgetall('stablestudio')
    await redisStore(client).get('none')
    await client.del('stablestudio')
    await client.hset('stablestudio', old)
    const error = await failure(redisStore(client).get('spend'))
    expect(error).toMatchObject({ name: 'StoreError', payment: 'none' })
    expect(String(error)).toContain('records of version 0.1')
    expect(await client.hlen('stablestudio')).toBe(keys.length)
  })

  it('never scans and writes in one script, which Redis refuses before version 5', async () => {
    await fillOld()
    const scripts = new Set<string>()
    const noting = {
      defineCommand: () => {},
      async eval(...parameters: Parameters) {
        scripts.add(parameters[0])
        return client.eval(...parameters)
      },
    }
    expect(await records(redisStore(noting))).toEqual(filled)
    expect([...scripts].some((script) => script.includes("'HSCAN'"))).toBe(true)
    for (const script of scripts)
      if (script.includes("'HSCAN'")) expect(script).not.toMatch(/'(HSET|HSETNX|HDEL|SET|DEL)'/)
  })
})
