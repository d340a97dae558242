// Many jobs at once: one page of the job list stands for the looks at all of them, and nothing depends on it.

import type { Job } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createStudio } from '../support/studio.ts'

useTestClock()

const operation = 'nano-banana-pro/generate'

/** Pays for so many, and counts what is asked of the job routes from then on. */
async function paid(count: number) {
  const { studio, sandbox, wallet } = createStudio()
  sandbox.fund(wallet.address, '100')
  const prompts = Array.from({ length: count }, (_, at) => `picture ${at}`)
  const jobs = await played(Promise.all(prompts.map((prompt) => studio.submit(operation, { prompt }))))
  const before = sandbox.requests().length
  const asked = (path: RegExp) =>
    sandbox
      .requests()
      .slice(before)
      .filter((request) => path.test(request.path)).length
  return { studio, sandbox, jobs, lists: () => asked(/jobs(\?|$)/), looks: () => asked(/jobs\/./) }
}

const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id)

describe('the jobs of one wallet', () => {
  it('are looked at by pages from twenty on', async () => {
    const { studio, jobs, lists, looks } = await paid(60)
    const images = await played(Promise.all(jobs.map((job) => studio.wait(job))))
    expect(images.map(({ jobId }) => jobId)).toEqual(ids(jobs))
    for (const [at, image] of images.entries()) expect(image.receipt).toEqual(jobs[at]?.receipt)
    expect(lists()).toBeGreaterThan(0)
    expect(lists() + looks()).toBeLessThan(60)
  })

  it('are looked at one by one while they are fewer', async () => {
    const { studio, jobs, lists, looks } = await paid(12)
    await played(Promise.all(jobs.map((job) => studio.wait(job))))
    expect(lists()).toBe(0)
    expect(looks()).toBeGreaterThanOrEqual(12)
  })

  it.each([
    'status',
    'page',
    'rechallenge',
    'redirect',
    'no-answer',
    'truncated',
    'cut',
    'wrong-type',
    'echo',
    'no-result',
    'unknown-state',
    'refused',
  ] as const)('are all collected, each by a look, while the list fails (%s)', async (kind) => {
    const { studio, sandbox, jobs, looks } = await paid(24)
    sandbox.faults.add({ step: 'list', kind, times: Number.POSITIVE_INFINITY })
    const images = await played(Promise.all(jobs.map((job) => studio.wait(job))))
    expect(images.map(({ jobId }) => jobId)).toEqual(ids(jobs))
    if (kind !== 'wrong-type' && !['no-result', 'unknown-state'].includes(kind))
      expect(looks()).toBeGreaterThanOrEqual(24)
  })

  it('that fail say so, each with its job', async () => {
    const { studio, sandbox, wallet } = createStudio()
    sandbox.fund(wallet.address, '100')
    const prompts = Array.from({ length: 24 }, (_, at) =>
      at % 3 === 0 ? `moderated-content ${at}` : `picture ${at}`,
    )
    const runs = prompts.map((prompt) => studio.run(operation, { prompt }).catch((error: unknown) => error))
    const ends = await played(Promise.all(runs))
    for (const [at, end] of ends.entries())
      expect(end).toMatchObject(
        at % 3 === 0 ? { name: 'JobFailedError', payment: 'settled' } : { kind: 'image' },
      )
  })
})
