// The whole flow over real HTTP: sockets, redirects and broken connections as the runtime makes them.

import { StableStudioClient } from 'stablestudio'
import type { Sandbox, SandboxServer } from 'stablestudio/sandbox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStudio, failure, input, operation, type Studio } from '../support/studio.ts'

let server: SandboxServer
let sandbox: Sandbox
let wallet: Studio['wallet']

beforeEach(async () => {
  ;({ sandbox, wallet } = createStudio({}, { speed: 1_000_000 }))
  server = await sandbox.listen()
})
afterEach(() => server.close())

const connect = (options = {}) =>
  new StableStudioClient({ wallet, baseUrl: server.url, origin: server.url, ...options })

describe('over HTTP', () => {
  it('runs from prompt to file', async () => {
    const studio = connect()
    const job = await studio.submit(operation, input)
    const image = await studio.wait(job.id)
    expect((await image.bytes()).length).toBeGreaterThan(1_000)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.requests().map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 402',
      'POST 200',
      'GET 200',
      'GET 200',
    ])
  })

  it('works with the service’s own origin too, behind another address', async () => {
    const studio = new StableStudioClient({ wallet, baseUrl: server.url })
    const job = await studio.submit(operation, input)
    expect((await studio.jobs.get(job.id)).id).toBe(job.id)
  })

  it('survives an answer to the payment that breaks off', async () => {
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    const job = await connect().submit(operation, input)
    expect(sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('says that nothing was paid when no one listens', async () => {
    await server.close()
    const error = await failure(connect().run(operation, input))
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'network_error',
      payment: 'none',
      safeToRetry: true,
    })
  })

  it('does not follow a redirect with a payment', async () => {
    sandbox.faults.add({ step: 'pay', kind: 'redirect' })
    const job = await connect().submit(operation, input)
    expect(job.receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
