// Workers that are killed, blocked, and lose Redis or answers of the service: each key is paid once, and nothing is lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useFolders } from '../support/folder.ts'
import { addMany, allEnded, createYard, verdictOf, type Yard } from '../support/queue.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'

const makeFolder = useFolders()
const count = 90
/** So that there is work in hand whatever the moment. */
const slowly = { saveMs: 300, options: { pay: { concurrency: 2 }, collect: { concurrency: 6 } } }
const patienceMs = 240_000
const timeout = 300_000

describe.skipIf(!hasRedis())('a queue of generations pays for each key once, and saves it,', () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis({ durable: true })
  })
  afterAll(() => redis.close())

  /** Three workers, and what happens to them. */
  async function endure(trouble: (yard: Yard) => Promise<void>): Promise<void> {
    const yard = await createYard(redis.port, await makeFolder(), { settleMs: 100 })
    try {
      const keys = await addMany(yard, count)
      for (let one = 0; one < 3; one += 1) yard.start(slowly)
      await trouble(yard)
      await allEnded(yard, keys.length, patienceMs)
      expect(await verdictOf(yard, keys)).toEqual([])
    } finally {
      await yard.close()
    }
  }
  const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const any = <value>(list: readonly value[]) => list[Math.floor(Math.random() * list.length)]

  it('when workers are killed at random', { timeout }, () =>
    endure(async (yard) => {
      for (let kill = 0; kill < 12; kill += 1) {
        await rest(Math.random() * 1_000)
        await any(yard.living())?.kill()
        yard.start(slowly)
      }
    }),
  )

  it(
    'when event loops are blocked for three locks, so that others run the same jobs meanwhile',
    { timeout },
    () =>
      endure(async (yard) => {
        await Promise.all(yard.crews.map((crew) => crew.says('ready')))
        for (let block = 0; block < 6; block += 1) {
          await rest(Math.random() * 1_500)
          any(yard.living())?.tell({ block: 6_500 })
        }
      }),
  )

  it('when Redis is killed and comes back, three times', { timeout }, () =>
    endure(async (yard) => {
      await yard.crews[0]?.says('done', 2)
      for (let kill = 0; kill < 3; kill += 1) {
        await redis.kill()
        await rest(300 + Math.random() * 1_000)
        await redis.start()
        await rest(1_000 + Math.random() * 1_000)
      }
    }),
  )

  it('when answers to payments are lost, and the service fails at each step', { timeout }, () =>
    endure(async ({ sandbox }) => {
      const often = { times: 12, probability: 0.4 }
      sandbox.faults.add({ step: 'pay', kind: 'reset-after', ...often })
      sandbox.faults.add({ step: 'pay', kind: 'status-after', ...often })
      sandbox.faults.add({ step: 'pay', kind: 'status', status: 429, ...often })
      sandbox.faults.add({ step: 'pay', kind: 'html', ...often })
      sandbox.faults.add({ step: 'quote', kind: 'status', ...often })
      sandbox.faults.add({ step: 'list', kind: 'status', ...often })
      sandbox.faults.add({ step: 'list', kind: 'truncated', ...often })
      sandbox.faults.add({ step: 'poll', kind: 'reset-before', ...often })
      sandbox.faults.add({ step: 'poll', kind: 'no-result', ...often })
      sandbox.faults.add({ step: 'output', kind: 'cut', ...often })
      sandbox.faults.add({ step: 'output', kind: 'status', ...often })
    }),
  )

  it('when all of it happens at once, and some jobs fail for good', { timeout }, () =>
    endure(async (yard) => {
      const { sandbox } = yard
      sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: 10, probability: 0.3 })
      sandbox.faults.add({ step: 'poll', kind: 'job-failed', times: 3, probability: 0.1 })
      sandbox.faults.add({ step: 'output', kind: 'cut', times: 10, probability: 0.3 })
      for (let round = 0; round < 6; round += 1) {
        await rest(Math.random() * 1_000)
        await any(yard.living())?.kill()
        yard.start(slowly)
        any(yard.living())?.tell({ block: 5_000 })
        if (round % 3 !== 1) continue
        await redis.kill()
        await rest(500)
        await redis.start()
      }
    }),
  )
})
