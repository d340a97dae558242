// The life of a job by the clock, and the routes that show, list and delete it.
import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { createIds } from '../../../src/sandbox/state/ids.ts'
import { body, buy, generateUrl, get, origin, proof, setup, stillClock } from './kit.ts'

type Kit = ReturnType<typeof setup>

async function poll(kit: Kit, id: string) {
  const response = await get(kit, `/api/jobs/${id}`)
  expect(response.status).toBe(200)
  return response.json()
}

async function start(kit: Kit, value: Record<string, unknown> = body): Promise<string> {
  return (await (await buy(kit, generateUrl, value)).json()).jobId
}

/** When the sandbox says that the job ends, ms after its start. */
function durationOf({ sandbox }: Kit, id: string): number {
  const job = sandbox.jobs().find((one) => one.id === id)
  return Date.parse(job?.endsAt ?? '') - Date.parse(job?.createdAt ?? '')
}

describe('a job', () => {
  test('is pending, then loads, then is complete', async () => {
    const kit = setup()
    const id = await start(kit)
    const createdAt = new Date(kit.now()).toISOString()
    const duration = durationOf(kit, id)
    expect(await poll(kit, id)).toEqual({
      id,
      type: 'gpt-image-1-generate',
      input: { ...body, model: 'gpt-image-1' },
      status: 'pending',
      progress: 0,
      error: null,
      createdAt,
      updatedAt: createdAt,
    })
    kit.sandbox.clock.advance(Math.ceil(duration * 0.15))
    expect(await poll(kit, id)).toMatchObject({ status: 'loading', progress: 10 })
    kit.sandbox.clock.advance(duration - Math.ceil(duration * 0.15) - 1)
    const almost = await poll(kit, id)
    expect(almost).toMatchObject({ status: 'loading', progress: 95 })
    expect(almost).not.toHaveProperty('result')
    kit.sandbox.clock.advance(1)
    const completedAt = new Date(kit.now()).toISOString()
    expect(await poll(kit, id)).toMatchObject({ status: 'complete', updatedAt: completedAt })
    kit.sandbox.clock.advance(60_000)
    const done = await poll(kit, id)
    expect(done).toMatchObject({ status: 'complete', progress: 100, error: null, updatedAt: completedAt })
    expect(Object.keys(done.result)).toEqual(['imageUrl'])
    expect(done.result.imageUrl).toMatch(
      /^https:\/\/wgunica1uhl5nijm\.public\.blob\.vercel-storage\.com\/generated\/[0-9a-f-]{36}\.png$/,
    )
  })

  test('takes its typical time by a factor of 0.8 to 1.2, divided by the speed', async () => {
    for (const speed of [1, 20]) {
      const kit = setup({ speed })
      const durations = []
      for (let at = 0; at < 12; at += 1) durations.push(durationOf(kit, await start(kit)) * speed)
      expect(Math.min(...durations)).toBeGreaterThanOrEqual(8_000)
      expect(Math.max(...durations)).toBeLessThanOrEqual(12_000 + speed)
      expect(new Set(durations).size).toBeGreaterThan(6)
    }
  })

  test('progresses and never goes back', async () => {
    const kit = setup()
    const id = await start(kit)
    let last = -1
    for (let at = 0; at < 26; at += 1) {
      const { progress } = await poll(kit, id)
      expect(progress).toBeGreaterThanOrEqual(last)
      last = progress
      kit.sandbox.clock.advance(500)
    }
    expect(last).toBe(100)
  })

  test('that the content filter stops fails, paid', async () => {
    const kit = setup()
    const id = await start(kit, { prompt: 'some moderated-content please' })
    kit.sandbox.clock.advance(12_000)
    const job = await poll(kit, id)
    expect(job).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('flagged as sensitive (E005)'),
    })
    expect(job).not.toHaveProperty('result')
    expect(kit.sandbox.settlements()).toHaveLength(1)
  })

  test('that does not exist is 404', async () => {
    const response = await get(setup(), '/api/jobs/cnope')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ success: false })
  })
})

describe('the list', () => {
  test('is newest first and turns its pages without a gap', async () => {
    const kit = setup()
    const ids = []
    for (let at = 0; at < 5; at += 1) ids.push(await start(kit))
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 3; page += 1) {
      const { items, nextCursor } = await (await get(kit, `/api/jobs?limit=2${cursor}`)).json()
      seen.push(...items.map(({ id }: { id: string }) => id))
      cursor = `&cursor=${nextCursor}`
      expect(nextCursor === null).toBe(page === 2)
    }
    expect(seen).toEqual(ids.reverse())
    const all = await (await get(kit, '/api/jobs?limit=5')).json()
    expect(all.nextCursor).toBeNull()
  })

  test('can be narrowed to a status', async () => {
    const kit = setup()
    const failed = await start(kit, { prompt: 'moderated-content' })
    kit.sandbox.clock.advance(12_000)
    const fresh = await start(kit)
    const ids = async (status: string) => {
      const { items } = await (await get(kit, `/api/jobs?status=${status}`)).json()
      return items.map(({ id }: { id: string }) => id)
    }
    expect(await ids('failed')).toEqual([failed])
    expect(await ids('pending')).toEqual([fresh])
    expect(await ids('complete')).toEqual([])
  })

  test('has 20 jobs by default and 100 at most', async () => {
    const kit = setup({ price: () => '0.000001' })
    for (let at = 0; at < 101; at += 1) await start(kit)
    expect((await (await get(kit, '/api/jobs')).json()).items).toHaveLength(20)
    expect((await (await get(kit, '/api/jobs?limit=1000')).json()).items).toHaveLength(100)
  })

  test.each(['0', '-1', 'x', '1.5'])('refuses the limit %s', async (limit) => {
    expect((await get(setup(), `/api/jobs?limit=${limit}`)).status).toBe(400)
  })

  test('has nothing after an unknown cursor', async () => {
    const kit = setup()
    await start(kit)
    expect(await (await get(kit, '/api/jobs?cursor=cnope')).json()).toEqual({ items: [], nextCursor: null })
  })
})

describe('deleting', () => {
  const remove = async (kit: Kit, id: string) =>
    kit.sandbox.fetch(`${origin}/api/jobs/${id}`, {
      method: 'DELETE',
      headers: { 'sign-in-with-x': await proof(kit) },
    })

  test('works on failed jobs, for their owner', async () => {
    const kit = setup()
    const id = await start(kit, { prompt: 'moderated-content' })
    expect((await remove(kit, id)).status).toBe(400)
    kit.sandbox.clock.advance(12_000)
    expect((await remove({ ...kit, wallet: setup().wallet }, id)).status).toBe(403)
    expect(await (await remove(kit, id)).json()).toEqual({ success: true })
    expect((await get(kit, `/api/jobs/${id}`)).status).toBe(404)
    expect((await (await get(kit, '/api/jobs')).json()).items).toEqual([])
  })

  test('does not take a finished job away', async () => {
    const kit = setup()
    const id = await start(kit)
    kit.sandbox.clock.advance(12_000)
    expect(await (await remove(kit, id)).json()).toMatchObject({ success: false })
    expect((await get(kit, `/api/jobs/${id}`)).status).toBe(200)
  })
})

test('the same seed, clock and calls give the same ids and times', async () => {
  const run = async (seed: number) => {
    const kit = setup({ seed })
    await start(kit)
    await start(kit)
    return kit.sandbox.jobs().map(({ id, endsAt }) => [id, endsAt])
  }
  expect(await run(3)).toEqual(await run(3))
  expect(await run(3)).not.toEqual(await run(4))
})

test('uuids depend on seed, count and time alone', () => {
  const uuids = (seed: number, now: number) => {
    const ids = createIds(seed)
    return [ids.uuid(now), ids.uuid(now)]
  }
  expect(uuids(1, 5)).toEqual(uuids(1, 5))
  expect(new Set([...uuids(1, 5), ...uuids(1, 6), ...uuids(2, 5)]).size).toBe(6)
  for (const uuid of uuids(1, 5))
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a sandbox that is restarted does not repeat its ids', async () => {
  const run = async (start: number) => {
    const kit = setup({ clock: stillClock(start) })
    return (await (await buy(kit)).json()).jobId
  }
  expect(await run(1_800_000_000_000)).not.toBe(await run(1_800_000_000_001))
})

test('without a clock of its own the sandbox goes by the system’s, plus what was added', () => {
  const sandbox = createSandbox()
  const before = Date.now()
  expect(Math.abs(sandbox.clock.now() - before)).toBeLessThan(1_000)
  sandbox.clock.advance(3_600_000)
  expect(Math.abs(sandbox.clock.now() - before - 3_600_000)).toBeLessThan(1_000)
  expect(() => sandbox.clock.advance(-1)).toThrow(/advance/)
})
