// A call waits as its input needs it: as long as large pictures and long videos take, and at their pace.

import type { Progress } from 'stablestudio'
import { JobTimeoutError, StableStudioClient } from 'stablestudio'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { played, playedExactly, useTestClock } from '../support/clock.ts'
import { createJobService } from '../support/job-service.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const pro = 'nano-banana-pro/generate'
const large = { prompt: 'a lighthouse', imageSize: '4K' } as const
const small = { prompt: 'a lighthouse' } as const
const wallet = privateKeyToAccount(generatePrivateKey())

/** A client on a service whose jobs the test decides over, one after the other. */
function createWaiter() {
  let service = createJobService({ tookMs: 0 })
  const studio = new StableStudioClient({ wallet, fetch: (request, init) => service.fetch(request, init) })
  return async (
    options: Parameters<typeof createJobService>[0],
    by: 'job' | 'id' = 'job',
    more: { timeout?: number } = {},
  ) => {
    service = createJobService({ operation: pro, ...options })
    const told: Progress[] = []
    const onProgress = (progress: Progress) => void told.push(progress)
    const target = by === 'id' ? service.job.id : service.job
    await playedExactly(studio.wait(target, { onProgress, ...more }).catch(() => undefined))
    return { told, looksAt: service.seen.map(({ at }) => at) }
  }
}

describe('the default deadline', () => {
  it('of a 4K picture is long enough for the slowest that was seen, twice', async () => {
    const { studio } = createStudio({}, { speed: 0.45 })
    const startedAt = Date.now()
    const image = await played(studio.run(pro, large))
    expect(image.url).toMatch(/^https:/)
    expect(Date.now() - startedAt).toBeGreaterThan(310_000)
    const error = await played(failure(createStudio({}, { speed: 0.01 }).studio.run(pro, large)))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(Date.now() - startedAt).toBeGreaterThan(564_000)
  })

  it('of a small picture still ends after five minutes', async () => {
    const { studio } = createStudio({}, { speed: 0.01 })
    const startedAt = Date.now()
    expect(await played(failure(studio.run(pro, small)))).toBeInstanceOf(JobTimeoutError)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300_000)
    expect(Date.now() - startedAt).toBeLessThan(310_000)
  })

  it('of a quote follows the input that was quoted', async () => {
    const { studio } = createStudio({}, { speed: 0.45 })
    const told: Progress[] = []
    const quote = await played(studio.quote(pro, large))
    await played(studio.submit(quote, { onProgress: (progress) => void told.push(progress) }))
    expect(new Set(told.map(({ expectedMs }) => expectedMs))).toEqual(new Set([200_000]))
  })

  it('of a job whose input nobody knows is that of the slowest input', async () => {
    const wait = createWaiter()
    for (const by of ['job', 'id'] as const) {
      const { told } = await wait({ tookMs: 563_000, input: null }, by)
      expect(told.at(-1)?.phase).toBe('output')
    }
  })
})

describe('the pace', () => {
  it('of a large picture is that of large pictures from the first look on', async () => {
    const { studio } = createStudio()
    const told: Progress[] = []
    await played(studio.run(pro, large, { onProgress: (progress) => void told.push(progress) }))
    expect(new Set(told.map(({ expectedMs }) => expectedMs))).toEqual(new Set([200_000]))
  })

  it('of a job that another process bought follows what the job says of its input', async () => {
    const wait = createWaiter()
    for (const by of ['job', 'id'] as const) {
      const { told } = await wait({ tookMs: 180_000, input: { ...large, model: 'nano-banana-pro' } }, by)
      expect(told[0]?.expectedMs).toBeLessThan(40_000)
      expect(told.slice(1).map(({ expectedMs }) => expectedMs)).toEqual(Array(told.length - 1).fill(200_000))
    }
  })

  it('that small pictures taught is not that of large ones', async () => {
    const wait = createWaiter()
    const before = await wait({ tookMs: 200_000, input: large })
    for (let run = 0; run < 5; run += 1) await wait({ tookMs: 8_000, input: small })
    const after = await wait({ tookMs: 200_000, input: large })
    expect(after.told.at(-1)?.expectedMs).toBe(200_000)
    expect(Math.abs(after.looksAt.length - before.looksAt.length)).toBeLessThanOrEqual(2)
  })

  it('is not taught by jobs that do not say what they were', async () => {
    const wait = createWaiter()
    const before = await wait({ tookMs: 22_000, input: small })
    for (let run = 0; run < 5; run += 1) await wait({ tookMs: 250_000, input: undefined })
    const after = await wait({ tookMs: 22_000, input: small })
    expect(after.looksAt).toEqual(before.looksAt)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', '4K'],
    ['a list', ['4K']],
    ['odd values', { imageSize: { toString: '4K' }, duration: 1e308, __proto__: null }],
  ])('is the usual one when a job says that its input was %s', async (_name, input) => {
    const wait = createWaiter()
    const { told } = await wait({ tookMs: 30_000, input })
    expect(told.at(-1)).toMatchObject({ phase: 'output', expectedMs: 22_000 })
  })
})
