// Bad answers to the looks at a job: what a wait tolerates, how long, and how it ends.

import { JobTimeoutError, StableStudioClient, type StableStudioError } from 'stablestudio'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { counted, played, playedExactly, useTestClock } from '../support/clock.ts'
import { createJobService, createWaiting } from '../support/job-service.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const wallet = privateKeyToAccount(generatePrivateKey())

const json = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: 'not now' }, { status, headers })

describe('bad answers to a look', () => {
  it.each([
    ['seconds', () => '20'],
    ['a date', () => new Date(Date.now() + 20_000).toUTCString()],
  ])('waits as long as Retry-After says in %s, and then a little', async (_name, header) => {
    const { studio, job, seen } = createWaiting({
      tookMs: 5_000,
      bend: (_request, count) => (count === 1 ? json(429, { 'retry-after': header() }) : undefined),
    })
    await playedExactly(studio.wait(job))
    const pause = (seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)
    expect(seen).toHaveLength(2)
    expect(pause).toBeGreaterThanOrEqual(19_000)
    expect(pause).toBeLessThanOrEqual(25_000)
  })

  it('reads a Retry-After date by the clock of the service', async () => {
    const service = createJobService({ tookMs: 5_000 })
    const ahead = 120_000
    let count = 0
    const studio = new StableStudioClient({
      wallet,
      fetch: async (request, init) => {
        count += 1
        const date = new Date(Date.now() + ahead).toUTCString()
        if (count > 2) return service.fetch(request, init)
        const later = new Date(Date.now() + ahead + 20_000).toUTCString()
        return json(count === 1 ? 503 : 429, { date, ...(count === 2 && { 'retry-after': later }) })
      },
    })
    await playedExactly(studio.wait(service.job))
    expect(service.seen[0]?.at).toBeGreaterThan(20_000)
    expect(service.seen[0]?.at).toBeLessThan(60_000)
  })

  it.each(['86400', '99999999999999', '9'.repeat(300)])(
    'tells a listener when it will look next, whatever Retry-After says (%s)',
    async (header) => {
      const { studio, job } = createWaiting({
        tookMs: 5_000,
        bend: () => json(503, { 'retry-after': header }),
      })
      const told: number[] = []
      const onProgress = ({ nextPollInMs = Number.NaN }) => void told.push(nextPollInMs)
      const error = await played(failure(studio.wait(job, { onProgress })))
      expect(error).toBeInstanceOf(JobTimeoutError)
      expect(told.every((time) => Number.isFinite(time))).toBe(true)
    },
  )

  it('does not outlast its deadline for a Retry-After of a day, and ends with the job', async () => {
    const { studio, job, seen } = createWaiting({
      tookMs: 5_000,
      bend: () => json(503, { 'retry-after': '86400' }),
    })
    const began = Date.now()
    const error = await playedExactly(failure(studio.wait(job, { timeout: 60_000 })))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(error).toMatchObject({ job: { id: job.id }, payment: 'settled', safeToRetry: false })
    expect(Date.now() - began).toBe(60_000)
    expect(seen).toHaveLength(1)
  })

  it.each([
    ['a network error', () => Promise.reject(new TypeError('fetch failed'))],
    ['503', () => json(503)],
    ['429', () => json(429)],
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['other JSON', () => Response.json({ ok: true })],
    ['another job', () => Response.json({ id: 'cother', status: 'complete', progress: 100 })],
  ] as const)(
    '%s again and again: until the deadline, ever rarer, and then the job is there',
    async (_name, bad) => {
      let failing = true
      const { studio, job, seen } = createWaiting({
        tookMs: 5_000,
        bend: () => (failing ? bad() : undefined),
      })
      const error = await playedExactly(failure(studio.wait(job, { timeout: 120_000 })))
      expect(error).toBeInstanceOf(JobTimeoutError)
      expect(seen.length).toBeGreaterThan(5)
      expect(seen.length).toBeLessThan(15)
      failing = false
      expect((await playedExactly(studio.wait(job))).jobId).toBe(job.id)
    },
  )

  it('spreads its retries at random, so that many clients do not come back as one', async () => {
    const pauses = new Set<number>()
    for (const draw of [0, 0.25, 0.5, 0.999]) {
      vi.spyOn(Math, 'random').mockReturnValue(draw)
      const { studio, job, seen } = createWaiting({
        tookMs: 5_000,
        bend: (_request, count) => (count === 1 ? json(502) : undefined),
      })
      await playedExactly(studio.wait(job))
      pauses.add((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0))
    }
    expect(pauses.size).toBe(4)
    expect(Math.min(...pauses)).toBe(5_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(7_500)
  })

  it('404 just after creation passes', async () => {
    const { studio, job, seen } = createWaiting({
      tookMs: 5_000,
      bend: (_request, count) => (count <= 4 ? json(404) : undefined),
    })
    expect((await playedExactly(studio.wait(job))).jobId).toBe(job.id)
    expect(seen).toHaveLength(5)
  })

  it.each([
    [404, 6],
    [400, 1],
    [401, 1],
    [403, 1],
    [410, 1],
    [307, 4],
  ])('%i ends the wait after %i looks, with the paid job in hand', async (status, looks) => {
    const { studio, job, seen } = createWaiting({ tookMs: 5_000, bend: () => json(status) })
    const error = (await playedExactly(failure(studio.wait(job)))) as StableStudioError
    expect(error).toMatchObject({
      job: { id: job.id },
      attemptId: 'attempt',
      payment: 'settled',
      safeToRetry: false,
    })
    expect(seen).toHaveLength(looks)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never send the payment again, however long they last', async () => {
    const { sandbox, wallet: payer } = createStudio()
    const paid: string[] = []
    let polls = 0
    const studio = new StableStudioClient({
      wallet: payer,
      fetch: counted(async (target, init) => {
        const request = new Request(target, init)
        if (request.method === 'POST') paid.push(request.headers.get('payment-signature') ?? '')
        if (request.method === 'POST') return sandbox.fetch(request)
        polls += 1
        return json([503, 429, 502][polls % 3] ?? 500, { 'retry-after': '1' })
      }),
    })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(polls).toBeGreaterThan(10)
    expect(paid).toHaveLength(2)
    expect(paid[0]).toBe('')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('a payment that is refused for now is not sent again by patience for reads', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'quote', kind: 'status', status: 429, times: 3 })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ payment: 'none' })
    // Asked for its price three times, never paid.
    expect(sandbox.requests().map(({ paid }) => paid)).toEqual([false, false, false])
  })

  it('an abort in the middle of a pause or a request ends with the job, and leaves no timer', async () => {
    for (const latencyMs of [0, 60_000]) {
      const { studio, job } = createWaiting({ tookMs: 50_000, latencyMs: () => latencyMs })
      const stop = new AbortController()
      setTimeout(() => stop.abort(new Error('enough')), 9_000)
      const error = await playedExactly(failure(studio.wait(job, { signal: stop.signal })))
      expect(error).toMatchObject({ code: 'aborted', payment: 'settled', job: { id: job.id } })
    }
  })
})
