// A real Redis server on a free port of this machine, started by the test and ended by its own handle.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** The script by which version 0.1 writes. ARGV: field, expected version or '', new version, JSON. */
export const oldSet = `
local held = redis.call('HGET', KEYS[1], ARGV[1])
local version = held and string.match(held, '^v(%x+) ') or ''
if held and version == '' then return 0 end
if version == ARGV[3] then return 1 end
if version ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 'v' .. ARGV[3] .. ' ' .. ARGV[4])
return 1`

export type RedisServer = {
  port: number
  /** Ends the server as a crash would. */
  kill(): Promise<void>
  /** Starts it again on the same port; with what it had written to disk if it is durable. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  close(): Promise<void>
}

/** Whether a Redis server is installed; says so once when it is not. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write('No redis-server is installed here, so the tests on a real Redis are skipped.\n')
    return false
  }
}

/** @param durable whether each write is on disk before it is answered. */
export async function startRedis({ durable = false } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-redis-'))
  const port = await freePort()
  const onDisk = { appendonly: durable ? 'yes' : 'no', appendfsync: 'always' }
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', ...onDisk }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  let server: ChildProcess
  const start = async () => {
    server = spawn('redis-server', args, { stdio: 'ignore' })
    await answers(port, server)
  }
  await start()
  const kill = () => end(server)
  return {
    port,
    kill,
    start,
    async close() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The system picks a port; Redis takes it right afterwards. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function answers(port: number, server: ChildProcess): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 300 })
  client.on('error', () => {})
  try {
    await Promise.race([
      client.ping(),
      once(server, 'exit').then(([code]) => Promise.reject(new Error(`redis-server ended with ${code}`))),
    ])
  } finally {
    client.disconnect()
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone
}
