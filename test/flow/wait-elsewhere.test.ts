// `submit` here, `wait` there: a paid job is plain JSON, and any process can collect it.

import { JobTimeoutError, SignInError, StableStudioClient, type StableStudioError } from 'stablestudio'
import { describe, expect, it, vi } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('submit', () => {
  it('serves an operation without pollUrl in its answer', async () => {
    const { studio } = createStudio()
    const job = await played(studio.submit(operation, input))
    expect(job.pollUrl).toBe(`https://stablestudio.dev/api/jobs/${job.id}`)
    expect(JSON.parse(JSON.stringify(job))).toEqual(job)
  })
})

describe('wait', () => {
  it('collects a job in another client by its JSON', async () => {
    const { studio, sandbox, wallet } = createStudio()
    const job = JSON.parse(JSON.stringify(await studio.submit(operation, input)))
    const other = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
    const image = await played(other.wait(job))
    expect(image.receipt).toEqual(job.receipt)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('collects a job by its id alone, without a receipt', async () => {
    const { studio } = createStudio()
    const job = await studio.submit(operation, input)
    const image = await played(studio.wait(job.id))
    expect(image.receipt).toBeUndefined()
    expect(image.url).toMatch(/^https:/)
  })

  it('ends at the timeout with the job in hand, and goes on when called again', async () => {
    const { studio, sandbox } = createStudio()
    const error = await failure(played(studio.run(operation, input, { timeout: 3_000 })))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(error).toMatchObject({ payment: 'settled', safeToRetry: false, phase: 'poll' })
    const image = await played(studio.wait((error as JobTimeoutError).job))
    expect(image.receipt?.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('of an id ends with the paid job where the ledger knows it', async () => {
    const { studio } = createStudio()
    const job = await studio.submit(operation, input)
    const error = await failure(played(studio.wait(job.id, { timeout: 3_000 })))
    expect(error).toMatchObject({
      name: 'JobTimeoutError',
      job,
      attemptId: job.attemptId,
      payment: 'settled',
    })
    const image = await played(studio.wait((error as JobTimeoutError).job))
    expect(image.receipt).toEqual(job.receipt)
  })

  it('of an id that no ledger knows ends with a job to go on with, which claims no payment', async () => {
    const { studio, sandbox, wallet } = createStudio()
    const paid = await studio.submit(operation, input)
    const other = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
    const error = (await failure(played(other.wait(paid.id, { timeout: 3_000 })))) as JobTimeoutError
    expect(error).toMatchObject({ payment: 'none', job: { id: paid.id, operation, pollUrl: paid.pollUrl } })
    const again = await failure(played(other.wait(error.job, { timeout: 1_000 })))
    expect(again).toMatchObject({ name: 'JobTimeoutError', payment: 'none', job: error.job })
    const image = await played(other.wait(JSON.parse(JSON.stringify(error.job))))
    expect(image).toMatchObject({ jobId: paid.id, kind: 'image' })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('looks once even when the call is shorter than the first pause', async () => {
    const { studio, sandbox } = createStudio()
    const job = await studio.submit(operation, input)
    sandbox.clock.advance(60_000)
    const image = await played(studio.wait(job, { timeout: 1_500 }))
    expect(image.jobId).toBe(job.id)
  })

  it('does not show a job to another wallet', async () => {
    const { studio, sandbox } = createStudio()
    const job = await studio.submit(operation, input)
    const { wallet } = createStudio()
    const stranger = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
    const error = await failure(played(stranger.wait(job)))
    expect(error).toBeInstanceOf(SignInError)
  })

  it('aborts with the job and the reason, and the job goes on', async () => {
    const { studio } = createStudio()
    const stop = new AbortController()
    const running = failure(studio.run(operation, input, { signal: stop.signal }))
    await pass(2_000)
    const reason = new Error('the user left')
    stop.abort(reason)
    const error = (await running) as StableStudioError
    expect(error).toMatchObject({ code: 'aborted', payment: 'settled', cause: reason })
    if (!error.job) throw new Error('the error carries no job')
    expect((await played(studio.wait(error.job))).kind).toBe('image')
    expect(vi.getTimerCount()).toBe(0)
  })
})
