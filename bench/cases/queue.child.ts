// One worker of the queue in a process of its own: saves so many generations, and tells what that took.
import { Redis } from 'ioredis'
import { StableStudioClient } from 'stablestudio'
import { createWorkers } from 'stablestudio/bullmq'
import { redisStore } from 'stablestudio/redis'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { parameters, report } from '../lib/child.ts'

export type QueueOrder = { url: string; privateKey: Hex; queue: number; ledger: number; count: number }
export type QueueRun = { seconds: number; cpuMs: number }

const { url, privateKey, queue, ledger, count } = parameters<QueueOrder>()
const client = new Redis(ledger, '127.0.0.1')
const studio = new StableStudioClient({
  wallet: privateKeyToAccount(privateKey),
  store: redisStore(client),
  ...{ baseUrl: url, origin: url },
})
const workers = createWorkers({
  studio,
  connection: { host: '127.0.0.1', port: queue },
  sweep: { every: 1_000 },
  save: (_, { key }) => key,
})
await workers.ready()
const [began, cpu] = [performance.now(), process.cpuUsage()]
let done = 0
await new Promise<void>((resolve) => {
  workers.on('done', () => {
    done += 1
    if (done === count) resolve()
  })
})
const { user, system } = process.cpuUsage(cpu)
report({ seconds: (performance.now() - began) / 1000, cpuMs: (user + system) / 1000 } satisfies QueueRun)
await workers.close()
client.disconnect()
