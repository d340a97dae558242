import { describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { memoryStore, type PaymentStore } from '../../src/ledger/store.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('callbacks of the caller', () => {
  it('that reject disturb nothing', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const { studio } = createStudio()
    studio.on('payment.settled', (async () => Promise.reject(new Error('listener'))) as never)
    const onProgress = (async () => Promise.reject(new Error('progress'))) as never
    await played(studio.run(operation, input, { onProgress }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  it('that approve after the authorization would have expired get a younger one', async () => {
    const hostile = createHostile((_request, genuine) => genuine(), {
      approve: () => new Promise((resolve) => setTimeout(() => resolve(true), 8 * 60_000)),
    })
    const job = await played(hostile.studio.submit(operation, input, { timeout: 30 * 60_000 }))
    expect(job.receipt.usd).toBe('0.17')
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

describe('a quote', () => {
  it('is paid at its own price also when the attempt has to be made anew', async () => {
    let price = '0.05'
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio(
      {
        store,
        approve: async () => {
          // Another process takes the attempt for abandoned while this one is blocked.
          vi.setSystemTime(Date.now() + 20_000)
          await new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) }).recover()
          price = '0.20'
          return true
        },
      },
      { price: () => price },
    )
    const quote = await played(studio.quote(operation, input))
    const error = await played(failure(studio.submit(quote)))
    expect(error).toMatchObject({ code: 'price_changed', payment: 'none' })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('can be sent around as JSON', async () => {
    const { studio } = createStudio()
    const quote = await played(studio.quote(operation, input))
    const sent = JSON.parse(JSON.stringify(quote))
    expect(sent).toMatchObject({ usd: '0.17', amount: '170000' })
    expect((await played(studio.submit(sent))).receipt.usd).toBe('0.17')
  })
})

describe('an abort', () => {
  it.each(['reserved', 'signed', 'sent'])(
    'while the store writes `%s`: nothing leaves, now or later',
    async (state) => {
      const stop = new AbortController()
      const store = memoryStore()
      const slow: PaymentStore = {
        ...store,
        async set(key, value, expected) {
          if (JSON.stringify(value).includes(`"state":"${state}"`)) stop.abort()
          return store.set(key, value, expected)
        },
      }
      const { studio, sandbox } = createStudio({ store: slow })
      const error = await played(failure(studio.submit(operation, input, { signal: stop.signal })))
      expect(error).toMatchObject({ code: 'aborted', payment: 'none' })
      await pass(20_000)
      expect(await played(studio.recover())).toEqual([])
      expect(sandbox.settlements()).toHaveLength(0)
      expect(sandbox.requests().some(({ paid }) => paid)).toBe(false)
    },
  )
})
