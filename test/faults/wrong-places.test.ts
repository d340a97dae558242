// Wrong addresses and wrong ids: what is told, how soon, and that an id which may be paid for is not given up early.
import { createServer } from 'node:net'
import { memoryStore, StableStudioClient } from 'stablestudio'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { played, playedExactly, useTestClock } from '../support/clock.ts'
import { createWaiting } from '../support/job-service.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const gone = () => Response.json({ success: false, error: 'Job not found' }, { status: 404 })
const page = () =>
  new Response('<h1>Not found</h1>', { status: 404, headers: { 'content-type': 'text/html' } })

describe('a wrong baseUrl', () => {
  it('that names the API of the service is told so, not that the operation is unknown', async () => {
    const { studio } = createStudio({ baseUrl: 'https://stablestudio.dev/api' })
    const error = await played(failure(studio.quote('gpt-image-1.5/generate', input)))
    expect(error).toMatchObject({ code: 'service_error', status: 404, payment: 'none' })
    expect(String(error)).toContain('No StableStudio answers at https://stablestudio.dev/api.')
    expect(String(error)).toContain('Check `baseUrl` (without /api)')
  })

  it('where nothing listens is told with the host and the reason', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const studio = new StableStudioClient({ baseUrl: `http://127.0.0.1:${port}` })
    const error = await played(failure(studio.quote(operation, input)))
    expect(error).toMatchObject({ code: 'network_error', details: `127.0.0.1:${port}: ECONNREFUSED.` })
  })
})

describe('an id that the service does not know', () => {
  it('is told so at once by jobs.get', async () => {
    const error = await played(failure(createStudio().studio.jobs.get('cjobwrong')))
    expect(error).toMatchObject({ code: 'service_error', status: 404, payment: 'none' })
    expect(String(error)).toContain('The service knows no job with this id.')
    expect(String(error)).toContain('Check the id')
  })

  it('is looked up twice by wait(), within three seconds', async () => {
    const { studio, seen } = createWaiting({ tookMs: 5_000, bend: gone })
    const startedAt = Date.now()
    const error = await playedExactly(failure(studio.wait('cjobwrong')))
    expect(String(error)).toContain('The service knows no job with this id.')
    expect(seen).toHaveLength(2)
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  it('is found with the second look, if it is only new', async () => {
    const { studio, job } = createWaiting({
      tookMs: 5_000,
      bend: (_request, count) => (count === 1 ? gone() : undefined),
    })
    expect((await playedExactly(studio.wait(job.id))).jobId).toBe(job.id)
  })

  it('is looked for as long as a job that was just paid, if this store has paid for it', async () => {
    const wallet = privateKeyToAccount(generatePrivateKey())
    const store = memoryStore()
    const { studio, sandbox } = createStudio({ wallet, store })
    sandbox.fund(wallet.address, '1')
    const { id } = await played(studio.submit(operation, input))
    let looks = 0
    const late: typeof fetch = async (...request) => {
      looks += 1
      return looks <= 4 ? gone() : sandbox.fetch(...request)
    }
    const other = new StableStudioClient({ wallet, store, fetch: late })
    expect((await played(other.wait(id))).jobId).toBe(id)
    expect(looks).toBeGreaterThan(4)
  })

  it('at a site without the service is not asked for until the deadline', async () => {
    const { studio, seen } = createWaiting({ tookMs: 5_000, bend: page })
    const error = await playedExactly(failure(studio.wait('cjobwrong')))
    expect(String(error)).toContain('No StableStudio answers at https://stablestudio.dev.')
    expect(seen).toHaveLength(2)
  })

  it('but is paid for, is waited for through pages of an edge', async () => {
    const { studio, job, seen } = createWaiting({
      tookMs: 5_000,
      bend: (_request, count) => (count <= 8 ? page() : undefined),
    })
    expect((await playedExactly(studio.wait(job))).jobId).toBe(job.id)
    expect(seen).toHaveLength(9)
  })
})
