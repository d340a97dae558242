// Jobs that their owner is shown otherwise than they are, and jobs that fail on demand.
import { describe, expect, test } from 'vitest'
import { buy, get, origin, setup } from './kit.ts'

describe('a job', () => {
  const bought = async () => {
    const kit = setup()
    const { jobId } = await (await buy(kit)).json()
    const look = async () => (await get(kit, `/api/jobs/${jobId}`)).json()
    const list = async () => (await (await get(kit, '/api/jobs')).json()).items
    return { kit, jobId, look, list, done: () => kit.sandbox.clock.advance(60_000) }
  }

  test('no-result: complete without a result at first', async () => {
    const { kit, look, done } = await bought()
    kit.sandbox.faults.add({ step: 'poll', kind: 'no-result', times: 2 })
    // A job at work has none anyway: no strike is lost on it, nor on a challenge.
    expect(await look()).toMatchObject({ status: 'pending' })
    await kit.sandbox.fetch(`${origin}/api/jobs/${kit.sandbox.jobs()[0]?.id}`)
    done()
    for (const left of [2, 1, 0]) {
      const { status, progress, result } = await look()
      expect([status, progress, result !== undefined]).toEqual(['complete', 100, left === 0])
    }
  })

  test('no-result: in the list too', async () => {
    const { kit, list, done } = await bought()
    await buy(kit)
    kit.sandbox.faults.add({ step: 'list', kind: 'no-result' })
    done()
    const hidden = await list()
    expect(hidden).toHaveLength(2)
    for (const one of hidden) expect(one).not.toHaveProperty('result')
    for (const one of await list()) expect(one.result.imageUrl).toMatch('/generated/')
  })

  test.each(['poll', 'list'] as const)('unknown-state: under a name of its own, at %s', async (step) => {
    const { kit, look, list, done } = await bought()
    done()
    const show = async () => (step === 'poll' ? look() : (await list())[0])
    kit.sandbox.faults.add({ step, kind: 'unknown-state' })
    kit.sandbox.faults.add({ step, kind: 'unknown-state', state: 'archived' })
    for (const status of ['finalizing', 'archived']) {
      const job = await show()
      expect(job).toMatchObject({ status, error: null })
      expect(job).not.toHaveProperty('result')
    }
    expect(await show()).toMatchObject({ status: 'complete' })
    expect(kit.sandbox.jobs()[0]?.status).toBe('complete')
  })

  test('job-failed: failed from then on, with its error, and paid', async () => {
    const { kit, look, list, done } = await bought()
    kit.sandbox.faults.add({ step: 'poll', kind: 'job-failed', error: 'out of paint' })
    expect(await look()).toMatchObject({ status: 'failed', error: 'out of paint' })
    done()
    for (const job of [await look(), (await list())[0]]) {
      expect(job).toMatchObject({ status: 'failed', error: 'out of paint', progress: 0 })
      expect(job).not.toHaveProperty('result')
    }
    expect(kit.sandbox.jobs()[0]).toMatchObject({ status: 'failed' })
    expect(kit.sandbox.settlements()).toHaveLength(1)
  })

  test('job-failed: by default as moderation fails one; a stranger’s look fails nothing', async () => {
    const { kit, jobId, look } = await bought()
    kit.sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    const stranger = { ...setup(), sandbox: kit.sandbox }
    expect((await get(stranger, `/api/jobs/${jobId}`)).status).toBe(403)
    expect(kit.sandbox.jobs()[0]?.status).toBe('pending')
    expect((await look()).error).toMatch('E005')
  })
})
