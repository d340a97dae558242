// Servers of the tools that are killed, or lose their host, at each step of a payment: the next one, asked the same, has
// one settlement and the file.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type SandboxServer } from '../../src/entries/sandbox.ts'
import { useFolders } from '../support/folder.ts'
import { eras, quick, type Said } from '../support/mcp.ts'
import { serve } from '../support/mcp-process.ts'
import type { ServerOrder } from '../support/mcp-server.ts'
import { bundlePayer } from '../support/processes.ts'

const makeFolder = useFolders()
const sandbox = createSandbox({ speed: 1_000, settleMs: 5 })
let server: SandboxServer
let script: string

beforeAll(async () => {
  server = await sandbox.listen()
  script = await bundlePayer(await makeFolder(), 'mcp-server.ts')
})
afterAll(() => server.close())

/** A wallet with money, a ledger and a folder of its own. */
async function prepare() {
  const privateKey = generatePrivateKey()
  const { address } = privateKeyToAccount(privateKey)
  sandbox.fund(address, '1')
  const folder = await makeFolder()
  const order: ServerOrder = {
    ...{ url: server.url, privateKey, ledger: join(folder, 'ledger.db') },
    outputFolder: join(folder, 'out'),
  }
  const settled = () =>
    sandbox.settlements().filter(({ from }) => from.toLowerCase() === address.toLowerCase())
  const jobs = () => sandbox.jobs().filter(({ owner }) => owner.toLowerCase() === address.toLowerCase())
  return { order, privateKey, settled, jobs }
}

/** A new server on the same ledger, asked the same until it is done. */
async function collect(order: ServerOrder, era: (typeof eras)[number]): Promise<Said> {
  const next = await serve(script, order, { era })
  for (let times = 0; times < 30; times += 1) {
    const said = await next.agent.call('generate', quick)
    if (said.json.status === 'done') {
      next.process.stdin?.end()
      expect(await next.ended).toBe(0)
      return said
    }
    expect(said.isError, said.text).toBe(false)
  }
  throw new Error('never done')
}

/** Reservation to booking on a new ledger has eleven writes; some of the first are the start's. */
const writes = Array.from({ length: 12 }, (_, at) => at + 1)
const stops = writes.flatMap((write) => (['before', 'after'] as const).map((when) => ({ write, when })))

describe('a server that is killed', () => {
  it.concurrent.each(stops)('$when write $write leaves one payment to the next one', async (stopAt) => {
    const era = stopAt.write % 2 ? '2025' : '2026'
    const { order, settled, jobs } = await prepare()
    const first = await serve(script, { ...order, stopAt }, { era })
    const asked = first.agent.call('generate', quick).catch(() => undefined)
    await Promise.race([first.stopped, asked])
    await first.kill()
    const { json } = await collect(order, era)
    expect(existsSync(String(json.file))).toBe(true)
    expect([settled().length, jobs().length]).toEqual([1, 1])
    expect(settled()[0]?.jobId).toBe(json.job_id)
  })

  it.concurrent.each([0, 50, 150, 300, 600, 1_200, 2_400])(
    'after %i ms of a call does, too',
    async (delayMs) => {
      const { order, settled } = await prepare()
      const first = await serve(script, order)
      first.agent.call('generate', quick).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await first.kill()
      const { json } = await collect(order, '2026')
      expect(existsSync(String(json.file))).toBe(true)
      expect(settled()).toHaveLength(1)
    },
  )
})

describe('a host that closes stdin', () => {
  it.concurrent.each([0, 100, 300, 1_000, 2_500])(
    '%i ms after a call ends the server with 0 within 5 s',
    async (delayMs) => {
      const { order, settled } = await prepare()
      const first = await serve(script, order, { era: '2025' })
      first.agent.call('generate', quick).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      const startedAt = Date.now()
      first.process.stdin?.end()
      expect(await first.ended).toBe(0)
      expect(Date.now() - startedAt).toBeLessThan(5_000)
      const { json } = await collect(order, '2025')
      expect(existsSync(String(json.file))).toBe(true)
      expect(settled()).toHaveLength(1)
    },
  )

  it('ends one whose payment is never answered, and loses nothing', async () => {
    const { order, settled } = await prepare()
    const remove = sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    const first = await serve(script, order)
    first.agent.call('generate', quick).catch(() => undefined)
    while (settled().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const startedAt = Date.now()
    first.process.stdin?.end()
    expect(await first.ended).toBe(0)
    expect(Date.now() - startedAt).toBeLessThan(5_000)
    remove()
    await collect(order, '2026')
    expect(settled()).toHaveLength(1)
  })
})

describe('the streams', () => {
  it.each(eras)('carry the protocol of %s and nothing else, no secret on either', async (era) => {
    const { order, privateKey } = await prepare()
    const env = { NODE_DEBUG: 'http,net,fetch', NODE_OPTIONS: '--trace-warnings' }
    const { agent, process, said, ended } = await serve(script, { ...order, noisy: true }, { era, env })
    const prompt = 'the secret lighthouse of Mrs. Fogarty'
    await agent.call('generate', { ...quick, input: { prompt } })
    await agent.call('generate', { ...quick, input: { prompt, aspect_ratio: 'x' } })
    await agent.call('list_jobs')
    await agent.call('get_budget')
    process.stdin?.end()
    expect(await ended).toBe(0)
    for (const line of said.out.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
    for (const text of [said.out, said.err]) {
      expect(text).not.toContain(privateKey.slice(2))
      expect(text).not.toMatch(/"signature"/)
    }
    expect(said.out).not.toContain(prompt)
  })

  it('serve without a wallet, and refuse to pay', async () => {
    const { order } = await prepare()
    const { privateKey: _none, ...without } = order
    const { agent, process, ended } = await serve(script, without, { era: '2025' })
    expect((await agent.call('generate', quick)).json).toMatchObject({
      error: 'wallet_missing',
      charged: 'no',
    })
    process.stdin?.end()
    expect(await ended).toBe(0)
  })

  it.each(eras)('ask a person in the protocol of %s', async (era) => {
    const { order, settled } = await prepare()
    const asked: string[] = []
    const person = (message: string) => {
      asked.push(message)
      return { action: 'accept', content: { approve: asked.length > 1 } }
    }
    const { agent, kill } = await serve(script, { ...order, askAbove: '0.05' }, { era, person })
    expect((await agent.call('generate', quick)).json).toMatchObject({
      error: 'approval_denied',
      charged: 'no',
    })
    expect(settled()).toHaveLength(0)
    expect((await agent.call('generate', quick)).json).toMatchObject({ status: 'done' })
    await kill()
    expect([asked.length, settled().length]).toEqual([2, 1])
  })
})
