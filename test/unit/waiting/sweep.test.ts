// Many waits, one list: what it saves, whom it is read for, and that a bad list costs nothing but itself.
import { describe, expect, it, vi } from 'vitest'
import { timingOf } from '../../../src/catalogue/operations.ts'
import { StableStudioClient } from '../../../src/client.ts'
import { playedExactly, useTestClock } from '../../support/clock.ts'
import { promptingWallet } from '../../support/job-service.ts'
import {
  createManyJobs,
  excessOf,
  type ManyJobsOptions,
  mean,
  patientWallet,
  urlOf,
  waitForAll,
} from '../../support/many-jobs.ts'
import { seeded } from '../../support/waiting.ts'

useTestClock()

const wallet = patientWallet()
const operation = 'flux-2-max/generate'
/** What a client that looks at each job alone can wait for without reading the list. */
const alone = { together: 19 }

/** Around the typical time, as the sandbox's jobs. */
function times(seed: number, of = operation): (index: number) => number {
  const random = seeded(seed)
  const typicalMs = timingOf(of).typicalSeconds * 1000
  const drawn = Array.from({ length: 2_000 }, () => Math.round(typicalMs * (0.8 + 0.4 * random())))
  return (index) => drawn[index] ?? typicalMs
}

const usual = (options: Partial<ManyJobsOptions> = {}) =>
  createManyJobs({ count: 40, operation, tookMs: times(3), ...options })

describe('many waits of one client', () => {
  it('know sooner, and ask far less, than with a look at each job', async () => {
    const count = 300
    const single = usual({ count })
    const byLooks = await waitForAll(single, { wallet }, alone)
    const many = usual({ count })
    const byList = await waitForAll(many, { wallet })
    expect(byList.map(({ output }) => output?.url)).toEqual(many.jobs.map(({ id }) => urlOf(id)))
    expect(single.listed()).toEqual([])
    expect(many.seen.length).toBeLessThanOrEqual(single.seen.length / 20)
    expect(mean(byList)).toBeLessThanOrEqual(mean(byLooks) / 2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(['gpt-image-1.5/generate', 'veo-3.1/generate', 'nano-banana/generate', 'sora-2/generate'])(
    'of %s, too',
    async (of) => {
      const place = () => usual({ count: 120, operation: of, tookMs: times(5, of) })
      const single = place()
      const byLooks = await waitForAll(single, { wallet }, alone)
      const many = place()
      const byList = await waitForAll(many, { wallet })
      expect(many.seen.length).toBeLessThanOrEqual(single.seen.length / 10)
      expect(mean(byList)).toBeLessThanOrEqual(mean(byLooks) / 2)
    },
  )

  it('for jobs made one after the other, the oldest on the last page', async () => {
    const place = () =>
      usual({ count: 320, operation: 'veo-3.1/generate', tookMs: times(6, 'veo-3.1/generate'), apartMs: 60 })
    const single = place()
    const byLooks = await waitForAll(single, { wallet }, alone)
    const many = place()
    const byList = await waitForAll(many, { wallet })
    expect(many.seen.length).toBeLessThanOrEqual(single.seen.length / 15)
    expect(mean(byList)).toBeLessThanOrEqual(mean(byLooks) / 2)
  })

  it('read nothing while they are fewer than twenty', async () => {
    const service = usual({ count: 19 })
    await waitForAll(service, { wallet })
    expect(service.listed()).toEqual([])
  })

  it('tell of each job what the list shows', async () => {
    const service = usual()
    const studio = new StableStudioClient({ wallet, fetch: service.fetch })
    const told = new Map<string, string[]>()
    studio.on('job.updated', ({ jobId, status }) => {
      told.set(jobId, [...(told.get(jobId) ?? []), status])
    })
    const progress: unknown[] = []
    const onProgress = (step: { status?: string | undefined }) => void progress.push(step.status)
    await playedExactly(Promise.all(service.jobs.map((job) => studio.wait(job, { onProgress }))))
    for (const { id } of service.jobs) {
      expect(told.get(id)).toContain('loading')
      expect(told.get(id)?.at(-1)).toBe('complete')
    }
    expect(progress).toContain('complete')
  })

  it('by their ids alone, of jobs that are long done, need a page', async () => {
    const service = usual()
    await vi.advanceTimersByTimeAsync(600_000)
    const studio = new StableStudioClient({ wallet, fetch: service.fetch })
    const outputs = await playedExactly(Promise.all(service.jobs.map(({ id }) => studio.wait(id))))
    expect(outputs.map(({ jobId }) => jobId)).toEqual(service.jobs.map(({ id }) => id))
    expect(service.seen).toHaveLength(1)
  })

  it('hear from a look of its own why a job failed', async () => {
    const service = usual({ fails: (index) => index % 4 === 0 })
    const endings = await waitForAll(service, { wallet })
    for (const [index, { error, output }] of endings.entries()) {
      const { id, attemptId } = service.jobs[index] ?? {}
      if (index % 4 !== 0) expect(output?.jobId).toBe(id)
      else
        expect(error).toMatchObject({
          name: 'JobFailedError',
          details: expect.stringContaining('moderated'),
          job: { id },
          attemptId,
        })
    }
    expect(new Set(service.looks().map(({ id }) => id)).size).toBeGreaterThanOrEqual(10)
  })

  it('stand in a list of many pages that others fill, too', async () => {
    const single = usual({ count: 250 })
    await waitForAll(single, { wallet }, alone)
    // Half of the wallet's jobs are waited for elsewhere.
    const service = usual({ count: 500 })
    const studio = new StableStudioClient({ wallet, fetch: service.fetch })
    const mine = service.jobs.slice(0, 250)
    await playedExactly(Promise.all(mine.map((job) => studio.wait(job))))
    expect(service.looks().length).toBeLessThan(single.seen.length / 20)
    expect(service.listed().length).toBeLessThan(single.seen.length / 10)
  })

  it('read the list with two requests a page where the service insists on its challenges', async () => {
    const service = usual({ insists: true })
    const endings = await waitForAll(service, { wallet })
    expect(endings.every(({ output }) => output)).toBe(true)
    const single = usual({ insists: true })
    await waitForAll(single, { wallet }, alone)
    expect(service.seen.length).toBeLessThan(single.seen.length / 2)
    expect(excessOf(service)).toBe(0)
  })
})

describe('a wallet that asks a person', () => {
  it('is asked no more often, and for no list', async () => {
    const [first, second] = [promptingWallet(), promptingWallet()]
    await waitForAll(usual({ count: 24 }), { wallet: first.client }, { together: 12 })
    const many = usual({ count: 24 })
    await waitForAll(many, { wallet: second.client })
    expect(many.listed()).toEqual([])
    expect(second.prompts.length).toBe(first.prompts.length)
  })
})

describe('the end of a call', () => {
  it('comes at its deadline, with the job, however often the list shows it', async () => {
    const service = usual({ tookMs: () => 3_600_000 })
    const began = Date.now()
    const endings = await waitForAll(service, { wallet }, { timeout: 60_000 })
    expect(Date.now() - began).toBe(60_000)
    for (const [index, { error }] of endings.entries())
      expect(error).toMatchObject({ name: 'JobTimeoutError', job: { id: service.jobs[index]?.id } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that is too short for the list has a look of its own', async () => {
    const service = usual({ tookMs: () => 0 })
    const endings = await waitForAll(service, { wallet }, { timeout: 1_500 })
    expect(endings.every(({ output }) => output)).toBe(true)
  })

  it('by a signal is at once, and ends the reading with the last waits', async () => {
    const service = usual({ tookMs: () => 3_600_000 })
    const studio = new StableStudioClient({ wallet, fetch: service.fetch })
    const stop = new AbortController()
    setTimeout(() => stop.abort('enough'), 20_123)
    const began = Date.now()
    const waits = service.jobs.map((job) => studio.wait(job, { signal: stop.signal }).catch((error) => error))
    const errors = await playedExactly(Promise.all(waits))
    expect(Date.now() - began).toBe(20_123)
    for (const error of errors) expect(error).toMatchObject({ code: 'aborted', payment: 'settled' })
    const asked = service.seen.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(service.seen).toHaveLength(asked)
    expect(vi.getTimerCount()).toBe(0)
  })
})
