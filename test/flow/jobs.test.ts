// `jobs`: what the service knows of the wallet’s jobs. Reading them moves no money.
import { describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('jobs.get', () => {
  it('reads a job through its life', async () => {
    const { studio } = createStudio()
    const job = await studio.submit(operation, input)
    const early = await studio.jobs.get(job.id)
    expect(early).toMatchObject({ id: job.id, type: 'gpt-image-1-generate', status: 'pending', progress: 0 })
    await pass(30_000)
    const late = await studio.jobs.get(job.id)
    expect(late).toMatchObject({ status: 'complete', progress: 100 })
    expect(late.output?.url).toMatch(/\.png$/)
  })
})

describe('jobs', () => {
  it('are listed newest first, page by page, by status', async () => {
    const { studio, sandbox } = createStudio()
    for (let at = 0; at < 5; at += 1) {
      await played(studio.submit('nano-banana-pro/generate', { prompt: `picture ${at}` }))
      await pass(1_000)
    }
    await played(studio.submit('nano-banana-pro/generate', { prompt: 'moderated-content' }))
    await pass(60_000)
    const before = sandbox.requests().length
    const jobs = await played(all(studio.jobs.list({ limit: 2 })))
    expect(jobs).toHaveLength(6)
    expect(jobs.map(({ createdAt }) => createdAt)).toEqual(
      jobs
        .map(({ createdAt }) => createdAt)
        .sort()
        .reverse(),
    )
    expect(sandbox.requests().length - before).toBe(3)
    const failed = await played(all(studio.jobs.list({ status: 'failed' })))
    expect(failed.map(({ error }) => error?.includes('sensitive'))).toEqual([true])
  })

  it('are not listed by a status that does not exist', async () => {
    const { studio, sandbox } = createStudio()
    const list = (status: string) => failure(all(studio.jobs.list({ status: status as 'complete' })))
    expect(await list('completed')).toMatchObject({
      name: 'InvalidInputError',
      issues: [{ path: 'status', message: expect.stringContaining('Did you mean complete?') }],
    })
    const strange = 'unknown status; known: pending, loading, complete, failed'
    expect(await list('done')).toMatchObject({ issues: [{ path: 'status', message: strange }] })
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('are fetched lazily', async () => {
    const { studio, sandbox } = createStudio()
    for (let at = 0; at < 4; at += 1)
      await played(studio.submit('nano-banana-pro/generate', { prompt: `${at}` }))
    const before = sandbox.requests().length
    for await (const _job of studio.jobs.list({ limit: 2 })) break
    expect(sandbox.requests().length - before).toBe(1)
  })

  it('are deleted when they failed, and only then', async () => {
    const { studio } = createStudio()
    const good = await played(studio.submit('nano-banana-pro/generate', { prompt: 'good' }))
    const bad = await played(studio.submit('nano-banana-pro/generate', { prompt: 'moderated-content' }))
    await pass(60_000)
    await played(studio.jobs.delete(bad.id))
    expect(await played(failure(studio.jobs.delete(good.id)))).toMatchObject({ payment: 'none' })
    expect((await played(all(studio.jobs.list()))).map(({ id }) => id)).toEqual([good.id])
  })

  it.each(['../secrets', 'a/b', '', 'x'.repeat(200)])('refuses %j as an id', async (id) => {
    const { studio, sandbox } = createStudio()
    expect(await failure(studio.jobs.get(id))).toMatchObject({ name: 'InvalidInputError' })
    expect(sandbox.requests()).toHaveLength(0)
  })
})
