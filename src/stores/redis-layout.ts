// Where the records are in Redis, and how those of version 0.1 get there.
import type { StoreError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { isError } from '../internal/realm.ts'
import { isOne, textOf } from './redis-client.ts'
import { storeUnavailable } from './stored-record.ts'

/*
 * Version 0.1 kept all in one hash with the prefix as its name. Its clients may still run, and whoever moves the records
 * may die or stall between any two steps. So each step can be repeated, by others too, and comes too late for nothing:
 *
 * 1. What cannot be written anywhere is not begun.
 * 2. A record is frozen where it is, as `m<version> <JSON>`, which 0.1 can neither read nor write nor delete; copied,
 *    unless it is there already; and left as a bare `m`, so that 0.1 cannot make it anew.
 * 3. When every value is `m`, a text takes the name at once: no client of 0.1 can add to it any more.
 * 4. Each of the 64 hashes is sealed: a copy that comes late does nothing there, and so brings back nothing deleted.
 * 5. The text says so, and only then is the store used.
 *
 * Scans and writes are in scripts of their own: Redis before version 5 refuses both in one.
 */
const hashes = 64
/** The field that seals a hash. No key is written with a space. */
const seal = 'no more copies'

const hashAt = (prefix: string, at: number) => `${prefix}:${at}/${hashes}`
/** A store whose prefix is the name of a hash would take that for its own. */
export const endsAsHash = (prefix: unknown) => /:\d+\/64$/.test(String(prefix))

/** The hash that has a field: by FNV-1a. */
export function hashOf(prefix: string, field: string): string {
  return hashAt(prefix, placeOf(field))
}

function placeOf(field: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < field.length; at += 1) hash = Math.imul(hash ^ field.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 16)) & (hashes - 1)
}

/** Does something with every hash at once, as most are small and the server may be far. */
export function withEach<result>(prefix: string, work: (name: string) => Promise<result>): Promise<result[]> {
  return Promise.all(Array.from({ length: hashes }, (_, at) => work(hashAt(prefix, at))))
}

/** ARGV: prefix. Returns the fields, one per line. All at once: a scan would read their values, too. */
export const keysScript = `
local lines = { 'fields' }
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, #ARGV[1]) == ARGV[1] and field ~= '${seal}' then lines[#lines + 1] = field end
end
return table.concat(lines, '\\n')`

/** Lua: what kind of value the name holds. */
const kindScript = `
local kind = redis.call('TYPE', KEYS[1])
kind = type(kind) == 'table' and kind.ok or kind`
const [closed, moved] = ['moving to 64 hashes', 'moved to 64 hashes']

/** Returns `old` where nothing is yet, or the hash of version 0.1. Of anything foreign it fails as Redis does. */
const stateScript = `${kindScript}
if kind == 'hash' or kind == 'none' then return 'old' end
local text = kind == 'string' and redis.call('GET', KEYS[1])
if text == '${closed}' then return 'closed' end
if text == '${moved}' then return 'moved' end
return redis.call('HGET', KEYS[1], '')`

/** Changes nothing: there is no such field. */
const probeScript = "return redis.call('HDEL', KEYS[1], 'not a field')"

/** ARGV: cursor. Returns the next cursor and the fields, one per line. */
const oldKeysScript = `${kindScript}
if kind ~= 'hash' then return 'c0' end
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local lines = { 'c' .. page[1] }
for at = 1, #page[2], 2 do lines[#lines + 1] = page[2][at] end
return table.concat(lines, '\\n')`

/**
 * ARGV: fields. Returns those that are not moved, each with its content: a list, so that no content can break it, with
 * `=` before each, so that none passes for JSON.
 */
const freezeScript = `${kindScript}
local frozen = {}
if kind ~= 'hash' then return frozen end
for at = 1, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[at])
  if held and held ~= 'm' then
    if string.sub(held, 1, 1) == 'v' then
      held = 'm' .. string.sub(held, 2)
      redis.call('HSET', KEYS[1], ARGV[at], held)
    end
    table.insert(frozen, '=' .. ARGV[at])
    table.insert(frozen, '=' .. held)
  end
end
return frozen`

/** ARGV: fields and contents in turn. Returns 0 when the hash is sealed. */
const copyScript = `
if redis.call('HGET', KEYS[1], '${seal}') then return 0 end
for at = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1`

/** ARGV: fields that are copied. */
const markScript = `${kindScript}
if kind ~= 'hash' then return 0 end
for at = 1, #ARGV do
  local held = redis.call('HGET', KEYS[1], ARGV[at])
  if held and string.sub(held, 1, 1) ~= 'v' then redis.call('HSET', KEYS[1], ARGV[at], 'm') end
end
return 1`

/** Returns `old` while there are records to move. */
const closeScript = `${kindScript}
if kind == 'hash' then
  for _, held in ipairs(redis.call('HVALS', KEYS[1])) do
    if held ~= 'm' then return 'old' end
  end
end
if kind == 'hash' or kind == 'none' then redis.call('SET', KEYS[1], '${closed}') end
return 'closed'`

const sealScript = `return redis.call('HSET', KEYS[1], '${seal}', '1')`

const doneScript = `${kindScript}
if kind ~= 'string' or redis.call('GET', KEYS[1]) ~= '${closed}' then return 0 end
redis.call('SET', KEYS[1], '${moved}')
return 1`

export type RunOn = (name: string, script: string, parameters: readonly string[]) => Promise<unknown>

/** Takes the store's name, after moving what version 0.1 has there. */
export async function openStore(prefix: string, run: RunOn): Promise<void> {
  let state = textOf(await run(prefix, stateScript, []))
  if (state === 'moved') return
  if (state === 'old') await probe(prefix, run)
  // A client of 0.1 may add a record after each pass.
  for (let passes = 0; state === 'old'; passes += 1) {
    if (passes === 10) throw notMoved(prefix)
    await moveAll(prefix, run)
    state = textOf(await run(prefix, closeScript, []))
  }
  await withEach(prefix, (name) => run(name, sealScript, []))
  await run(prefix, doneScript, [])
}

async function probe(prefix: string, run: RunOn): Promise<void> {
  try {
    await withEach(prefix, (name) => run(name, probeScript, []))
  } catch (error) {
    // What else a server says, such as that it is full, says it better itself.
    if (!/NOPERM|WRONGTYPE|permission|can't access/i.test(String(error))) throw error
    const names = `"${hashAt(prefix, 0)}" to "${hashAt(prefix, hashes - 1)}"`
    const cause = harmlessCause(error)
    const said = isError(cause) ? cause.message.replace(/\.$/, '') : 'no reason'
    throw storeUnavailable(
      `Redis refuses to write the hashes ${names}: ${said}. Nothing was moved there.`,
      'Make Redis writable. If it has an ACL, let the user of this connection read and write these keys. Keep nothing else there.',
      cause,
    )
  }
}

async function moveAll(prefix: string, run: RunOn): Promise<void> {
  let cursor = '0'
  do {
    const [next = '', ...fields] = textOf(await run(prefix, oldKeysScript, [cursor])).split('\n')
    cursor = next.slice(1)
    if (fields.length > 0) await movePage(prefix, fields, run)
  } while (cursor !== '0')
}

async function movePage(prefix: string, fields: readonly string[], run: RunOn): Promise<void> {
  const frozen = ((await run(prefix, freezeScript, fields)) as unknown[]).map((one) => textOf(one).slice(1))
  const groups = new Map<string, string[]>()
  const copied: string[] = []
  for (let at = 0; at + 1 < frozen.length; at += 2) {
    const [field = '', held = ''] = [frozen[at], frozen[at + 1]]
    const name = hashOf(prefix, field)
    const group = groups.get(name) ?? []
    groups.set(name, group)
    // What cannot be read is moved as it is: reading it then says so.
    group.push(field, held.replace(/^m/, 'v'))
    copied.push(field)
  }
  const done = await Promise.all([...groups].map(([name, group]) => run(name, copyScript, group)))
  if (copied.length > 0 && done.every(isOne)) await run(prefix, markScript, copied)
}

function notMoved(prefix: string): StoreError {
  return storeUnavailable(
    `The Redis hash "${prefix}" holds records of version 0.1 that cannot be moved: a client of 0.1 keeps adding some, or others were moved before. They were left as they are.`,
    'Stop the clients of version 0.1. If the hash is from a backup, restore it to an empty Redis.',
  )
}
