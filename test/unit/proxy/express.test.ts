// The relay in Express: mounted before whatever reads bodies it works, and mounted after it says so.
import express from 'express'
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../../src/client.ts'
import { toNodeListener } from '../../../src/entries/node.ts'
import { createProxy, type ProxyOptions } from '../../../src/entries/proxy.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { failure, input, operation } from '../../support/studio.ts'
import { serve } from '../../support/upstream.ts'

const path = '/api/stablestudio'
const proxy = (options: ProxyOptions = {}) =>
  toNodeListener(createProxy({ fetch: createSandbox().fetch, ...options }))

async function studioAt(app: express.Express, mount = path) {
  const baseUrl = `${await serve(app)}${mount}`
  return { baseUrl, studio: new StableStudioClient({ baseUrl }) }
}

describe('the relay in Express', () => {
  it('before a body parser works', async () => {
    const { studio } = await studioAt(express().use(path, proxy()).use(express.json()))
    expect((await studio.quote(operation, input)).usd).toBe('0.17')
  })

  it('after a body parser refuses with a code, and says where to mount it', async () => {
    const { studio, baseUrl } = await studioAt(express().use(express.json()).use(path, proxy()))
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    const answer = await fetch(`${baseUrl}/api/generate/${operation}`, body)
    expect(answer.status).toBe(415)
    expect(await answer.json()).toMatchObject({ success: false, code: 'proxy_body_refused' })
    const error = await failure(studio.quote(operation, input))
    expect(error).toMatchObject({ code: 'service_error', status: 415, payment: 'none', safeToRetry: true })
    expect(String(error)).toContain('The proxy answered with proxy_body_refused.')
    expect(String(error)).toContain('Mount the proxy before body parsers such as express.json().')
  })

  it.each([
    ['that is not mounted', express(), path],
    ['that is mounted elsewhere', express().use('/relay', proxy()), path],
    ['that expects to be elsewhere', express().use(path, proxy({ basePath: '/relay' })), path],
  ])('%s is told from the service', async (_how, app, mount) => {
    const { studio, baseUrl } = await studioAt(app, mount)
    const error = await failure(studio.quote(operation, input))
    expect(error).toMatchObject({ code: 'service_error', status: 404, payment: 'none' })
    expect(String(error)).toContain(`No StableStudio answers at ${baseUrl}.`)
    expect(String(error)).toContain('Check `baseUrl` (without /api), or whether the proxy is mounted there.')
  })
})
