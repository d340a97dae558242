// Workers that are closed in the middle of each step end in time, and others go on where they stopped.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CrewOrder } from '../support/crew.ts'
import { useFolders } from '../support/folder.ts'
import { addMany, allEnded, createYard, verdictOf, type Yard } from '../support/queue.ts'
import { hasRedis, type RedisServer, startRedis } from '../support/redis.ts'

const makeFolder = useFolders()
const timeout = 2_000

type Step = {
  name: string
  /** Makes the step last longer than the close may. */
  slow?: (yard: Yard) => void
  order?: Partial<CrewOrder>
  /** Resolves when a worker is in that step. */
  reached: (yard: Yard) => boolean
}

const asked = (yard: Yard, method: string, path: RegExp, paid = false) =>
  yard.sandbox.requests().some((one) => one.method === method && path.test(one.path) && one.paid === paid)

const steps: Step[] = [
  {
    name: 'a price',
    slow: ({ sandbox }) => sandbox.faults.add({ step: 'quote', kind: 'slow', ms: 10_000, times: 3 }),
    reached: (yard) => asked(yard, 'POST', /generate/),
  },
  {
    name: 'a payment',
    slow: ({ sandbox }) => sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 10_000, times: 3 }),
    reached: (yard) => asked(yard, 'POST', /generate/, true),
  },
  {
    name: 'a look',
    slow: ({ sandbox }) => sandbox.faults.add({ step: 'poll', kind: 'no-answer', times: 3 }),
    order: { options: { sweep: false } },
    reached: (yard) => asked(yard, 'GET', /jobs\/./),
  },
  {
    name: 'a sweep',
    slow: ({ sandbox }) => sandbox.faults.add({ step: 'list', kind: 'no-answer', times: 3 }),
    reached: (yard) => asked(yard, 'GET', /jobs$/),
  },
  {
    name: 'a download',
    slow: ({ sandbox }) => sandbox.faults.add({ step: 'output', kind: 'no-answer', times: 3 }),
    reached: (yard) => yard.sandbox.requests().some(({ path }) => /\.(png|webp)$/.test(path)),
  },
  {
    name: 'a save that minds no signal',
    order: { saveMs: 10_000 },
    reached: (yard) => yard.sandbox.requests().some(({ path }) => /\.(png|webp)$/.test(path)),
  },
]

describe.skipIf(!hasRedis())('close()', () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis({ durable: true })
  })
  afterAll(() => redis.close())

  it.each(steps)(
    'in the middle of $name ends in time, and nothing is lost',
    { timeout: 240_000 },
    async (step) => {
      const yard = await createYard(redis.port, await makeFolder())
      try {
        step.slow?.(yard)
        const keys = await addMany(yard, 3)
        const first = yard.start(step.order)
        while (!step.reached(yard)) await new Promise((resolve) => setTimeout(resolve, 10))

        const began = Date.now()
        first.tell({ close: timeout })
        expect(await first.ended).toBe(0)
        expect(first.said).toContainEqual({ closed: true })
        expect(Date.now() - began).toBeLessThan(timeout + 3_000)

        yard.sandbox.faults.clear()
        yard.start()
        await allEnded(yard, keys.length, 100_000)
        expect(await verdictOf(yard, keys)).toEqual([])
      } finally {
        await yard.close()
      }
    },
  )

  it('ends in time while Redis is away', async () => {
    const yard = await createYard(redis.port, await makeFolder())
    try {
      const keys = await addMany(yard, 20)
      const first = yard.start({ saveMs: 300 })
      await first.says('done')
      await redis.kill()
      first.tell({ close: timeout })
      const began = Date.now()
      await first.says('closed')
      expect(first.said).toContainEqual({ closed: true })
      expect(Date.now() - began).toBeLessThan(timeout + 2_000)
      // The ledger would still wait for its own Redis.
      await first.kill()

      await redis.start()
      yard.start()
      await allEnded(yard, keys.length, 100_000)
      expect(await verdictOf(yard, keys)).toEqual([])
    } finally {
      await redis.start().catch(() => {})
      await yard.close()
    }
  })

  it('every two seconds, as in a deployment that is never done, still ends all generations', {
    timeout: 240_000,
  }, async () => {
    const yard = await createYard(redis.port, await makeFolder(), { settleMs: 50 })
    try {
      const keys = await addMany(yard, 100)
      const slowly = { saveMs: 200, options: { pay: { concurrency: 2 } } }
      for (let deploy = 0; deploy < 6; deploy += 1) {
        const crew = yard.start(slowly)
        await crew.says('ready')
        await new Promise((resolve) => setTimeout(resolve, 2_000))
        crew.tell({ close: 1_000 })
      }
      yard.start()
      await allEnded(yard, keys.length, 100_000)
      expect(await Promise.all(yard.crews.slice(0, -1).map(({ ended }) => ended))).toEqual(Array(6).fill(0))
      expect(await verdictOf(yard, keys)).toEqual([])
    } finally {
      await yard.close()
    }
  })
})
