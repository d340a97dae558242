// Many generations at once: bounded, in order, each paid once.

import { createSandbox } from 'stablestudio/sandbox'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, operation } from '../support/studio.ts'

useTestClock()

/** The sandbox's fetch, which notes how many requests of each kind are under way at once. */
function counting(sandbox: ReturnType<typeof createSandbox>) {
  const most = { payments: 0, reads: 0 }
  const now = { payments: 0, reads: 0 }
  const paid: string[] = []
  const answer = counted(sandbox.fetch)
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const request = new Request(url, init)
    const kind = request.headers.has('payment-signature') ? 'payments' : 'reads'
    if (kind === 'payments') paid.push((await request.json()).prompt)
    now[kind] += 1
    most[kind] = Math.max(most[kind], now[kind])
    // Longer than the others need to come.
    await new Promise((resolve) => setTimeout(resolve, 200))
    try {
      return await answer(url, init)
    } finally {
      now[kind] -= 1
    }
  }
  return { fetch, most, paid }
}

describe('many generations at once', () => {
  it.each([
    [{}, { payments: 8, reads: 32 }],
    [{ concurrency: { payments: 2, reads: 3 } }, { payments: 2, reads: 3 }],
  ])('are bounded by %j, and each is paid once', async (options, bounds) => {
    const sandbox = createSandbox()
    const { fetch, most } = counting(sandbox)
    const { studio, wallet } = createStudio({ ...options, fetch })
    sandbox.fund(wallet.address, '100')
    const runs = Array.from({ length: 60 }, (_, at) => studio.run(operation, { prompt: `picture ${at}` }))
    const images = await played(Promise.all(runs))
    expect(new Set(images.map(({ jobId }) => jobId)).size).toBe(60)
    expect(sandbox.settlements()).toHaveLength(60)
    expect(most.payments).toBe(bounds.payments)
    expect(most.reads).toBeGreaterThan(1)
    expect(most.reads).toBeLessThanOrEqual(bounds.reads)
  })

  it('are paid in the order in which they were asked for', async () => {
    const sandbox = createSandbox()
    const { fetch, paid } = counting(sandbox)
    const { studio, wallet } = createStudio({ fetch, concurrency: { payments: 1 } })
    sandbox.fund(wallet.address, '10')
    const prompts = Array.from({ length: 12 }, (_, at) => `picture ${at}`)
    await played(Promise.all(prompts.map((prompt) => studio.submit(operation, { prompt }))))
    expect(paid).toEqual(prompts)
  })

  it('that get no turn in their time sign nothing', async () => {
    const { studio, sandbox } = createStudio({ concurrency: { payments: 1 } })
    sandbox.faults.add({ step: 'pay', kind: 'no-answer', times: 1 })
    const stuck = studio.submit(operation, { prompt: 'stuck' })
    const stop = new AbortController()
    const late = failure(studio.submit(operation, { prompt: 'late' }, { timeout: 5_000 }))
    const aborted = failure(studio.submit(operation, { prompt: 'aborted' }, { signal: stop.signal }))
    stop.abort('enough')
    expect(await played(late)).toMatchObject({ code: 'timeout', payment: 'none', safeToRetry: true })
    expect(await played(aborted)).toMatchObject({ code: 'aborted', payment: 'none', cause: 'enough' })
    await played(stuck)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('refuse a bound that is none', () => {
    for (const concurrency of [{ payments: 0 }, { reads: 1.5 }, { reads: '8' }, { writes: 8 }, 8]) {
      expect(() => createStudio({ concurrency: concurrency as never })).toThrow('concurrency')
    }
  })
})
