// Pays for what is queued, and saves it. Start as many as you like, on any machine: each picture is paid once. `save`
// is called at least once, so the same key is the same file, whole or not at all.
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { StableStudioClient } from 'stablestudio'
import { createWorkers } from 'stablestudio/bullmq'
import { redisStore } from 'stablestudio/redis'
import { privateKeyToAccount } from 'viem/accounts'

const { REDIS_URL = 'redis://127.0.0.1:6379', STUDIO_URL, PRIVATE_KEY, OUTPUT = 'output/batch' } = process.env
const redis = new Redis(REDIS_URL)
const studio = new StableStudioClient({
  wallet: privateKeyToAccount(PRIVATE_KEY as `0x${string}`),
  store: redisStore(redis),
  limits: { perCall: '0.10', perDay: '50' },
  baseUrl: STUDIO_URL, // both are for the sandbox: leave them out to pay for real
  origin: STUDIO_URL,
})
await mkdir(OUTPUT, { recursive: true })
const workers = createWorkers({
  studio,
  connection: { url: REDIS_URL },
  ...{ lockDuration: 10_000, stalledInterval: 10_000 }, // a killed worker's jobs are taken over within 20 s
  save: async (output, { key, signal }) => {
    await writeFile(`${OUTPUT}/${key}.${process.pid}`, await output.bytes({ signal }))
    await rename(`${OUTPUT}/${key}.${process.pid}`, `${OUTPUT}/${key}.png`)
    return { file: `${key}.png` }
  },
})
workers.on('error', ({ error, key }) => process.stderr.write(`${key ?? 'worker'}: ${error}\n`))
process.on('SIGTERM', () => workers.close().then(() => redis.quit()))
