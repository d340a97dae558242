// The tools over HTTP: who may use them, from where, and in which of the two protocols.
import { createServer } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { createMcpHandler, type McpHandlerOptions } from '../../../src/entries/mcp.ts'
import { toNodeListener } from '../../../src/entries/node.ts'
import { refusal } from '../../support/ai.ts'
import { agentOf, cheap, createTools, eras, makeFolder } from '../../support/mcp.ts'

const token = 'Bearer secret-of-the-owner'

async function prepare(options: Partial<McpHandlerOptions> = {}) {
  const tools = await createTools()
  const handle = createMcpHandler({
    client: tools.studio,
    outputFolder: makeFolder(),
    authorize: (request) => request.headers.get('authorization') === token,
    ...options,
  })
  const ask = (headers: Record<string, string> = {}, url = 'http://localhost:4000/mcp') => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'generate', arguments: cheap },
    })
    const all = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      authorization: token,
      ...headers,
    }
    return handle(new Request(url, { method: 'POST', headers: all, body }))
  }
  return { ...tools, handle, ask }
}

describe.each(eras)('over sockets, with the protocol of %s', (era) => {
  it('serves who is authorized, and nobody else', async () => {
    const { handle, sandbox } = await prepare()
    const server = createServer(toNodeListener(handle))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp`)
    const mode = era === '2025' ? 'legacy' : 'auto'
    const create = () => new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
    try {
      const client = create()
      await client.connect(
        new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: token } } }),
      )
      const agent = agentOf(client)
      expect((await agent.client.listTools()).tools).toHaveLength(6)
      expect((await agent.call('generate', cheap)).json).toMatchObject({ status: 'done' })
      expect(sandbox.settlements()).toHaveLength(1)
      await client.close()
      await expect(create().connect(new StreamableHTTPClientTransport(url))).rejects.toThrow()
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

describe('a request', () => {
  it('without an Origin passes, when it is authorized', async () => {
    const { ask, sandbox } = await prepare()
    const answer = await ask()
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('done')])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it.each([
    ['a foreign Origin', { origin: 'https://evil.example' }, undefined, 403],
    ['the Origin of a file or a frame', { origin: 'null' }, undefined, 403],
    ['an Origin of this machine that is not allowed', { origin: 'http://localhost:3000' }, undefined, 403],
    ['a name that was rebound', { host: 'evil.example' }, undefined, 403],
    ['a rebound name in the URL', {}, 'http://evil.example/mcp', 403],
    ['a Host that is none', { host: 'a b' }, undefined, 403],
    ['an empty Host', { host: '' }, undefined, 403],
    ['a Host with a user name', { host: 'localhost@evil.example' }, undefined, 403],
    ['a Host that begins like ours', { host: 'localhost.evil.example' }, undefined, 403],
    ['no authorization', { authorization: '' }, undefined, 401],
    ['another one', { authorization: 'Bearer wrong' }, undefined, 401],
  ])('with %s is refused, and nothing is paid', async (_name, headers, url, status) => {
    const { ask, sandbox } = await prepare()
    const answer = await ask(headers as Record<string, string>, url)
    expect(answer.status).toBe(status)
    expect(await answer.text()).not.toContain('secret')
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('passes by a host and an origin that the owner allows', async () => {
    const allowed = { allowedHosts: ['tools.example'], allowedOrigins: ['https://app.example'] }
    const { ask } = await prepare(allowed)
    const from = { origin: 'https://app.example', host: 'tools.example:8443' }
    expect((await ask(from, 'https://tools.example:8443/mcp')).status).toBe(200)
    expect(
      (await ask({ ...from, origin: 'https://app.example.evil.example' }, 'https://tools.example/mcp'))
        .status,
    ).toBe(403)
    expect((await ask()).status).toBe(403)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('database down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('database down'))],
    ['says yes in its own way', () => 'yes'],
    ['says 1', () => 1],
  ])('is refused when authorize %s', async (_name, authorize) => {
    const { ask, sandbox } = await prepare({ authorize: authorize as never })
    const answer = await ask()
    expect([answer.status, await answer.text()]).toEqual([401, expect.not.stringContaining('database')])
    expect(sandbox.requests()).toHaveLength(0)
  })
})

describe('createMcpHandler', () => {
  it.each([undefined, null, true, 'Bearer x'])(
    'does without nothing but a function: authorize %j',
    async (authorize) => {
      const { studio } = await createTools()
      const error = await refusal(() => createMcpHandler({ client: studio, authorize } as never))
      expect([error.code, error.message]).toEqual(['invalid_config', expect.stringContaining('authorize')])
    },
  )

  it.each([
    [{ client: undefined }, 'client'],
    [{ client: {} }, 'client'],
    [{ outputFolder: 'pictures' }, 'outputFolder'],
    [{ inputFolders: ['.'] }, 'inputFolders'],
    [{ waitMs: 0 }, 'waitMs'],
    [{ askAbove: 1 }, 'askAbove'],
    [{ askAbove: '-1' }, 'askAbove'],
    [{ secret: 'short' }, 'secret'],
    [{ operations: 'grok/generate' }, 'operations'],
    [{ perCall: '1' }, 'perCall'],
    [{ allowedHosts: 'tools.example' }, 'allowedHosts'],
  ])('refuses %j, and names it', async (options, name) => {
    const { studio } = await createTools()
    const given = { client: studio, authorize: () => true, ...options }
    const error = await refusal(() => createMcpHandler(given as never))
    expect([error.code, error.message]).toEqual(['invalid_config', expect.stringContaining(name)])
  })

  it('lets nobody far away use files of its own folder', async () => {
    const { handle, sandbox } = await prepare()
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    const fetch = async (url: URL | string, init?: RequestInit) => {
      const request = new Request(url, init)
      request.headers.set('authorization', token)
      return handle(request)
    }
    await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }))
    const images = [`${process.cwd()}/examples/dapp/public/favicon.svg`]
    const { json } = await agentOf(client).call('generate', {
      operation: 'nano-banana/edit',
      input: { prompt: 'x', images },
    })
    expect(json.message).toContain('must be inside')
    expect(sandbox.settlements()).toHaveLength(0)
  })
})
