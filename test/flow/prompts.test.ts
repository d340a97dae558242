// A wallet that asks a person: how often, and when.

import { type ClientOptions, JobTimeoutError, type Progress, StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { describe, expect, it, vi } from 'vitest'
import { counted, flush, played, playedExactly, useTestClock } from '../support/clock.ts'
import { createJobService, createPrompted, promptingWallet } from '../support/job-service.ts'
import { failure, input, operation } from '../support/studio.ts'
import { families, logNormalTimes, mean } from '../support/waiting.ts'

useTestClock()

const veo = 'veo-3.1/generate'
const typicalMs = 90_000

describe('a person', () => {
  it('is asked three times at most for a whole generation, paying included', async () => {
    const person = promptingWallet()
    const sandbox = createSandbox()
    sandbox.fund(person.address, '10')
    const studio = new StableStudioClient({ wallet: person.client, fetch: counted(sandbox.fetch) })
    for (let run = 0; run < 4; run += 1) {
      person.prompts.length = 0
      const image = await played(studio.run(operation, input))
      expect(image.receipt.usd).toBe('0.17')
      expect(person.prompts[0]?.method).toBe('eth_signTypedData_v4')
      expect(person.prompts.slice(1).every(({ method }) => method === 'personal_sign')).toBe(true)
      expect(person.prompts.length).toBeGreaterThanOrEqual(2)
      expect(person.prompts.length).toBeLessThanOrEqual(3)
    }
    expect(sandbox.settlements()).toHaveLength(4)
  })

  it.each(families().filter(({ operations }) => /grok|nano-banana-pro|veo-3.1\//.test(operations[0] ?? '')))(
    '$name: twice for 95 % of jobs, which are known within half the typical time',
    async ({ operations, pace }) => {
      const lags: number[] = []
      let within = 0
      const times = logNormalTimes(pace.typicalMs, 0.4, 200, 77)
      for (const tookMs of times) {
        const { studio, job, prompts } = createPrompted({
          operation: operations[0] ?? '',
          tookMs,
        })
        const created = Date.parse(job.createdAt)
        await playedExactly(studio.wait(job, { timeout: 3_600_000 }))
        lags.push(Date.now() - created - tookMs)
        if (prompts.length <= 2) within += 1
      }
      expect(within / times.length).toBeGreaterThanOrEqual(0.95)
      expect(mean(lags)).toBeLessThan(pace.typicalMs / 2)
    },
    120_000,
  )

  it('is asked where the progress says that the job is done', async () => {
    const tookMs = 250_000
    const show = (elapsedMs: number) => ({
      status: 'loading',
      progress: Math.round((100 * elapsedMs) / tookMs),
    })
    const { studio, job, promptedAt } = createPrompted({ operation: veo, tookMs, show })
    await playedExactly(studio.wait(job))
    expect(promptedAt()).toHaveLength(2)
    expect((promptedAt()[1] ?? 0) / tookMs).toBeLessThan(1.05)
  })

  it('is asked on, ever more rarely, for a job that takes very long, until the deadline', async () => {
    const { studio, job, promptedAt } = createPrompted({ operation: veo, tookMs: 1e9 })
    const error = await playedExactly(failure(studio.wait(job)))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(promptedAt().length).toBeLessThanOrEqual(7)
    // The last one comes while there is still time to answer it.
    expect(promptedAt().at(-1)).toBe(870_000)
    const gaps = promptedAt()
      .slice(1)
      .map((at, index) => at - (promptedAt()[index] ?? 0))
    for (const [index, gap] of gaps.slice(2, -1).entries()) expect(gap).toBeGreaterThan(gaps[index + 1] ?? 0)
  })

  it('is asked as often as promptBudget says, of the client or of the call', async () => {
    const count = async (client: number | undefined, call: number | undefined) => {
      const { studio, job, promptedAt } = createPrompted(
        { operation: veo, tookMs: typicalMs * 2 },
        { promptBudget: client },
      )
      await playedExactly(studio.wait(job, { promptBudget: call }))
      return promptedAt()
    }
    expect(await count(2, undefined)).toHaveLength(2)
    expect(await count(undefined, undefined)).toHaveLength(2)
    const many = await count(undefined, 8)
    expect(many.length).toBeGreaterThan(5)
    expect(many.length).toBeLessThanOrEqual(7)
    expect(await count(8, 3)).toHaveLength(2)
  })

  it.each([1, 0, 2.5, 101, '3', null, Number.NaN])(
    'cannot be given a promptBudget of %s',
    async (promptBudget) => {
      const wrong = { promptBudget } as unknown as ClientOptions
      expect(() => new StableStudioClient(wrong)).toThrow('must be an integer from 2 to 100')
      const { studio, job } = createPrompted({ operation: veo, tookMs: 1 })
      const error = await failure(studio.wait(job, wrong as { promptBudget: number }))
      expect(error).toMatchObject({ code: 'invalid_input', issues: [{ path: 'promptBudget' }] })
    },
  )

  it('is told ahead when they will be asked, once for each prompt', async () => {
    const { studio, job, promptedAt, seen } = createPrompted({ operation: veo, tookMs: typicalMs * 1.6 })
    const told: { at: string; prompts: boolean; toldAt: number }[] = []
    const planned: string[] = []
    studio.on('signin.needed', (event) => told.push({ ...event, toldAt: Date.now() }))
    const onProgress = ({ nextPollInMs }: Progress) => {
      if (nextPollInMs !== undefined) planned.push(new Date(Date.now() + nextPollInMs).toISOString())
    }
    await playedExactly(studio.wait(job, { onProgress }))
    const created = Date.parse(job.createdAt)
    expect(told.map(({ at }) => Date.parse(at) - created)).toEqual(promptedAt())
    expect(told.map(({ at }) => at)).toEqual(planned)
    expect(told.every(({ prompts, toldAt, at }) => prompts && Date.parse(at) - toldAt >= 15_000)).toBe(true)
    expect(seen).toHaveLength(4)
  })

  it('is not asked in vain where the service insists on its own challenges', async () => {
    const { studio, job, prompts, seen } = createPrompted({
      operation: veo,
      tookMs: typicalMs,
      insists: true,
    })
    await playedExactly(studio.wait(job))
    expect(prompts).toHaveLength(1)
    expect(seen.map(({ signedIn, status }) => [signedIn, status])).toEqual([
      [false, 402],
      [true, 200],
    ])
  })

  it('who says no ends the wait, with the paid job in hand', async () => {
    const person = promptingWallet()
    const { fetch, job } = createJobService({ operation: veo, tookMs: 1 })
    const no = Object.assign(new Error('User rejected the request.'), { code: 4001 })
    const client = { ...person.client, signMessage: () => Promise.reject(no) } as typeof person.client
    const error = await playedExactly(failure(new StableStudioClient({ wallet: client, fetch }).wait(job)))
    expect(error).toMatchObject({
      code: 'wallet_rejected',
      job: { id: job.id },
      payment: 'settled',
      safeToRetry: false,
    })
  })

  it('who asks for a quick look is asked at once', async () => {
    const { studio, job, promptedAt } = createPrompted({ operation: veo, tookMs: 1_000 })
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await playedExactly(studio.wait(job, { timeout: 20_000 }))).jobId).toBe(job.id)
    expect(promptedAt()).toEqual([5_000])
  })
})

describe('a page in the background', () => {
  function page(visibilityState: string) {
    const document = Object.assign(new EventTarget(), { visibilityState })
    vi.stubGlobal('document', document)
    return {
      become(state: string) {
        document.visibilityState = state
        document.dispatchEvent(new Event('visibilitychange'))
      },
    }
  }

  it('does not ask; as soon as it is in view it asks for what was due', async () => {
    const { become } = page('hidden')
    const { studio, job, promptedAt, seen } = createPrompted({ operation: veo, tookMs: typicalMs })
    const running = playedExactly(studio.wait(job, { timeout: 900_000 }))
    setTimeout(() => become('hidden'), 300_000)
    setTimeout(() => become('visible'), 400_000)
    await running
    expect(promptedAt()).toEqual([400_000])
    expect(seen).toHaveLength(2)
  })

  it('that is in view, or in view again before a prompt is due, asks at the planned time', async () => {
    const { become } = page('hidden')
    const { studio, job, promptedAt } = createPrompted({ operation: veo, tookMs: typicalMs * 0.9 })
    setTimeout(() => become('visible'), 10_000)
    await playedExactly(studio.wait(job))
    expect(promptedAt()).toEqual([99_000])
  })

  it('that stays there lets the call end at its deadline, without a prompt or a listener left behind', async () => {
    page('hidden')
    const listening = vi.spyOn(globalThis.document, 'addEventListener')
    const leaving = vi.spyOn(globalThis.document, 'removeEventListener')
    const { studio, job, prompts } = createPrompted({ operation: veo, tookMs: typicalMs })
    const error = await playedExactly(failure(studio.wait(job, { timeout: 200_000 })))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(prompts).toHaveLength(0)
    expect(leaving).toHaveBeenCalledTimes(listening.mock.calls.length)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('can be aborted', async () => {
    page('hidden')
    const { studio, job } = createPrompted({ operation: veo, tookMs: typicalMs })
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 150_000)
    const error = await playedExactly(failure(studio.wait(job, { signal: stop.signal })))
    expect(error).toMatchObject({ code: 'aborted', job: { id: job.id } })
    await flush()
    expect(vi.getTimerCount()).toBe(0)
  })
})
