// Waiting with the real client: when it asks, what it tolerates, what it never does, to the millisecond.
import fc from 'fast-check'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from 'stablestudio'
import type { ClientOptions } from 'stablestudio'
import { JobTimeoutError, type StableStudioError } from 'stablestudio'
import { counted, played, playedExactly, useTestClock } from '../support/clock.ts'
import { createJobService, type JobServiceOptions } from '../support/job-service.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'
import { excessOver, families, seeded, waitScheduled } from '../support/waiting.ts'

useTestClock()

const wallet = privateKeyToAccount(generatePrivateKey())

function waiting(options: JobServiceOptions, clientOptions: ClientOptions = {}) {
  const service = createJobService(options)
  const studio = new StableStudioClient({ wallet, fetch: service.fetch, ...clientOptions })
  return { ...service, studio }
}

const at = (seen: { at: number }[]) => seen.map((request) => request.at)
const json = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: 'not now' }, { status, headers })

describe('the schedule of the client', () => {
  it.each(families())('$name: asks when the simulation says it does', async ({ operations, pace }) => {
    const tookMs = pace.typicalMs * 1.3
    const { studio, job, seen } = waiting({ operation: operations[0] ?? '', tookMs })
    await playedExactly(studio.wait(job))
    const expected = waitScheduled(pace, tookMs).sentAt
    expect(seen).toHaveLength(expected.length)
    for (const [index, sentAt] of at(seen).entries())
      expect(Math.abs(sentAt - (expected[index] ?? 0))).toBeLessThan(40)
  })

  it('makes in no window more requests than the published interval with two requests a poll', async () => {
    const statuses = ['pending', 'loading', 'queued']
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          operation: fc.constantFrom(
            'grok/generate',
            'gpt-image-1.5/generate',
            'nano-banana-pro/edit',
            'veo-3.1/generate',
          ),
          share: fc.double({ min: 0.05, max: 3, noNaN: true }),
          insists: fc.boolean(),
          latencies: fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 4 }),
          shown: fc.array(
            fc.record({ status: fc.constantFrom(...statuses), progress: fc.integer({ min: 0, max: 100 }) }),
            {
              minLength: 1,
            },
          ),
          failures: fc.array(
            fc.constantFrom('none', 'none', 'none', '503', '429', 'page', 'network', '404'),
            {
              minLength: 1,
            },
          ),
          byId: fc.boolean(),
        }),
        async ({ operation, share, insists, latencies, shown, failures, byId }) => {
          const family = families().find(({ operations }) => operations.includes(operation as never))
          if (!family) throw new Error(operation)
          let turn = 0
          const { studio, job, seen } = waiting({
            operation,
            tookMs: family.pace.typicalMs * share,
            insists,
            show: () => shown[turn % shown.length] ?? { status: 'loading', progress: 0 },
            latencyMs: () => latencies[turn++ % latencies.length] ?? 0,
            bend(_request, count) {
              const failure = failures[count % failures.length]
              // Lasting failures would only show the deadline.
              if (count > 6 || failure === 'none') return undefined
              if (failure === 'network') throw new TypeError('fetch failed')
              return failure === 'page' ? new Response('<html>') : json(Number(failure))
            },
          })
          await playedExactly(studio.wait(byId ? job.id : job, { timeout: 900_000 }).catch(() => undefined))
          expect(seen.length).toBeGreaterThan(0)
          // A bare id is an unknown operation until the first look has shown more.
          const cap = byId ? Math.min(10_000, family.pace.publishedMs) : family.pace.publishedMs
          expect(excessOver(cap, at(seen))).toBe(0)
        },
      ),
      { numRuns: 60, seed: 8 },
    )
  }, 120_000)

  it('keeps to that for each job, however long its reads stand in a queue', async () => {
    const random = seeded(4)
    const services = Array.from({ length: 3 }, (_, index) => {
      const tookMs = 40_000 + 1_000 * index
      return createJobService({
        operation: 'flux-2-max/generate',
        tookMs,
        latencyMs: () => 3_000 * random() ** 3,
      })
    })
    const ids = services.map(({ job }, index) => ({ ...job, id: `cjob${index}` }))
    const studio = new StableStudioClient({
      wallet,
      concurrency: { reads: 1 },
      async fetch(target, init) {
        const request = new Request(target, init)
        const index = ids.findIndex(({ id }) => request.url.endsWith(id))
        const answer = await services[index]?.fetch(request)
        const shown = (await answer?.json()) as Record<string, unknown>
        return Response.json({ ...shown, id: ids[index]?.id }, { status: answer?.status ?? 500 })
      },
    })
    await playedExactly(Promise.all(ids.map((job) => studio.wait(job))))
    for (const { seen } of services) expect(excessOver(5_000, at(seen))).toBe(0)
  })

  it('spreads the three requests with which it learns that the service insists on its challenges', async () => {
    const { studio, job, seen } = waiting({ operation: 'flux-2-max/generate', tookMs: 30_000, insists: true })
    await playedExactly(studio.wait(job))
    expect(seen.slice(0, 3).map(({ signedIn, status }) => [signedIn, status])).toEqual([
      [true, 402],
      [false, 402],
      [true, 200],
    ])
    expect((seen[2]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(5_000)
    expect(excessOver(5_000, at(seen))).toBe(0)
  })

  it('goes on for a job of an hour ago at once, by its JSON or by its id', async () => {
    for (const by of ['job', 'id'] as const) {
      const { studio, job, seen } = waiting({ operation: 'wan-2.6/t2v', tookMs: 3_600_000 })
      await vi.advanceTimersByTimeAsync(3_580_000)
      await playedExactly(studio.wait(by === 'id' ? job.id : job))
      // By its id alone the client learns from the first look which operation it is.
      expect(at(seen)).toEqual([3_580_000, 3_587_500, 3_595_000, 3_602_500])
    }
  })

  it('is not taken in by a progress that stands still', async () => {
    const shared: { fetch: typeof fetch } = { fetch }
    const studio = new StableStudioClient({ wallet, fetch: (request, init) => shared.fetch(request, init) })
    for (let run = 0; run < 6; run += 1) {
      const service = createJobService({ operation: 'veo-3.1/generate', tookMs: 90_000 })
      shared.fetch = service.fetch
      await playedExactly(studio.wait(service.job))
      const gaps = at(service.seen)
        .slice(2)
        .map((sentAt, index) => sentAt - (service.seen[index + 1]?.at ?? 0))
      expect(Math.max(...gaps)).toBe(7_500)
    }
  })
})

describe('bad answers to a look', () => {
  it.each([
    ['seconds', () => '20'],
    ['a date', () => new Date(Date.now() + 20_000).toUTCString()],
  ])('waits as long as Retry-After says in %s, and then a little', async (_name, header) => {
    const { studio, job, seen } = waiting({
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
      const { studio, job } = waiting({ tookMs: 5_000, bend: () => json(503, { 'retry-after': header }) })
      const told: number[] = []
      const onProgress = ({ nextPollInMs = Number.NaN }) => void told.push(nextPollInMs)
      const error = await played(failure(studio.wait(job, { onProgress })))
      expect(error).toBeInstanceOf(JobTimeoutError)
      expect(told.every((time) => Number.isFinite(time))).toBe(true)
    },
  )

  it('does not outlast its deadline for a Retry-After of a day, and ends with the job', async () => {
    const { studio, job, seen } = waiting({
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
      const { studio, job, seen } = waiting({ tookMs: 5_000, bend: () => (failing ? bad() : undefined) })
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
      const { studio, job, seen } = waiting({
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
    const { studio, job, seen } = waiting({
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
    const { studio, job, seen } = waiting({ tookMs: 5_000, bend: () => json(status) })
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
      const { studio, job } = waiting({ tookMs: 50_000, latencyMs: () => latencyMs })
      const stop = new AbortController()
      setTimeout(() => stop.abort(new Error('enough')), 9_000)
      const error = await playedExactly(failure(studio.wait(job, { signal: stop.signal })))
      expect(error).toMatchObject({ code: 'aborted', payment: 'settled', job: { id: job.id } })
    }
  })
})
