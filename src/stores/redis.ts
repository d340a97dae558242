// A payment store on a Redis server, over the application's own client.
import { invalidOptions } from '../errors/invalid-options.ts'
import { checkMs, checkOptions, checkThat, hasMethods } from '../internal/check.ts'
import { checkText } from '../internal/kind.ts'
import { within } from '../internal/time.ts'
import type { PaymentStore } from '../ledger/store.ts'
import { telling } from '../ledger/written.ts'
import { decodeKey, encodeKey, uniqueVersion } from './key.ts'
import { callerOf, isLost, isOne, type RedisClient, textOf } from './redis-client.ts'
import { endsAsHash, hashOf, keysScript, openStore, withEach } from './redis-layout.ts'
import { readRecord, storeUnavailable } from './stored-record.ts'

/** Options of {@link redisStore}. */
export type RedisStoreOptions = {
  /** The store is 64 Redis hashes that start with this name, `<prefix>:0/64` to `<prefix>:63/64`. @default 'stablestudio' */
  prefix?: string | undefined
  /**
   * How long Redis may take for one answer, ms. Otherwise a client that waits for a lost server would hang the call.
   * @default 10_000
   */
  timeout?: number | undefined
}

/*
 * The store is 64 hashes, so that a cluster spreads it and a listing needs no patterns: field → `v<version> <JSON>`, in
 * the hash that the field's own hash names. Versions are made here, so a script that is sent again after a lost answer
 * still reports that it wrote. No reply is valid JSON by itself: Upstash's client would parse it.
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

const checkEnd = checkThat(
  (prefix) => !endsAsHash(prefix),
  'must not end like the hashes of a store, such as `:0/64`',
)
const checks = { prefix: (value: unknown) => checkText(value) ?? checkEnd(value), timeout: checkMs }
const checkClient = checkThat(
  (value) => hasMethods(value, ['eval']),
  'must be a client of ioredis, node-redis or @upstash/redis, with `eval`',
)

/** Keys stay readable, but without line breaks and non-ASCII characters. */
const plain = /[!-$&-~]/
const versionPattern = /^[0-9a-f]{24}$/

/**
 * A store on a Redis server (5.0 or later, or compatible), shared by any number of machines. Compare-and-set runs as a
 * script on the server. Moves no money.
 *
 * Redis must be durable: `appendonly yes` and `maxmemory-policy noeviction`. A fail-over to a lagging replica can lose
 * the last writes.
 *
 * @throws {InvalidInputError} `invalid_config` for a client without `eval`, and for wrong options.
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
  const issues = [
    ...checkOptions({ client: client ?? null }, { client: checkClient }),
    ...checkOptions(options, checks),
  ]
  if (issues.length > 0) throw invalidOptions('redisStore', issues)
  const { prefix = 'stablestudio', timeout = 10_000 } = options
  const call = callerOf(client)
  /** A client that lost its connection drops what it had sent and reconnects: every script may run twice. */
  const runOn = (name: string, script: string, parameters: readonly string[], again = parameters) => {
    const both = call(script, name, parameters).catch((error) => {
      if (!isLost(error)) throw error
      return call(script, name, again)
    })
    return within(both, timeout, {}, () =>
      storeUnavailable(
        `Redis did not answer within ${timeout} ms.`,
        'Make Redis reachable and writable, then call again.',
      ),
    )
  }
  let opened: Promise<void> | undefined
  const open = () => {
    opened ??= openStore(prefix, runOn).catch((error) => {
      opened = undefined
      throw error
    })
    return opened
  }
  /** Runs a script on the hash that holds a field. */
  const run = async (script: string, field: string, parameters: string[] = [], again = parameters) => {
    await open()
    return runOn(hashOf(prefix, field), script, [field, ...parameters], [field, ...again])
  }
  const fieldOf = (key: string) => encodeKey(key, plain)
  const store: PaymentStore = {
    async get(key) {
      const held = await run(getScript, fieldOf(key))
      if (held === null || held === undefined) return undefined
      const [, version, text] = /^v([0-9a-f]{24}) ([\s\S]*)$/.exec(textOf(held)) ?? []
      return readRecord(key, version, text)
    },
    set(key, value, expected) {
      return telling(store, async (made) => {
        if (expected !== undefined && !versionPattern.test(expected)) return false
        made.version = uniqueVersion()
        const text = JSON.stringify(value)
        return isOne(await run(setScript, fieldOf(key), [expected ?? '', made.version, text]))
      })
    },
    async delete(key, expected) {
      if (!versionPattern.test(expected)) return false
      return isOne(await run(deleteScript, fieldOf(key), [expected, '0'], [expected, '1']))
    },
    async *keys(keyPrefix) {
      await open()
      const texts = await withEach(prefix, (name) => runOn(name, keysScript, [fieldOf(keyPrefix)]))
      for (const text of texts) for (const field of textOf(text).split('\n').slice(1)) yield decodeKey(field)
    },
  }
  return store
}
