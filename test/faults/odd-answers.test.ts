import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import type { StableStudioError } from '../../src/errors.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { expectSafeAdvice } from '../support/advice.ts'
import { counted, pass, played, start, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const forEver = Number.POSITIVE_INFINITY

/** A client whose jobs are bent on their way. */
function bentJobs(bend: (job: Record<string, unknown>) => Record<string, unknown>) {
  return createHostile(async (request, genuine) => {
    const answer = await genuine()
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/api/jobs') || answer.status !== 200) return answer
    const body = await answer.json()
    return Response.json(body.items ? { ...body, items: body.items.map(bend) } : bend(body))
  })
}

describe('a job', () => {
  it.each([1, 2, 4])('that is complete without a result %i times is looked at again', async (times) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'no-result', times })
    expect((await played(studio.run(operation, input))).url).toMatch(/^https:/)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('that stays complete without a result ends the wait with the job', async () => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step: 'poll', kind: 'no-result', times: forEver })
    const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
    expect(error).toMatchObject({ name: 'OutputError', payment: 'settled', job: { operation } })
    expect(sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/')).length).toBeLessThan(12)
    expectSafeAdvice(error)
  })

  it.each(['finalizing', 'queued', 'PROCESSING', 'in_progress', 'x'])(
    'in the state %s works on',
    async (state) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'poll', kind: 'unknown-state', state, times: 3 })
      expect((await played(studio.run(operation, input))).kind).toBe('image')
    },
  )

  it.each(['complete', 'COMPLETED', 'succeeded', 'success', 'done', 'finished', 'ready'])(
    'that is done by the name %s is done',
    async (name) => {
      const { studio } = bentJobs((job) => (job.status === 'complete' ? { ...job, status: name } : job))
      expect((await played(studio.run(operation, input))).url).toMatch(/^https:/)
    },
  )

  it.each(['failed', 'ERROR', 'cancelled', 'canceled', 'rejected'])(
    'that failed by the name %s has failed',
    async (name) => {
      const { studio } = bentJobs((job) => ({ ...job, status: name, error: 'because' }))
      const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
      expect(error).toMatchObject({ name: 'JobFailedError', details: 'It said: because', payment: 'settled' })
      expectSafeAdvice(error)
    },
  )

  it.each<[string, (iso: string) => unknown]>([
    ['seconds', (iso) => Math.floor(Date.parse(iso) / 1000)],
    ['milliseconds', (iso) => Date.parse(iso)],
    ['a time without a zone', (iso) => iso.replace('Z', '')],
    ['a time with a blank', (iso) => iso.replace('T', ' ').replace('Z', '')],
    ['a time with an offset', (iso) => iso.replace('Z', '+00:00')],
  ])('whose times are given as %s is found by the list', async (_name, spell) => {
    const hostile = bentJobs((job) => ({
      ...job,
      createdAt: spell(String(job.createdAt)),
      updatedAt: spell(String(job.updatedAt)),
    }))
    hostile.sandbox.faults.add({ step: 'pay', kind: 'status-after', status: 500 })
    const image = await played(hostile.studio.run(operation, input))
    expect(image.expiresAt).toMatch(/^2026-11-22T12:2/)
    expect((await played(hostile.studio.jobs.get(image.jobId))).createdAt).toMatch(/^2026-11-22T12:0.*Z$/)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

describe('a list of jobs', () => {
  it.each<[string, (page: number) => unknown[]]>([
    ['is empty', () => []],
    [
      'repeats its jobs',
      () => [{ id: 'job_1', status: 'complete', createdAt: new Date(start).toISOString() }],
    ],
  ])('that %s on every page, each with a new cursor, ends', async (_name, items) => {
    let pages = 0
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (new URL(request.url).pathname !== '/api/jobs' || answer.status !== 200) return answer
      pages += 1
      return Response.json({ items: items(pages), nextCursor: `c${pages}` })
    })
    expect((await played(all(hostile.studio.jobs.list()))).length).toBeLessThanOrEqual(1)
    expect(pages).toBeLessThan(10)
    // It proves nothing of an open attempt either.
    hostile.sandbox.faults.add({ step: 'pay', kind: 'status-after', status: 500 })
    await played(failure(hostile.studio.submit(operation, input, { timeout: 20_000 })))
    await pass(600_000)
    expect(await played(hostile.studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })
})

describe('a connection that breaks', () => {
  it.each(['refused', 'reset-before', 'reset-after', 'cut'] as const)(
    'as %s at the free price request costs nothing',
    async (kind) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'quote', kind, times: 2 })
      expect((await played(studio.run(operation, input))).kind).toBe('image')
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each(['cut', 'reset-before', 'truncated'] as const)(
    'as %s in the middle of a download never gives a part',
    async (kind) => {
      const { studio, sandbox } = createStudio()
      const image = await played(studio.run(operation, input))
      const whole = await played(image.bytes())
      sandbox.faults.add({ step: 'output', kind: kind === 'truncated' ? 'cut' : kind, times: 3 })
      expect(await played(image.bytes())).toEqual(whole)
    },
  )

  it('for ever at a download is an error with the job', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    sandbox.faults.add({ step: 'output', kind: 'cut', times: forEver })
    const error = (await played(failure(image.blob()))) as StableStudioError
    expect(error).toMatchObject({
      code: 'output_failed',
      job: { id: image.jobId },
      attemptId: expect.any(String),
    })
    expectSafeAdvice(error)
  })

  it('short of what was announced, by a fetch that does not count, is no whole download', async () => {
    let cut = 2
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        if (!/\.png/.test(String(target)) || cut-- <= 0) return answer
        const bytes = await answer.arrayBuffer()
        const headers = { 'content-type': 'image/png', 'content-length': String(bytes.byteLength) }
        return new Response(bytes.slice(0, 100), { headers })
      }),
    })
    const image = await played(studio.run(operation, input))
    expect((await played(image.bytes())).length).toBeGreaterThan(1_000)
    expect(cut).toBeLessThan(0)
  })
})

describe('a process that dies between setting money aside and writing its record', () => {
  it('blocks the limit until its lease is over, no longer, and what comes late signs nothing', async () => {
    const store = memoryStore()
    let held: (() => void) | undefined
    const dying = createStudio({
      limits: { total: '0.20' },
      store: {
        ...store,
        set: async (key, value, expected) => {
          if (key.startsWith('attempt/') && !held) await new Promise<void>((resolve) => (held = resolve))
          return store.set(key, value, expected)
        },
      },
    })
    const late = dying.studio.submit(operation, input).catch((error: unknown) => error)
    await pass(1_000)
    const { wallet, sandbox } = dying
    const again = new StableStudioClient({
      wallet,
      store,
      fetch: counted(sandbox.fetch),
      limits: { total: '0.20' },
    })
    expect(await played(failure(again.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    await pass(10_000)
    await played(again.recover())
    await played(again.submit(operation, input))
    held?.()
    expect(await played(late)).toMatchObject({ payment: 'none' })
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('an upload whose answer is lost', () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])

  it('is written off at once by recover() in another process, and the next call buys a new ticket', async () => {
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio({ store })
    sandbox.faults.add({ step: 'upload', kind: 'reset-after' })
    const lost = studio.upload(png, { timeout: 3_000 }).catch((error: unknown) => error)
    await pass(15_000)
    await played(lost)
    const again = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
    const recoveries = await played(again.recover())
    for (const { outcome, attempt } of recoveries) {
      expect(outcome).toBe('written-off')
      expect(attempt).toMatchObject({ state: 'settled', usd: '0.01' })
    }
    expect(await played(again.upload(png))).toMatchObject({ receipt: { usd: '0.01' } })
    expect(sandbox.settlements()).toHaveLength(2)
    expect(await all(again.payments())).toMatchObject([{ state: 'settled' }, { state: 'settled' }])
  })
})

describe('SVG text', () => {
  it.each([
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<svg></svg>',
    '<?xml version="1.0"?><?xml-stylesheet href="a.css"?><!-- made by hand --><svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
    '<!DOCTYPE svg [ <!ENTITY ns "http://www.w3.org/2000/svg"> ]>\n<!-- one --><!-- two -->\n<svg />',
  ])('is an SVG: %.40s', async (svg) => {
    const { studio } = bentJobs((job) => (job.status === 'complete' ? { ...job, result: { svg } } : job))
    const output = await played(studio.run(operation, input))
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(await output.bytes())).toBe(svg)
  })

  it.each(['<html><svg></svg></html>', '<svgx>', 'svg', `${'<!-- '.repeat(20_000)}<svg>`])(
    'is not: %.20s',
    async (svg) => {
      const { studio } = bentJobs((job) => (job.status === 'complete' ? { ...job, result: { svg } } : job))
      expect(await played(failure(studio.run(operation, input)))).toMatchObject({ name: 'OutputError' })
    },
  )
})
