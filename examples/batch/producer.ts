// Queues 200 pictures, and counts until they are there. Has no wallet. Started twice, it queues nothing twice.
import { createGenerations } from 'stablestudio/bullmq'

const { REDIS_URL = 'redis://127.0.0.1:6379', COUNT = '200' } = process.env
const generations = createGenerations({ connection: { url: REDIS_URL } })
const orders = Array.from({ length: Number(COUNT) }, (_, at) => ({
  key: `lighthouse-${at}`,
  operation: 'nano-banana/generate' as const,
  input: { prompt: `a lighthouse at dusk, number ${at}` },
}))
await generations.addBulk(orders)

for (let shown = ''; ; ) {
  const { queued, paying, working, done, failed } = await generations.counts()
  const line = `${queued} queued, ${paying} paying, ${working} working, ${done} done, ${failed} failed\n`
  if (line !== shown) process.stdout.write(line)
  shown = line
  if (done + failed >= orders.length) break
  await new Promise((resolve) => setTimeout(resolve, 500))
}
for await (const { key, error, job } of generations.failed())
  process.stdout.write(`${key}: ${error.shortMessage} ${job ? `It is paid: job ${job.id}` : ''}\n`)
await generations.close()
