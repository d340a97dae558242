// Ten thousand payments are waiting: what is done meanwhile is saved long before its asset expires.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useFolders } from '../support/folder.ts'
import { addMany, createYard } from '../support/queue.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'

const makeFolder = useFolders()
const enough = 200

describe.skipIf(!hasRedis())('a backlog of 10,000 payments', () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  it('makes no asset late', { timeout: 300_000 }, async () => {
    const yard = await createYard(redis.port, await makeFolder(), { settleMs: 100 })
    try {
      await addMany(yard, 10_000)
      yard.start()
      yard.start()
      while (yard.saved().length < enough) await new Promise((resolve) => setTimeout(resolve, 200))
      const { queued } = await yard.generations.counts()
      expect(queued).toBeGreaterThan(5_000)
      const endOf = new Map(yard.sandbox.jobs().map(({ id, endsAt }) => [id, Date.parse(endsAt)]))
      const lags = yard.saved().map(({ job, at }) => at - (endOf.get(job) ?? 0))
      lags.sort((a, b) => a - b)
      expect(lags[Math.floor(lags.length * 0.99)]).toBeLessThan(60_000)
      expect(lags[Math.floor(lags.length * 0.5)]).toBeLessThan(10_000)
    } finally {
      await yard.close()
    }
  })
})
