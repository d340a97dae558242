// A Redis server of the benchmark's own, and what was asked of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export type Asked = { commands: number; cpuMs: number; bytes: number; memory: number }

export async function startRedis() {
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-bench-'))
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  const settings = ['--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction']
  const server = spawn('redis-server', ['--port', `${port}`, '--dir', folder, ...settings], {
    stdio: 'ignore',
  })
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 500 })
  client.on('error', () => {})
  await client.ping()
  return {
    port,
    client,
    asked: () => readAsked(client),
    async close() {
      client.disconnect()
      const gone = once(server, 'exit')
      server.kill()
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What clients send for each step; what scripts run inside Redis is no round trip. */
const sent = ['evalsha', 'eval', 'bzpopmin']

async function readAsked(client: Redis): Promise<Asked> {
  const info = await client.info('everything')
  const number = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0)
  const calls = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
  const commands = calls
    .filter(([, name = '']) => sent.includes(name))
    .reduce((sum, [, , count]) => sum + Number(count), 0)
  return {
    commands,
    cpuMs: (number('used_cpu_user') + number('used_cpu_sys')) * 1000,
    bytes: number('total_net_input_bytes') + number('total_net_output_bytes'),
    memory: number('used_memory'),
  }
}
