// The errors that end a wait: each carries the paid job, and none leads to paying again.
import { describe, expect, it } from 'vitest'
import type { JobTimeoutError } from '../../../src/errors.ts'
import type { JobStatus } from '../../../src/types.ts'
import {
  aborted,
  jobFailed,
  notAllowed,
  type Target,
  throwIfEnded,
  withoutResult,
} from '../../../src/waiting/errors.ts'
import { expectSafeAdvice } from '../../support/advice.ts'
import { useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import { callOf, createPlace } from './kit.ts'

useTestClock()

const status = { id: 'cjob', status: 'failed', error: 'the model is tired' } as JobStatus
const ended = async (target: Target, timeout = 1) => {
  const call = callOf({ timeout })
  Object.assign(call.deadline, { passed: () => true })
  return failure((async () => throwIfEnded(target, call))())
}
const stopped = () => callOf({ signal: AbortSignal.abort('enough') })

describe('an error that ends a wait', () => {
  it.each<[string, (target: Target) => Promise<unknown> | unknown]>([
    ['job_timeout', (target) => ended(target)],
    ['aborted', (target) => aborted(stopped(), target)],
    ['job_failed', (target) => jobFailed(status, target)],
    ['output_failed', withoutResult],
    ['output_not_allowed', notAllowed],
  ])('%s carries the job, and is not safe to retry', async (code, make) => {
    const { target, job } = createPlace()
    const error = (await make(target)) as Parameters<typeof expectSafeAdvice>[0]
    expect(error).toMatchObject({
      code,
      job,
      attemptId: job.attemptId,
      payment: 'settled',
      safeToRetry: false,
    })
    expectSafeAdvice(error)
  })

  it('of a bare id claims no payment that it does not know of', async () => {
    const target = { id: 'cjob1', createdAt: Date.now() }
    const error = await ended({ ...target, operation: 'flux-2-max/generate' })
    expect(error).toMatchObject({ code: 'job_timeout', payment: 'none', jobId: 'cjob1' })
    const { job } = error as JobTimeoutError
    expect(job).toMatchObject({ id: 'cjob1', operation: 'flux-2-max/generate' })
    expect(job).not.toHaveProperty('receipt')
    expect(job).not.toHaveProperty('attemptId')
    expect(aborted(stopped(), target)).toMatchObject({ payment: 'none', job: undefined })
  })

  it('of an abort comes before that of the time', async () => {
    const { target } = createPlace()
    const call = stopped()
    Object.assign(call.deadline, { passed: () => true })
    expect(await failure((async () => throwIfEnded(target, call))())).toMatchObject({ code: 'aborted' })
  })

  it('is none while there is time', () => {
    expect(() => throwIfEnded(createPlace().target, callOf())).not.toThrow()
  })
})
