// A payment store on a Redis server, over the application's own client.
import { StoreError } from '../errors.ts'
import { copyBytes, isMemory } from '../internal/realm.ts'
import { within } from '../internal/time.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { decodeKey, encodeKey, uniqueVersion } from './key.ts'
import { readRecord, storeUnavailable } from './stored-record.ts'

/** A Redis client that can run a script: ioredis, node-redis (`redis`) or `@upstash/redis`, clusters included. */
export type RedisClient = { eval: (...parameters: never[]) => Promise<unknown> }

/** Options of {@link redisStore}. */
export type RedisStoreOptions = {
  /** Name of the one Redis hash that holds the store. @default 'stablestudio' */
  prefix?: string | undefined
  /**
   * How long Redis may take for one answer, ms. A client that waits for a lost server would otherwise hang the call.
   * @default 10_000
   */
  timeout?: number | undefined
}

/*
 * The whole store is one hash: field → `v<version> <JSON>`. One Redis key means one slot of a cluster, and a listing
 * without patterns. Versions are made here, so a script that is sent again after a lost answer still reports that it
 * wrote. No reply is valid JSON by itself: Upstash's client would parse it.
 */

const getScript = "return redis.call('HGET', KEYS[1], ARGV[1])"

/** ARGV: field, expected version or '', new version, JSON. */
const setScript = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
local version = held and string.match(held, '^v(%x+) ') or ''
if held and version == '' then return 0 end
if version == ARGV[3] then return 1 end
if version ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 'v' .. ARGV[3] .. ' ' .. ARGV[4])
return 1`

/** ARGV: field, expected version, and 1 on a second try, when the first may have deleted it. */
const deleteScript = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held then return tonumber(ARGV[3]) end
if string.match(held, '^v(%x+) ') ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`

/** ARGV: cursor, prefix. Returns the next cursor and the fields, one per line. */
const keysScript = `
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local lines = { 'c' .. page[1] }
for at = 1, #page[2], 2 do
  local field = page[2][at]
  if string.sub(field, 1, #ARGV[2]) == ARGV[2] then table.insert(lines, field) end
end
return table.concat(lines, '\\n')`

/** Keys stay readable, but without line breaks and non-ASCII characters. */
const plain = /[!-$&-~]/
const versionPattern = /^[0-9a-f]{24}$/

/**
 * A store on a Redis server (2.8 or later, or compatible), shared by any number of machines. Compare-and-set runs as a
 * script on the server. Moves no money.
 *
 * Redis must be durable: `appendonly yes` and `maxmemory-policy noeviction`. A fail-over to a lagging replica can lose
 * the last writes.
 *
 * @throws {StoreError} from its members: `store_corrupt` for a record that cannot be read, `store_failed` without
 * an answer in time. Errors of the client pass through; StableStudioClient reports them as `store_failed`, before
 * anything is signed.
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { redisStore } from 'stablestudio/redis'
 * import { Redis } from 'ioredis'
 *
 * const studio = new StableStudioClient({ wallet, store: redisStore(new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1')) })
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): PaymentStore {
  const { prefix = 'stablestudio', timeout = 10_000 } = options
  const call = callerOf(client)
  const run = (script: string, ...parameters: string[]) => runAgain(script, parameters, parameters)
  /** A client that lost its connection drops what it had sent and reconnects: every script may run twice. */
  const runAgain = (script: string, parameters: readonly string[], again: readonly string[]) => {
    const both = call(script, prefix, parameters).catch((error) => {
      if (!isLost(error)) throw error
      return call(script, prefix, again)
    })
    return within(both, timeout, undefined, () =>
      storeUnavailable(
        `Redis did not answer within ${timeout} ms.`,
        'Make Redis reachable and writable, then call again.',
      ),
    )
  }
  const fieldOf = (key: string) => encodeKey(key, plain)
  return {
    async get(key) {
      const held = await run(getScript, fieldOf(key))
      if (held === null || held === undefined) return undefined
      const [, version, text] = /^v([0-9a-f]{24}) ([\s\S]*)$/.exec(textOf(held)) ?? []
      return readRecord(key, version, text)
    },
    async set(key, value, expected) {
      if (expected !== undefined && !versionPattern.test(expected)) return false
      const text = JSON.stringify(value)
      return isOne(await run(setScript, fieldOf(key), expected ?? '', uniqueVersion(), text))
    },
    async delete(key, expected) {
      if (!versionPattern.test(expected)) return false
      const parameters = [fieldOf(key), expected]
      return isOne(await runAgain(deleteScript, [...parameters, '0'], [...parameters, '1']))
    },
    async *keys(keyPrefix) {
      const seen = new Set<string>()
      let cursor = '0'
      do {
        const [next = '', ...fields] = textOf(await run(keysScript, cursor, fieldOf(keyPrefix))).split('\n')
        cursor = next.slice(1)
        for (const field of fields) {
          // A scan may return a field twice while the hash grows.
          if (!seen.has(field)) yield decodeKey(field)
          seen.add(field)
        }
      } while (cursor !== '0')
    },
  }
}

type Call = (script: string, key: string, parameters: readonly string[]) => Promise<unknown>

/** The three ways to pass a script its keys and arguments, told apart by a method that only one client has. */
function callerOf(client: RedisClient): Call {
  const has = (name: string) => typeof (client as Record<string, unknown>)[name] === 'function'
  const run = (...parameters: unknown[]) => client.eval(...(parameters as never[]))
  if (!has('eval')) {
    throw new StoreError('redisStore needs a Redis client with `eval`.', {
      hint: 'Pass a client of ioredis, node-redis or @upstash/redis.',
    })
  }
  if (has('defineCommand')) return async (script, key, parameters) => run(script, 1, key, ...parameters)
  if (has('evalSha')) {
    return async (script, key, parameters) => run(script, { keys: [key], arguments: [...parameters] })
  }
  return async (script, key, parameters) => run(script, [key], [...parameters])
}

/** Whether the connection failed, as Node and the clients report it; an answer of the server is never that. */
function isLost(error: unknown): boolean {
  const { name, code, message } = (error ?? {}) as Record<'name' | 'code' | 'message', unknown>
  if (/ReplyError|ErrorReply/.test(String(name))) return false
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTCONN|UND_ERR_SOCKET)/.test(String(code)) ||
    /socket|connection|fetch failed|network/i.test(`${String(name)} ${String(message)}`)
  )
}

function isOne(reply: unknown): boolean {
  return Number(reply) === 1
}

function textOf(reply: unknown): string {
  return isMemory(reply) ? new TextDecoder().decode(copyBytes(reply)) : String(reply)
}
