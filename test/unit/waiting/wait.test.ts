// Waiting for a paid job: what counts as its end, and that whatever ends the wait has the job in hand.
import { describe, expect, it } from 'vitest'
import type { StableStudioError } from '../../../src/errors.ts'
import type { Job } from '../../../src/types.ts'
import { waitFor } from '../../../src/waiting/wait.ts'
import { expectSafeAdvice } from '../../support/advice.ts'
import { pass, playedExactly, useTestClock } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { failure } from '../../support/studio.ts'
import { callOf, createPlace } from './kit.ts'

useTestClock()

type Place = ReturnType<typeof createPlace>

/** A place whose service shows a job as given, in place of the usual one. */
const showing = (show: Record<string, unknown>): Place => {
  const place: Place = createPlace({ bend: () => Response.json({ ...usual(place.job), ...show }) })
  return place
}

function usual({ id, createdAt }: Job) {
  const facts = { id, type: 'flux-2-max-generate', input: { prompt: 'a secret plan' }, createdAt }
  return { ...facts, status: 'complete', progress: 100, result: { imageUrl: 'https://assets.example/1.png' } }
}

/** The error that ends a wait, which must lead to the job. */
async function ending({ context, job }: Place, call = callOf()): Promise<StableStudioError> {
  const error = (await playedExactly(failure(waitFor(context, job, call)))) as StableStudioError
  expect(error).toMatchObject({ job, attemptId: job.attemptId, payment: 'settled', safeToRetry: false })
  expectSafeAdvice(error)
  return error
}

describe('what is waited for', () => {
  it('needs a wallet before anything is asked', async () => {
    const context = contextOf({ fetch: () => expect.fail('asked') })
    expect(await failure(waitFor(context, createPlace().job, callOf()))).toMatchObject({
      code: 'wallet_missing',
    })
  })

  it.each([null, 7, {}, { id: '../admin' }, { id: 7 }, '', 'a/b', 'x'.repeat(129)])(
    'is a job or an id, not %j',
    async (given) => {
      const { context, seen } = createPlace()
      expect(await failure(waitFor(context, given as never, callOf()))).toMatchObject({
        code: 'invalid_input',
        payment: 'none',
      })
      expect(seen).toEqual([])
    },
  )

  it('is told as paid from the start: nothing that goes wrong may look as if it was not', async () => {
    const { context, job } = createPlace()
    const call = callOf()
    const waiting = waitFor(context, job, call)
    expect(call.trace).toMatchObject({ payment: 'settled', attemptId: job.attemptId, job })
    await playedExactly(waiting)
  })

  it.each(['2126-01-01T00:00:00.000Z', 'yesterday', ''])('dated %j is looked at soon', async (createdAt) => {
    const { context, job, seen } = createPlace({ tookMs: 0 })
    await playedExactly(waitFor(context, { ...job, createdAt }, callOf()))
    expect(seen).toHaveLength(1)
    expect(seen[0]?.at).toBeLessThan(20_000)
  })
})

describe('the end', () => {
  it('is the output, with the receipt of the job', async () => {
    const { context, job, seen } = createPlace()
    const output = await playedExactly(waitFor(context, job, callOf()))
    expect(output).toMatchObject({ jobId: job.id, url: 'https://assets.example/1.png', receipt: job.receipt })
    expect(seen.every(({ signedIn }) => signedIn)).toBe(true)
  })

  it('is never that of another job', async () => {
    const error = await ending(showing({ id: 'cother' }), callOf({ timeout: 60_000 }))
    expect(error.code).toBe('job_timeout')
  })

  it.each([
    'http://assets.example/1.png',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,<script>',
    'https://user:secret@assets.example/1.png',
  ])('is never the address %s', async (imageUrl) => {
    const error = await ending(showing({ result: { imageUrl } }))
    expect(error).toMatchObject({ name: 'OutputError', code: 'output_not_allowed' })
    expect(error.message).not.toContain(imageUrl)
  })

  it('of a failed job says why, without the prompt that it repeats', async () => {
    const error = await ending(showing({ status: 'failed', error: 'Not allowed: a secret plan' }))
    expect(error).toMatchObject({ name: 'JobFailedError', details: expect.stringContaining('Not allowed') })
    expect(JSON.stringify([error, error.message])).not.toContain('a secret plan')
  })

  it('does not come while the service names a state that nobody knows, without a result', async () => {
    const error = await ending(showing({ status: 'finalizing', result: null }), callOf({ timeout: 60_000 }))
    expect(error.code).toBe('job_timeout')
  })

  it('comes with the result, whatever the state is called', async () => {
    const { context, job } = showing({ status: 'ready' })
    expect((await playedExactly(waitFor(context, job, callOf()))).jobId).toBe(job.id)
  })
})

describe('an abort', () => {
  it('during a look ends the wait with the job, though its answer is there', async () => {
    const stop = new AbortController()
    const place: Place = createPlace({
      tookMs: 0,
      bend() {
        stop.abort('enough')
        return undefined
      },
    })
    const error = await ending(place, callOf({ signal: stop.signal }))
    expect(error).toMatchObject({ code: 'aborted', cause: 'enough' })
    await pass(30_000)
    expect(place.seen).toHaveLength(1)
  })

  it('before the first look asks nothing', async () => {
    const place = createPlace()
    await ending(place, callOf({ signal: AbortSignal.abort() }))
    expect(place.seen).toEqual([])
  })
})
