// Workers that may not pay for a queue, and options that are wrong: told at once, and nothing is paid.
import { memoryStore, StableStudioClient } from 'stablestudio'
import { createGenerations, createWorkers } from 'stablestudio/bullmq'
import { redisStore } from 'stablestudio/redis'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { useQueues } from '../support/queues.ts'
import { hasRedis, startRedis } from '../support/redis.ts'
import { failure } from '../support/studio.ts'

const operation = 'nano-banana/generate'
const input = { prompt: 'a lighthouse at dusk' }

describe.skipIf(!hasRedis())('a queue of generations', () => {
  const { open, client } = useQueues()

  it('tells at last when Redis does not answer, instead of waiting without end', async () => {
    const away = createGenerations({ connection: { host: '127.0.0.1', port: 1 } })
    const error = failure(away.add(operation, input, { key: 'k' }))
    expect(await error).toMatchObject({
      code: 'timeout',
      payment: 'none',
      message: expect.stringContaining('does not answer'),
    })
    await away.close()
  })

  it('tells so in every call when Redis goes away, and claims nothing of the money', async () => {
    const redis = await startRedis()
    const generations = createGenerations({ connection: { host: '127.0.0.1', port: redis.port } })
    try {
      await generations.add(operation, input, { key: 'k' })
      await redis.kill()
      const beganAt = Date.now()
      const soon = failure(generations.result('k', { timeout: 1_500 })).then(() => Date.now() - beganAt)
      const errors = await Promise.all(
        [
          generations.get('k'),
          generations.result('k'),
          generations.failed()[Symbol.asyncIterator]().next(),
          generations.retry('k'),
          generations.resume(),
          generations.counts(),
          generations.metrics(),
        ].map(failure),
      )
      for (const error of errors)
        expect(error).toMatchObject({ code: 'timeout', payment: 'unknown', safeToRetry: true })
      expect(await soon).toBeLessThan(5_000)
    } finally {
      await generations.close()
      await redis.close()
    }
  })

  describe('is refused', () => {
    it('to a client without a durable store, or without a wallet', () => {
      const { clientOptions, work } = open()
      for (const store of [undefined, memoryStore()])
        expect(() => work({ studio: new StableStudioClient({ ...clientOptions, store }) })).toThrow(
          /durable store/,
        )
      const { fetch, store } = clientOptions
      expect(() => work({ studio: new StableStudioClient({ fetch, store }) })).toThrow(/must have a wallet/)
    })

    it('to another wallet, which pays nothing', async () => {
      const { generations, clientOptions, sandbox, work } = open()
      await work().ready()
      const other = privateKeyToAccount(generatePrivateKey())
      sandbox.fund(other.address, '10')
      const second = work({ studio: new StableStudioClient({ ...clientOptions, wallet: other }) })
      const told = new Promise((resolve) => second.on('error', resolve))
      expect(await failure(second.ready())).toMatchObject({
        name: 'InvalidInputError',
        code: 'invalid_config',
      })
      await told
      await generations.addBulk(
        [1, 2, 3].map((at) => ({ operation, input: { prompt: `${at}` }, key: `k${at}` })),
      )
      for (const at of [1, 2, 3]) await generations.result(`k${at}`)
      expect(sandbox.settlements().map(({ from }) => from)).toEqual(
        Array(3).fill(clientOptions.wallet.address),
      )
    })

    it('to a store that does not know what the queue has paid', async () => {
      const { generations, clientOptions, sandbox, work } = open()
      work()
      await generations.add(operation, input, { key: 'order-1' })
      await generations.result('order-1')
      const store = redisStore(client(), { prefix: 'elsewhere' })
      const second = work({ studio: new StableStudioClient({ ...clientOptions, store }) })
      second.on('error', () => {})
      expect(await failure(second.ready())).toMatchObject({
        issues: [{ path: 'studio', message: expect.stringContaining("not in this client's `store`") }],
      })
      expect(sandbox.settlements()).toHaveLength(1)
    })

    it('with wrong options, all of which are told', () => {
      const { queue } = open()
      const given = {
        ...queue,
        name: 'a:b',
        save: 1,
        pay: { concurrency: 0 },
        sweep: { every: '1' },
        onlimit: 'wait',
      }
      expect(() => createWorkers(given as never)).toThrow(
        expect.objectContaining({
          code: 'invalid_config',
          issues: expect.arrayContaining([
            { path: 'onlimit', message: expect.stringContaining('unknown option') },
            { path: 'name', message: expect.any(String) },
            { path: 'studio', message: 'must be a StableStudioClient' },
            { path: 'save', message: 'must be a function' },
            { path: 'pay', message: 'concurrency must be a whole number from 1 to 1000' },
            { path: 'sweep', message: 'every must be a whole number from 10 to 3600000' },
          ]),
        }),
      )
      expect(() => createGenerations({} as never)).toThrow(/connection/)
    })
  })
})
