// `npm run demo:batch`: a Redis, the sandbox, three workers and the producer on this machine. Kills a worker on the way.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const count = 200
const folder = await mkdtemp(join(tmpdir(), 'stablestudio-batch-'))
const port = await freePort()
const redis = spawn(
  'redis-server',
  ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes'],
  { stdio: 'ignore' },
)
redis.on('error', () => {
  process.stdout.write(
    'There is no redis-server here. Install it (apt-get install redis-server), and run this again.\n',
  )
  process.exit(1)
})

const privateKey = generatePrivateKey()
const sandbox = createSandbox({ speed: 4, settleMs: 100 })
sandbox.fund(privateKeyToAccount(privateKey).address, '50')
const server = await sandbox.listen()
const env = {
  ...{ PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
  ...{ REDIS_URL: `redis://127.0.0.1:${port}`, STUDIO_URL: server.url, PRIVATE_KEY: privateKey },
  ...{ OUTPUT: join(folder, 'pictures'), COUNT: `${count}` },
}
const start = (script: string): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, script)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })

const workers = [1, 2, 3].map(() => start('worker.ts'))
const ended = [redis, ...workers].map((one) => once(one, 'exit'))
const producer = start('producer.ts')
const killed = setTimeout(() => {
  workers[0]?.kill('SIGKILL')
  process.stdout.write('One worker was killed. The others take over what it had in hand.\n')
}, 4_000)
const [code] = await once(producer, 'exit')
clearTimeout(killed)

const payments = sandbox.settlements().length
const pictures = (await readdir(env.OUTPUT)).filter((file) => file.endsWith('.png')).length
process.stdout.write(`${count} pictures ordered, ${payments} payments, ${pictures} files\n`)
process.exitCode = code === 0 && payments === count && pictures === count ? 0 : 1

for (const worker of workers) worker.kill('SIGTERM')
await Promise.all(ended.slice(1))
redis.kill('SIGKILL')
await ended[0]
await server.close()
await rm(folder, { recursive: true, force: true })

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address ? address.port : 0
}
