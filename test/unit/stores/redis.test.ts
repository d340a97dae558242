import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/entries/redis.ts'
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts'
import { all, failure } from '../../support/studio.ts'
import { storeConformance } from '../ledger/conformance.ts'

describe.skipIf(!hasRedis())('on a real Redis', () => {
  let server: RedisServer
  let made = 0
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.close())
  const prefix = () => {
    made += 1
    return `store *?[${made}]`
  }

  storeConformance('redisStore on ioredis', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const options = { prefix: prefix() }
    return {
      store: redisStore(client, options),
      again: async () => redisStore(client, options),
      close: async () => client.disconnect(),
    }
  })

  storeConformance('redisStore on node-redis', async () => {
    const client = createClient({ url: `redis://127.0.0.1:${server.port}` })
    await client.connect()
    const options = { prefix: prefix() }
    return {
      store: redisStore(client, options),
      again: async () => redisStore(client, options),
      close: async () => client.destroy(),
    }
  })

  storeConformance('redisStore on the calls of Upstash', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const options = { prefix: prefix() }
    const upstash = { eval: upstashEval(client) }
    return {
      store: redisStore(upstash, options),
      again: async () => redisStore(upstash, options),
      close: async () => client.disconnect(),
    }
  })

  it('says so when the server does not answer in time, and goes on when it does again', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const store = redisStore(client, { prefix: prefix(), timeout: 300 })
    await store.set('k', 1, undefined)
    const other = new Redis(server.port, '127.0.0.1')
    await other.call('CLIENT', 'PAUSE', '700')
    const error = await failure(store.get('k'))
    expect(error).toMatchObject({
      name: 'StoreError',
      code: 'store_failed',
      payment: 'none',
      safeToRetry: true,
    })
    expect(String(error)).toContain('did not answer within 300 ms')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect((await store.get('k'))?.value).toBe(1)
    client.disconnect()
    other.disconnect()
  })

  it('says of a write that a client sends twice that it was written', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const twice = {
      defineCommand: () => {},
      async eval(...parameters: [string, number, ...string[]]) {
        await client.eval(...parameters)
        return client.eval(...parameters)
      },
    }
    const store = redisStore(twice, { prefix: prefix() })
    expect(await store.set('k', 1, undefined)).toBe(true)
    expect(await store.set('k', 2, (await store.get('k'))?.version)).toBe(true)
    expect(await store.set('k', 3, undefined)).toBe(false)
    expect((await store.get('k'))?.value).toBe(2)
    client.disconnect()
  })

  it('says of what it deleted before its connection was lost that it was deleted, once', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    let lost = 0
    const losing = {
      defineCommand: () => {},
      async eval(...parameters: [string, number, ...string[]]) {
        const reply = await client.eval(...parameters)
        lost -= 1
        if (lost === 0) throw new Error('Connection is closed.')
        return reply
      },
    }
    const store = redisStore(losing, { prefix: prefix() })
    await store.get('k')
    lost = 1
    expect(await store.set('k', 1, undefined)).toBe(true)
    const { version = '' } = (await store.get('k')) ?? {}
    lost = 1
    expect(await store.delete('k', version)).toBe(true)
    expect(await store.delete('k', version)).toBe(false)
    client.disconnect()
  })

  it('keeps two stores on one server apart', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const [one, other] = [redisStore(client, { prefix: prefix() }), redisStore(client, { prefix: prefix() })]
    await one.set('k', 1, undefined)
    expect(await other.get('k')).toBeUndefined()
    expect(await all(other.keys(''))).toEqual([])
    client.disconnect()
  })

  it.each(['', 'x', 'v123', `v${'a'.repeat(24)} {`, `v${'A'.repeat(24)} 1`, '{"version":"1"}'])(
    'leaves the unreadable record %j alone',
    async (text) => {
      const client = new Redis(server.port, '127.0.0.1')
      const name = prefix()
      const store = redisStore(client, { prefix: name })
      await store.set('k', 1, undefined)
      const hash = await hashOf(client, name, 'k')
      await client.hset(hash, 'k', text)
      expect(await failure(store.get('k'))).toMatchObject({ name: 'StoreError', code: 'store_corrupt' })
      expect(await store.set('k', 2, undefined)).toBe(false)
      expect(await client.hget(hash, 'k')).toBe(text)
      client.disconnect()
    },
  )

  it('passes on what the server says against a key of another kind', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    const name = prefix()
    await client.set(name, 'mine')
    const store = redisStore(client, { prefix: name })
    expect(String(await failure(store.set('k', 1, undefined)))).toContain('WRONGTYPE')
    expect(await client.get(name)).toBe('mine')
    client.disconnect()
  })
})

/** The hash that has a field. */
async function hashOf(client: Redis, prefix: string, field: string): Promise<string> {
  for (let at = 0; at < 64; at += 1)
    if (await client.hexists(`${prefix}:${at}/64`, field)) return `${prefix}:${at}/64`
  throw new Error(`${field} is nowhere`)
}

/** Passes keys and arguments as lists, and parses whatever looks like JSON in a reply, as `@upstash/redis` does. */
function upstashEval(client: Redis) {
  return async (script: string, keys: string[], parameters: unknown[]): Promise<unknown> => {
    const texts = parameters.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
    return parsed(await client.eval(script, keys.length, ...keys, ...texts))
  }
}

function parsed(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(parsed)
  if (typeof reply !== 'string') return reply
  try {
    return JSON.parse(reply)
  } catch {
    return reply
  }
}

it('refuses at once what is no client', () => {
  for (const client of [undefined, null, {}, 'redis://127.0.0.1'])
    expect(() => redisStore(client as never)).toThrow(
      'client: must be a client of ioredis, node-redis or @upstash/redis',
    )
  const client = { eval: async () => null }
  expect(() => redisStore(client, { prefx: 'x', timeout: '5' } as never)).toThrow(
    'prefx: unknown option. Did you mean prefix?\n- timeout: must be a positive number of milliseconds',
  )
})

describe('a connection that is lost', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const socket = Object.assign(new Error('Socket closed unexpectedly'), {
    name: 'SocketClosedUnexpectedlyError',
  })
  const upstash = new TypeError('fetch failed')

  /** A client that answers with these, one after the other. */
  function clientWith(...replies: unknown[]) {
    const asked: unknown[][] = []
    const client = {
      defineCommand: () => {},
      async eval(...parameters: unknown[]) {
        // The first script takes the store's name.
        if (String(parameters[0]).includes('TYPE')) return 'moved'
        asked.push(parameters)
        const reply = replies.shift()
        if (reply instanceof Error) throw reply
        return reply
      },
    }
    return { store: redisStore(client), asked }
  }

  it.each([reset, socket, upstash, new Error('Connection is closed.')])(
    'is used anew once, with the very same write: %s',
    async (error) => {
      const { store, asked } = clientWith(error, 1)
      expect(await store.set('k', 1, undefined)).toBe(true)
      expect(asked).toHaveLength(2)
      expect(asked[1]).toEqual(asked[0])
    },
  )

  it('twice is told', async () => {
    const { store, asked } = clientWith(reset, reset, null)
    expect(await failure(store.get('k'))).toBe(reset)
    expect(asked).toHaveLength(2)
    expect(await store.get('k')).toBeUndefined()
  })

  it('is not what a server says', async () => {
    const said = Object.assign(new Error('READONLY no connection to the master'), { name: 'ReplyError' })
    const { store, asked } = clientWith(said, 1)
    expect(await failure(store.set('k', 1, undefined))).toBe(said)
    expect(asked).toHaveLength(1)
  })
})
