// `reuseOffers`: an offer that was paid is paid again without asking, and never at a price that was not checked.

import type { ClientOptions } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, operation } from '../support/studio.ts'

useTestClock()

const cheap = '0.05'
const dear = '0.20'

/** A studio on a service whose price and payee the test changes. */
function createShop(options: ClientOptions = {}) {
  const shop = { price: cheap }
  const made = createStudio({ reuseOffers: true, ...options }, { price: () => shop.price })
  const paid = () => made.sandbox.settlements().map(({ amount }) => amount)
  const statuses = () =>
    made.sandbox
      .requests()
      .filter(({ path }) => path.startsWith('/api/generate'))
      .map(({ status }) => status)
  return { ...made, shop, paid, statuses }
}

describe('an offer that is kept', () => {
  it('pays the next generation of the same price in one round trip', async () => {
    const { studio, paid, statuses } = createShop()
    await played(studio.submit(operation, { prompt: 'one', quality: 'high' }))
    await played(studio.submit(operation, { prompt: 'two', quality: 'high' }))
    expect(statuses()).toEqual([402, 200, 200])
    expect(paid()).toHaveLength(2)
  })

  it('is not kept unless asked for', async () => {
    const { studio, statuses } = createShop({ reuseOffers: false })
    await played(studio.submit(operation, { prompt: 'one' }))
    await played(studio.submit(operation, { prompt: 'two' }))
    expect(statuses()).toEqual([402, 200, 402, 200])
  })

  it('is not taken for another price: other fields, another operation, later', async () => {
    const { studio, statuses } = createShop()
    await played(studio.submit(operation, { prompt: 'one', quality: 'high' }))
    await played(studio.submit(operation, { prompt: 'one', quality: 'medium' }))
    await played(studio.submit('nano-banana/generate', { prompt: 'one' }))
    expect(statuses()).toEqual([402, 200, 402, 200, 402, 200])
    await pass(11 * 60_000)
    await played(studio.submit(operation, { prompt: 'one', quality: 'high' }))
    expect(statuses().slice(6)).toEqual([402, 200])
  })

  it('is asked for anew when the service has changed its price, and paid once', async () => {
    const { studio, shop, paid, statuses, sandbox } = createShop()
    await played(studio.submit(operation, { prompt: 'one' }))
    shop.price = dear
    await played(studio.submit(operation, { prompt: 'two' }))
    // The kept offer is refused, the new one asked for and paid.
    expect(statuses()).toEqual([402, 200, 402, 402, 200])
    expect(paid()).toEqual(['50000', '200000'])
    expect(sandbox.jobs()).toHaveLength(2)
    await played(studio.submit(operation, { prompt: 'three' }))
    expect(statuses().slice(5)).toEqual([200])
  })

  it('gives no new price a way around maxPrice and limits', async () => {
    const { studio, shop, paid } = createShop({ limits: { total: '0.12' } })
    await played(studio.submit(operation, { prompt: 'one' }))
    shop.price = dear
    const tooDear = await played(failure(studio.submit(operation, { prompt: 'two' }, { maxPrice: '0.10' })))
    expect(tooDear).toMatchObject({ code: 'price_above_max', payment: 'none' })
    shop.price = cheap
    await played(studio.submit(operation, { prompt: 'three' }))
    shop.price = dear
    expect(await played(failure(studio.submit(operation, { prompt: 'four' })))).toMatchObject({
      code: 'limit_total',
    })
    expect(paid()).toEqual(['50000', '50000'])
  })

  it('is held to the maxPrice of each call before anything is signed', async () => {
    const { studio, paid, statuses } = createShop()
    await played(studio.submit(operation, { prompt: 'one' }))
    const error = await played(failure(studio.submit(operation, { prompt: 'two' }, { maxPrice: '0.01' })))
    expect(error).toMatchObject({ code: 'price_above_max', payment: 'none' })
    expect(statuses()).toEqual([402, 200])
    expect(paid()).toHaveLength(1)
  })

  it('is not paid a second time when an answer gets lost', async () => {
    const { studio, sandbox, paid } = createShop()
    await played(studio.submit(operation, { prompt: 'one' }))
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: 1 })
    const job = await played(studio.submit(operation, { prompt: 'two' }))
    expect(paid()).toHaveLength(2)
    expect(sandbox.settlements()[1]?.jobId).toBe(job.id)
  })
})
