// When the client really looks at a job: as the simulation says, and never more often than the cap allows.

import fc from 'fast-check'
import { StableStudioClient } from 'stablestudio'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { playedExactly, useTestClock } from '../../support/clock.ts'
import { createJobService, createWaiting } from '../../support/job-service.ts'
import { excessOver, families, seeded, waitScheduled } from '../../support/waiting.ts'

useTestClock()

const wallet = privateKeyToAccount(generatePrivateKey())

const at = (seen: { at: number }[]) => seen.map((request) => request.at)

describe('the schedule of the client', () => {
  it.each(families())('$name: asks when the simulation says it does', async ({ operations, pace }) => {
    const tookMs = pace.typicalMs * 1.3
    const { studio, job, seen } = createWaiting({ operation: operations[0] ?? '', tookMs })
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
          const { studio, job, seen } = createWaiting({
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
              return failure === 'page'
                ? new Response('<html>')
                : Response.json({}, { status: Number(failure) })
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
    const { studio, job, seen } = createWaiting({
      operation: 'flux-2-max/generate',
      tookMs: 30_000,
      insists: true,
    })
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
      const { studio, job, seen } = createWaiting({ operation: 'wan-2.6/t2v', tookMs: 3_600_000 })
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
