// What must work through the relay, however it is mounted: one list of tests for every place.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import type { Sandbox, SandboxServer } from '../../src/entries/sandbox.ts'
import { createStudio, failure, input, operation, type Studio } from './studio.ts'

/** A server with the relay at `/api/stablestudio`, and how to stop it. */
export type Mounted = { url: string; close(): Promise<unknown> }

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...Array(5_000).fill(7)])

/** @param mount mounts a relay to a service. */
export function describeRelayed(place: string, mount: (target: string) => Promise<Mounted>): void {
  let service: SandboxServer
  let mounted: Mounted
  let sandbox: Sandbox
  let wallet: Studio['wallet']

  beforeEach(async () => {
    ;({ sandbox, wallet } = createStudio({}, { speed: 1_000_000 }))
    service = await sandbox.listen()
    mounted = await mount(service.url)
  })
  afterEach(async () => {
    await mounted.close()
    await service.close()
  })

  /** As a page of the relay's origin makes it. */
  const connect = (options = {}) => {
    vi.stubGlobal('location', { origin: mounted.url })
    return new StableStudioClient({
      wallet,
      baseUrl: '/api/stablestudio',
      origin: service.url,
      // Nothing but the relay and the finished file is asked for.
      fetch: (input, init) => {
        const request = new Request(input, init)
        const { url, headers } = request
        expect([mounted.url, service.url]).toContain(new URL(url).origin)
        if (!url.startsWith(`${mounted.url}/api/stablestudio/`)) {
          expect(new URL(url).pathname).toMatch(/^\/generated\//)
          expect([...headers.keys()].filter((name) => /payment|sign-in|auth/.test(name))).toEqual([])
        }
        return fetch(request)
      },
      ...options,
    })
  }
  const settled = () => sandbox.settlements().map(({ usd }) => usd)

  describe(`through the relay ${place}`, () => {
    it('a prompt becomes a file', async () => {
      const studio = connect()
      const quote = await studio.quote(operation, input)
      const job = await studio.submit(quote)
      const image = await studio.wait(job.id)
      expect((await image.bytes()).length).toBeGreaterThan(1_000)
      expect(job.receipt.transaction).toMatch(/^0x/)
      expect(settled()).toEqual([quote.usd])
    })

    it('a file is uploaded, and used', async () => {
      const studio = connect()
      const upload = await studio.upload(png)
      expect(new Uint8Array(await (await sandbox.fetch(upload.url)).arrayBuffer())).toEqual(png)
      await studio.submit('nano-banana-pro/edit', { prompt: 'at night', images: [png] })
      expect(settled()).toEqual(['0.01', '0.13'])
      expect(sandbox.requests().filter(({ method }) => method === 'PUT')).toHaveLength(1)
    })

    it('jobs are listed, looked at and deleted', async () => {
      const studio = connect()
      const good = await studio.submit(operation, input)
      const bad = await studio.submit(operation, { ...input, prompt: 'moderated-content' })
      const list = async () => {
        const ids: string[] = []
        for await (const { id } of studio.jobs.list({ limit: 1 })) ids.push(id)
        return ids.sort()
      }
      expect(await list()).toEqual([good.id, bad.id].sort())
      expect((await studio.jobs.get(good.id)).status).toBe('complete')
      await studio.jobs.delete(bad.id)
      expect(await list()).toEqual([good.id])
    })

    it.each(['reset-after', 'redirect', 'status-after', 'html'] as const)(
      'a payment whose answer is spoilt (%s) is made once',
      async (kind) => {
        sandbox.faults.add({ step: 'pay', kind })
        const job = await connect().submit(operation, input)
        expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
        expect(settled()).toEqual(['0.17'])
      },
    )

    it('what the service refuses is said as without it', async () => {
      sandbox.faults.add({ step: 'pay', kind: 'rejected' })
      expect(await failure(connect().submit(operation, input))).toMatchObject({
        name: 'PaymentRejectedError',
        category: 'funds',
      })
      const error = await failure(connect().run('gone/generate', { prompt: 'x' }, { maxPrice: '1' }))
      expect(error).toMatchObject({ name: 'UnknownOperationError', payment: 'none' })
      sandbox.faults.add({ step: 'quote', kind: 'redirect', times: 3 })
      expect(await failure(connect().quote(operation, input))).toMatchObject({
        name: 'ServiceError',
        details: expect.stringContaining('redirect'),
      })
    })

    it('pages of other origins get nothing', async () => {
      const url = `${mounted.url}/api/stablestudio/api/generate/${operation}`
      for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
        const answer = await fetch(url, { method: 'POST', body: '{}', headers })
        expect(answer.status).toBe(403)
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      }
      expect(sandbox.requests()).toEqual([])
    })

    it('paths with dots and other hosts lead nowhere', async () => {
      for (const path of [
        '/api/jobs/..%2fadmin',
        '/https:%2f%2fevil.example/api/jobs',
        '/api/jobs/%252e%252e',
      ]) {
        expect((await fetch(`${mounted.url}/api/stablestudio${path}`)).status).toBe(404)
      }
      expect(sandbox.requests()).toEqual([])
    })
  })
}
