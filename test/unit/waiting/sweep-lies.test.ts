// A list that is short, slow, wrong, paged oddly or refused: no wait ends wrongly, late, or with more requests than before.
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { timingOf } from '../../../src/catalogue/operations.ts'
import { useTestClock } from '../../support/clock.ts'
import {
  type BendList,
  createManyJobs,
  type Ending,
  excessOf,
  type ListedJob,
  type ManyJobs,
  patientWallet,
  urlOf,
  waitForAll,
} from '../../support/many-jobs.ts'
import { seeded } from '../../support/waiting.ts'

useTestClock()

const wallet = patientWallet()
const operation = 'flux-2-max/generate'
const { pollSeconds, typicalSeconds } = timingOf(operation)
const count = 30

const tookMs = (index: number) =>
  Math.round(typicalSeconds * 1000 * (0.6 + (0.9 * ((index * 7) % count)) / count))

const withList = (list?: BendList) => createManyJobs({ count, operation, tookMs, ...(list && { list }) })

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const each =
  (change: (job: ListedJob) => ListedJob | undefined): BendList =>
  ({ page }) => ({ ...page, items: page.items.map(change) })

const lie = { status: 'complete', progress: 100, error: null }

const kinds: Record<string, BendList> = {
  'refused with 403': () => Response.json({ error: 'no' }, { status: 403 }),
  'not there': () => Response.json({ error: 'route_not_found' }, { status: 404 }),
  'out of order': () => Response.json({ error: 'oops' }, { status: 500 }),
  limited: () => Response.json({ error: 'slow down' }, { status: 429 }),
  'asking for money': () => Response.json({ x402Version: 2, accepts: [] }, { status: 402 }),
  'a redirect': () => new Response(null, { status: 307, headers: { location: 'https://elsewhere.example' } }),
  'a page': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
  'not reachable': () => Promise.reject(new TypeError('fetch failed')),
  slow: async ({ page }) => later(4_000).then(() => page),
  'never answered': () => new Promise(() => {}),
  'not a list': () => ({ jobs: [] }),
  'a bare array': ({ page }) => page.items,
  empty: () => ({ items: [], nextCursor: null }),
  short: ({ page }) => ({ items: page.items.slice(0, 7), nextCursor: null }),
  'of one job a page': ({ all, url }) => {
    const at = Number(url.searchParams.get('cursor') ?? 0)
    return { items: all().slice(at, at + 1), nextCursor: String(at + 1) }
  },
  'the same page again and again': ({ page, count: turn }) => ({
    items: page.items.slice(0, 5),
    nextCursor: `c${turn}`,
  }),
  'empty pages without end': ({ count: turn }) => ({ items: [], nextCursor: `c${turn}` }),
  'in another order': ({ page }) => ({ ...page, items: page.items.toReversed() }),
  'of rubbish': ({ page }) => ({
    items: [null, 7, 'x', {}, { id: 7 }, ...page.items.map(() => [])],
    nextCursor: 5,
  }),
  "of another wallet's jobs": each((job) => ({ ...job, ...lie, id: `x${job.id}` })),
  'of other operations': each((job) => ({
    ...job,
    ...lie,
    type: 'veo-3.1-generate',
    result: { imageUrl: urlOf('wrong') },
  })),
  'of jobs without a type': each(({ type: _, ...job }) => ({
    ...job,
    ...lie,
    result: { imageUrl: urlOf('wrong') },
  })),
  'complete without results': each((job) => ({ ...job, ...lie, result: undefined })),
  'complete with odd results': each((job) => ({
    ...job,
    ...lie,
    result: { imageUrl: 'javascript:alert(1)' },
  })),
  'all failed': each((job) => ({ ...job, status: 'failed', error: 'a lie' })),
  'each job twice, differently': ({ page }) => ({
    ...page,
    items: page.items.flatMap((job) => [job, { ...job, ...lie, result: { imageUrl: urlOf('wrong') } }]),
  }),
  'at work for ever': each(({ result: _, ...job }) => ({ ...job, status: 'loading', progress: 10 })),
}

async function byLooks(): Promise<{ endings: Ending[]; service: ManyJobs }> {
  const service = withList()
  return { endings: await waitForAll(service, { wallet }, { together: 15 }), service }
}

function expectAllDone(endings: readonly Ending[], service: ManyJobs): void {
  expect(endings.map(({ error }) => error).filter(Boolean)).toEqual([])
  expect(endings.map(({ output }) => output?.url)).toEqual(service.jobs.map(({ id }) => urlOf(id)))
  // Never before it was done.
  for (const { lagMs } of endings) expect(lagMs).toBeGreaterThanOrEqual(0)
}

/** How much longer the unluckiest wait took than by looks alone, ms. */
const delay = (endings: readonly Ending[], reference: readonly Ending[]) =>
  Math.max(...endings.map(({ lagMs }, index) => lagMs - (reference[index]?.lagMs ?? 0)))

describe('a list that is', () => {
  it.each(Object.entries(kinds))(
    '%s ends no wait wrongly, and none an interval later',
    async (_name, list) => {
      const single = await byLooks()
      const service = withList(list)
      const endings = await waitForAll(service, { wallet })
      expectAllDone(endings, service)
      expect(delay(endings, single.endings)).toBeLessThanOrEqual(pollSeconds * 1000)
      expect(excessOf(service)).toBe(0)
      expect(service.seen.length).toBeLessThanOrEqual(single.service.seen.length * 1.25)
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it('wrong about one job alone costs that job a few intervals at most', async () => {
    const liar = 'cjob00004'
    const service = withList(
      each(({ result, ...job }) =>
        job.id === liar
          ? { ...job, status: 'loading', progress: 10 }
          : { ...job, ...(result ? { result } : {}) },
      ),
    )
    const endings = await waitForAll(service, { wallet })
    expectAllDone(endings, service)
    expect(endings[4]?.lagMs).toBeLessThan(5 * pollSeconds * 1000)
  })
})

describe('a list that fails at random', () => {
  it('ends no wait wrongly, late, or with more requests than the cap allows', async () => {
    const single = await byLooks()
    const names = Object.keys(kinds)
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0.1, max: 1, noNaN: true }), async (seed, share) => {
        const random = seeded(seed)
        let frozen: unknown
        const service = withList((asked) => {
          frozen ??= asked.page
          if (random() > share) return asked.page
          const at = Math.floor(random() * (names.length + 1))
          return kinds[names[at] ?? '']?.(asked) ?? frozen
        })
        const endings = await waitForAll(service, { wallet })
        expectAllDone(endings, service)
        expect(delay(endings, single.endings)).toBeLessThanOrEqual(pollSeconds * 1000)
        expect(excessOf(service)).toBe(0)
      }),
      { numRuns: 40, seed: 15 },
    )
  })
})
