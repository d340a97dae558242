// Eight processes of workers spend what the limits allow together, and not one atomic unit more.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useFolders } from '../support/folder.ts'
import { addMany, allEnded, createYard, type Yard } from '../support/queue.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'

const makeFolder = useFolders()
/** Of the operation that they use. */
const price = 70_000n
const processes = 8

const spent = ({ sandbox }: Yard) =>
  sandbox.settlements().reduce((sum, { amount }) => sum + BigInt(amount), 0n)

describe.skipIf(!hasRedis())(`${processes} processes`, () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis({ durable: true })
  })
  afterAll(() => redis.close())

  it.each([
    ['1.399999', 19],
    ['1.40', 20],
  ])('pay with a total of $%s for exactly %i', async (total, paid) => {
    const yard = await createYard(redis.port, await makeFolder(), { settleMs: 20 })
    try {
      const keys = await addMany(yard, 40)
      for (let one = 0; one < processes; one += 1)
        yard.start({ limits: { total }, options: { onLimit: 'fail' } })
      await allEnded(yard, keys.length, 100_000)
      expect(spent(yard)).toBe(BigInt(paid) * price)
      const dead = []
      for await (const { error, payment } of yard.generations.failed()) dead.push([error.code, payment])
      expect(dead).toEqual(Array(40 - paid).fill(['limit_total', 'none']))
      expect(await yard.generations.counts()).toMatchObject({ done: paid, failed: 40 - paid })
    } finally {
      await yard.close()
    }
  })

  it('never exceed a limit when they are killed, and pay for the rest when it is raised', {
    timeout: 300_000,
  }, async () => {
    const yard = await createYard(redis.port, await makeFolder(), { settleMs: 50 })
    try {
      const keys = await addMany(yard, 60)
      const low = { limits: { total: '1.40' }, options: { onLimit: 'wait' } } as const
      for (let one = 0; one < processes; one += 1) yard.start(low)
      for (let kill = 0; kill < 10; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 500))
        await yard.living()[0]?.kill()
        yard.start(low)
        expect(spent(yard)).toBeLessThanOrEqual(1_400_000n)
      }
      // What waits for the limit is tried again at once, not in a minute.
      await yard.generations.resume()
      await Promise.race(yard.living().map((crew) => crew.says('error')))
      for (const crew of yard.living()) await crew.kill()
      expect(spent(yard)).toBeLessThanOrEqual(1_400_000n)

      await yard.start({ limits: { total: '10' } }).says('ready')
      await yard.generations.resume()
      await allEnded(yard, keys.length, 200_000)
      expect(spent(yard)).toBe(60n * price)
      expect(await yard.generations.counts()).toMatchObject({ done: 60, failed: 0 })
    } finally {
      await yard.close()
    }
  })
})
