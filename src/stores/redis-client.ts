// How a script is sent by each of the clients of Redis, and what its reply means.
import { copyBytes, isMemory } from '../internal/realm.ts'

/** A Redis client that can run a script: ioredis, node-redis (`redis`) or `@upstash/redis`, clusters included. */
export type RedisClient = { eval: (...parameters: never[]) => Promise<unknown> }

type Call = (script: string, key: string, parameters: readonly string[]) => Promise<unknown>

/** The three ways to pass a script its keys and arguments, told apart by a method that only one client has. */
export function callerOf(client: RedisClient): Call {
  const has = (name: string) => typeof (client as Record<string, unknown>)[name] === 'function'
  const run = (...parameters: unknown[]) => client.eval(...(parameters as never[]))
  if (has('defineCommand')) return async (script, key, parameters) => run(script, 1, key, ...parameters)
  if (has('evalSha')) {
    return async (script, key, parameters) => run(script, { keys: [key], arguments: [...parameters] })
  }
  return async (script, key, parameters) => run(script, [key], [...parameters])
}

/** Whether the connection failed, as Node and the clients report it; an answer of the server is never that. */
export function isLost(error: unknown): boolean {
  const { name, code, message } = (error ?? {}) as Record<'name' | 'code' | 'message', unknown>
  if (/ReplyError|ErrorReply/.test(String(name))) return false
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTCONN|UND_ERR_SOCKET)/.test(String(code)) ||
    /socket|connection|fetch failed|network/i.test(`${String(name)} ${String(message)}`)
  )
}

export function isOne(reply: unknown): boolean {
  return Number(reply) === 1
}

export function textOf(reply: unknown): string {
  return isMemory(reply) ? new TextDecoder().decode(copyBytes(reply)) : String(reply)
}
