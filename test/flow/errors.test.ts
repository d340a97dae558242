// Errors: what was paid, whether the same call is safe to make again, and what to do now.
import { isStableStudioError, JobFailedError, StableStudioClient, UnknownOperationError } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

/** What an application makes of an error: the compiler knows the class from the name. */
function advise(error: unknown): string {
  if (!isStableStudioError(error)) throw error
  switch (error.name) {
    case 'InvalidInputError':
      return error.issues.map(({ path, message }) => `${path} ${message}`).join(', ')
    case 'UnknownOperationError':
      return `use ${error.replacements.join(' or ')}`
    case 'LimitExceededError':
      return `${error.asked} asked, ${error.spent} of ${error.limit} spent`
    case 'PaymentRejectedError':
      return error.category === 'funds' ? 'put USDC on the wallet' : error.reason
    case 'JobTimeoutError':
    case 'JobFailedError':
      return `job ${error.jobId}`
    case 'PaymentUnknownError':
      return 'recover()'
    default:
      return error.safeToRetry ? 'call again' : error.shortMessage
  }
}

describe('an error', () => {
  it('of an input names every field, before anything is sent', async () => {
    const { studio, sandbox } = createStudio()
    const wrong = { prompt: '', size: '1x1', quality: 'high' } as never
    const error = await played(failure(studio.run(operation, wrong)))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none', safeToRetry: true })
    expect(advise(error)).toMatch(/prompt .*size /)
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('of a limit says how far it goes', async () => {
    const { studio } = createStudio({ limits: { total: '0.20' } })
    await played(studio.submit(operation, input))
    const error = await played(failure(studio.submit(operation, input)))
    expect(advise(error)).toBe('0.17 asked, 0.17 of 0.20 spent')
  })

  it('of a wallet without money says that nothing was charged', async () => {
    const { sandbox } = createStudio()
    const { wallet } = createStudio()
    const poor = createStudio({ wallet, fetch: sandbox.fetch }).studio
    const error = await played(failure(poor.run(operation, input)))
    expect(error).toMatchObject({ payment: 'rejected', safeToRetry: true })
    expect(advise(error)).toBe('put USDC on the wallet')
  })

  it('of a payment without an answer leads to recover(), and never to paying again', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const error = await played(failure(studio.run(operation, input, { timeout: 20_000 })))
    expect(error).toMatchObject({ payment: 'unknown', safeToRetry: false })
    expect(advise(error)).toBe('recover()')
    expect((error as Error).message).toContain('recover()')
  })

  it('of a job that still works carries the job, which can be waited for again', async () => {
    const { studio, sandbox } = createStudio()
    const error = await played(failure(studio.run(operation, input, { timeout: 3_000 })))
    if (!isStableStudioError(error) || !error.job) throw error
    expect(advise(error)).toBe(`job ${error.job.id}`)
    expect((await played(studio.wait(error.job))).receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('of a moderated job says what the service said, without the prompt: it stays paid', async () => {
    const { studio, sandbox } = createStudio()
    const prompt = 'moderated-content of my secret plan'
    const error = await played(failure(studio.run(operation, { ...input, prompt })))
    expect(error).toBeInstanceOf(JobFailedError)
    expect(error).toMatchObject({ payment: 'settled', safeToRetry: false, code: 'job_failed' })
    expect((error as Error).message).toContain('sensitive')
    expect((error as Error).message).not.toContain('secret plan')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('of an operation that was dropped names what replaced it', async () => {
    const { wallet, sandbox } = createStudio()
    const gone: typeof fetch = async (request, init) => {
      const asked = new Request(request, init)
      return sandbox.fetch(new Request(asked.url.replace('gpt-image-1/', 'gone/'), asked))
    }
    const studio = new StableStudioClient({ wallet, fetch: gone })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toBeInstanceOf(UnknownOperationError)
    expect(advise(error)).toBe('use gpt-image-1.5/generate or gpt-image-2/generate')
    expect((error as Error).message).toContain('gpt-image-1.5/generate')
  })

  it('as JSON is fit for a log: no key, no signature, no prompt', async () => {
    const { studio } = createStudio()
    const prompt = 'moderated-content of my secret plan'
    const error = await played(failure(studio.run(operation, { ...input, prompt })))
    const logged = JSON.stringify(error)
    expect(JSON.parse(logged)).toMatchObject({ code: 'job_failed', payment: 'settled' })
    expect(logged).not.toContain('secret plan')
    expect(logged).not.toMatch(/0x[0-9a-f]{130}/i)
  })
})
