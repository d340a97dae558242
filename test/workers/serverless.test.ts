// The serverless example on workerd and on Node: killed, asked twice, cut off; it pays once and loses nothing.

import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSandbox, type Sandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import type { Job, Output } from '../../src/types.ts'
import { useFolders } from '../support/folder.ts'
import { onNode, onWorkerd, type Platform, type Running } from '../support/serverless.ts'

const token = 'token-of-the-application'
const newFolder = useFolders()
const platforms: [string, Platform][] = [
  ['on workerd', onWorkerd],
  ['on Node', onNode],
]

describe.each(platforms)('the serverless example %s', (_name, platform) => {
  let sandbox: Sandbox
  let service: SandboxServer
  let running: Running
  let start: () => Promise<Running>

  beforeEach(async () => {
    const key = generatePrivateKey()
    sandbox = createSandbox({ settleMs: 200 })
    sandbox.fund(privateKeyToAccount(key).address, '10')
    service = await sandbox.listen()
    const folder = await newFolder()
    start = () =>
      platform({ PRIVATE_KEY: key, API_TOKEN: token, STUDIO_URL: service.url, WAIT_MS: '500' }, folder)
    running = await start()
  })
  afterEach(async () => {
    await running.kill()
    await service.close()
  })

  const ask = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${running.url}/api/${path}`, {
      method: 'POST',
      // A connection of its own: one that lay idle may be closed just as it is used again.
      headers: { authorization: `Bearer ${token}`, connection: 'close', ...headers },
      body: JSON.stringify(body),
    })
  const submit = (key = 'order-7', prompt = 'a lighthouse') =>
    ask('pictures', { prompt }, { 'idempotency-key': key })
  const jobOf = async (answer: Response) => {
    expect(answer.status).toBe(202)
    return (await answer.json()) as Job
  }

  it('pays in one invocation, gives up waiting in a second, and collects in a third', async () => {
    const job = await jobOf(await submit())
    const early = await ask('collect', job)
    expect(early.status).toBe(202)
    const handedOn = await early.json()
    expect(handedOn).toEqual(job)
    sandbox.clock.advance(60_000)
    const answer = await ask('collect', handedOn)
    expect(answer.status).toBe(200)
    const picture = (await answer.json()) as Output
    expect(picture).toMatchObject({ kind: 'image', jobId: job.id, receipt: job.receipt })
    expect((await fetch(picture.url)).headers.get('content-type')).toBe('image/png')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('loses nothing when it is killed between paying and collecting', async () => {
    const job = await jobOf(await submit())
    await running.kill()
    running = await start()
    sandbox.clock.advance(60_000)
    expect((await ask('collect', job)).status).toBe(200)
    expect((await jobOf(await submit())).id).toBe(job.id)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays once for two invocations with the same key', async () => {
    const jobs = await Promise.all((await Promise.all([submit(), submit(), submit()])).map(jobOf))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
    expect((await jobOf(await submit('order-8'))).id).not.toBe(jobs[0]?.id)
    expect((await submit('order-7', 'something else')).status).toBe(400)
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('settles on its schedule what an invocation that died while paying left open', async () => {
    sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    const cut = submit().catch(() => undefined)
    await vi.waitFor(() => expect(sandbox.settlements()).toHaveLength(1), { timeout: 20_000 })
    await running.kill()
    await cut
    running = await start()
    // Nothing is taken while the invocation that sent it may still be at work.
    const looked = async () => {
      await running.schedule()
      expect(sandbox.requests().some(({ method, path }) => method === 'GET' && path === '/api/jobs')).toBe(
        true,
      )
    }
    await vi.waitFor(looked, { timeout: 30_000, interval: 1_000 })
    const asked = sandbox.requests().length
    const job = await jobOf(await submit())
    // The schedule has found it: nobody had to ask the service again.
    expect(sandbox.requests()).toHaveLength(asked)
    expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('sends on its schedule once more what never arrived, without paying twice', async () => {
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    const undecided = await submit('order-9')
    expect(undecided.status).toBe(503)
    expect(undecided.headers.get('retry-after')).toBe('5')
    expect(await undecided.json()).toMatchObject({ name: 'PaymentUnknownError', payment: 'unknown' })
    expect(sandbox.settlements()).toHaveLength(0)
    sandbox.faults.clear()
    // Nothing is sent again while the invocation that sent it may still be at work.
    const settled = async () => {
      await running.schedule()
      expect(sandbox.settlements()).toHaveLength(1)
    }
    await vi.waitFor(settled, { timeout: 30_000, interval: 1_000 })
    const job = await jobOf(await submit('order-9'))
    expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('does nothing for those who know no secret, and nothing without a key', async () => {
    for (const headers of [
      { authorization: '' },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer x' },
    ]) {
      expect((await ask('pictures', { prompt: 'x' }, { 'idempotency-key': 'k', ...headers })).status).toBe(
        401,
      )
    }
    expect((await fetch(`${running.url}/api/settle`)).status).toBeGreaterThanOrEqual(400)
    expect((await ask('pictures', { prompt: 'x' })).status).toBe(400)
    expect(sandbox.requests()).toHaveLength(0)
  })
})
