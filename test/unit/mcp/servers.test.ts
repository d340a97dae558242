// The tools in servers of others: version 1 of the library, hosts that show progress, and what the budget tells.
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { Client as ClientOne } from 'mcp-sdk-1/client/index.js'
import { InMemoryTransport as PairOne } from 'mcp-sdk-1/inMemory.js'
import { McpServer as ServerOne } from 'mcp-sdk-1/server/mcp.js'
import { ElicitRequestSchema } from 'mcp-sdk-1/types.js'
import { describe, expect, it, vi } from 'vitest'
import { addTools } from '../../../src/entries/mcp.ts'
import { x402 } from '../../../src/index.ts'
import { cheap, createTools, eras, makeFolder, quick } from '../../support/mcp.ts'

/** A server and a client of version 1. */
async function connectOne(approve?: () => boolean) {
  const { studio, sandbox } = await createTools()
  const server = new ServerOne({ name: 'own', version: '1.0.0' })
  const askAbove = approve && '0.01'
  addTools(server, { client: studio, outputFolder: makeFolder(), inputFolders: [], askAbove })
  const client = new ClientOne({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, async () => ({
    action: 'accept',
    content: { approve: approve?.() ?? false },
  }))
  const [near, far] = PairOne.createLinkedPair()
  await Promise.all([server.connect(far), client.connect(near)])
  const call = async (name: string, given: object) => {
    const result = await client.callTool({ name, arguments: given as Record<string, unknown> })
    return { isError: result.isError === true, text: (result.content as { text: string }[])[0]?.text ?? '' }
  }
  return { sandbox, client, call }
}

describe('a server of version 1 of the library', () => {
  it('has the same tools, which pay once', async () => {
    const { client, call, sandbox } = await connectOne()
    const { tools } = await client.listTools()
    expect([tools.length, JSON.stringify(tools).length / 4 <= 1_200]).toEqual([6, true])
    const first = await call('generate', cheap)
    expect(JSON.parse(first.text)).toMatchObject({ status: 'done' })
    expect(await call('generate', cheap)).toEqual(first)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('refuses wrong arguments before anything is paid', async () => {
    const { call, sandbox } = await connectOne()
    for (const more of [{ confirm: true }, { variation: 1.5 }, { max_price: 5 }])
      expect((await call('generate', { ...cheap, ...more })).isError).toBe(true)
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('asks a person', async () => {
    let yes = false
    const { call, sandbox } = await connectOne(() => yes)
    expect(JSON.parse((await call('generate', cheap)).text)).toMatchObject({ error: 'approval_denied' })
    expect(sandbox.settlements()).toHaveLength(0)
    yes = true
    expect(JSON.parse((await call('generate', cheap)).text)).toMatchObject({ status: 'done' })
  })
})

describe.each(eras)('a host of %s', (era) => {
  it('is told how long it takes, in rising numbers, and only if it asks', async () => {
    const { agent } = await createTools({}, { era, sandbox: { speed: 1_000 } })
    const told: { progress: number; total?: number }[] = []
    const onprogress = (progress: { progress: number; total?: number }) => told.push(progress)
    const { json } = await agent.call('generate', quick, { onprogress } as object)
    expect(json).toMatchObject({ status: 'done' })
    expect(told.length).toBeGreaterThan(0)
    expect(told.every(({ progress }, at) => progress > (told[at - 1]?.progress ?? 0))).toBe(true)
    expect(told[0]?.total).toBe(3)
  })
})

describe('get_budget', () => {
  it('says not known for a balance that it cannot read, and never zero', async () => {
    const dead = createServer((_request, response) => response.writeHead(500).end('{"result":"0x0"}'))
    await new Promise<void>((listening) => dead.listen(0, '127.0.0.1', listening))
    const { port } = dead.address() as { port: number }
    try {
      const rpc = `http://127.0.0.1:${port}`
      const { agent } = await createTools({}, { client: { payWith: [x402({ rpc })] } })
      const { json, isError } = await agent.call('get_budget')
      expect([isError, json.balance]).toEqual([false, 'not known'])
    } finally {
      dead.closeAllConnections()
      dead.close()
    }
  })

  it('has the balance, exact, with two decimals or more', async () => {
    const payWith = [x402({ rpc: 'https://stablestudio.dev/rpc' })]
    const { agent, sandbox, wallet } = await createTools({}, { client: { payWith } })
    sandbox.fund(wallet.address, '0.005')
    const { json } = await agent.call('get_budget')
    expect(json.balance).toEqual([{ usd: '10.005', network: 'eip155:8453' }])
    expect(json.limits).toMatchObject({ perCall: '1.00', perDay: { limit: '5.00', left: '5.00' } })
  })
})

describe('get_job', () => {
  it('tells the payment of an upload from a job', async () => {
    const { agent } = await createTools()
    const { json } = await agent.call('generate', cheap)
    await agent.call('generate', {
      operation: 'nano-banana/edit',
      input: { prompt: 'x', images: [json.file] },
    })
    const all = (await agent.call('list_jobs')).json.jobs as Record<string, string>[]
    const upload = all.find(({ operation }) => operation === 'upload')
    expect((await agent.call('get_job', { job_id: upload?.attempt_id })).json).toMatchObject({
      error: 'not_a_job',
      charged: 'yes',
    })
  })
})

describe('the working folder', () => {
  it('may hold inputs, unless it holds the home folder', async () => {
    const { readOptions } = await import('../../../src/mcp/options.ts')
    const { studio: client } = await createTools()
    const home = makeFolder()
    const [work, link] = [join(home, 'work'), join(makeFolder(), 'link')]
    mkdirSync(work)
    symlinkSync(home, link)
    vi.stubEnv('HOME', link)
    const folders = (cwd: string) => {
      vi.spyOn(process, 'cwd').mockReturnValue(cwd)
      return readOptions({ client, outputFolder: '/out' }).inputFolders
    }
    expect(folders(work)).toEqual([work, '/out'])
    for (const cwd of ['/', home, dirname(home)]) expect(folders(cwd)).toEqual(['/out'])
    vi.unstubAllEnvs()
  })
})
