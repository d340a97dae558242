// From a price on a person is asked, and nothing but that person's yes to this price pays it.
import { describe, expect, it } from 'vitest'
import { createMcpHandler, type McpHandlerOptions } from '../../../src/entries/mcp.ts'
import { cheap, createTools, eras, makeFolder, type Person, type Tools } from '../../support/mcp.ts'

const yes: Person = () => ({ action: 'accept', content: { approve: true } })

/** Tools that ask from a cent on, and what was asked. */
async function asking(person: Person | undefined, era: (typeof eras)[number], askAbove = '0.01') {
  const asked: string[] = []
  const noting: Person | undefined =
    person &&
    ((message) => {
      asked.push(message)
      return person(message)
    })
  return {
    asked,
    ...(await createTools({ askAbove, address: '0xA11CE' }, { era, ...(noting && { person: noting }) })),
  }
}

describe.each(eras)('with a client of %s', (era) => {
  it('pays once after a yes, and asks nobody for what is paid', async () => {
    const { agent, asked, sandbox } = await asking(yes, era)
    const { json } = await agent.call('generate', cheap)
    expect(json).toMatchObject({ status: 'done', usd: '0.01' })
    expect(asked).toEqual([
      expect.stringMatching(/^Pay \$0\.01 in USDC from 0xA11CE for gpt-image-1\.5\/generate\?/),
    ])
    expect((await agent.call('generate', cheap)).json).toEqual(json)
    expect([asked.length, sandbox.settlements().length]).toEqual([1, 1])
  })

  it('asks nobody below that price', async () => {
    const { agent, asked, sandbox } = await asking(yes, era, '0.02')
    await agent.call('generate', cheap)
    expect([asked.length, sandbox.settlements().length]).toEqual([0, 1])
  })

  it('asks nobody for more than max_price, or without a wallet', async () => {
    const { agent, asked } = await asking(yes, era)
    expect((await agent.call('generate', { ...cheap, max_price: '0.005' })).json).toMatchObject({
      error: 'price_above_max',
    })
    const person: Person = () => {
      throw new Error('was asked')
    }
    const poor = await createTools({ askAbove: '0' }, { era, person, client: { wallet: undefined } })
    expect((await poor.agent.call('generate', cheap)).json).toMatchObject({ error: 'wallet_missing' })
    expect(asked).toEqual([])
  })

  it('asks nobody for what the limits refuse', async () => {
    const { agent, asked, sandbox } = await asking(yes, era)
    const dear = { operation: 'veo-3.1-fast/generate', input: { prompt: 'waves', durationSeconds: '8' } }
    expect((await agent.call('generate', dear)).json).toMatchObject({
      error: 'limit_per_call',
      charged: 'no',
      next: expect.stringContaining('Only the owner can raise limits'),
    })
    expect([asked.length, sandbox.settlements().length]).toEqual([0, 0])
  })

  it.each([
    ['a no', () => ({ action: 'decline' })],
    ['a closed prompt', () => ({ action: 'cancel' })],
    ['an unticked box', () => ({ action: 'accept', content: { approve: false } })],
    ['an empty form', () => ({ action: 'accept', content: {} })],
    ['a text in place of a tick', () => ({ action: 'accept', content: { approve: 'true' } })],
    ['a tick with a no', () => ({ action: 'decline', content: { approve: true } })],
    ['a failing host', () => Promise.reject(new Error('no window'))],
    ['a host that cannot ask', undefined],
  ] as [string, Person | undefined][])('pays nothing after %s', async (_name, person) => {
    const { agent, sandbox } = await asking(person, era)
    // A host of 2026 that fails to answer fails the whole call by itself.
    const said = await agent.call('generate', cheap).catch((error: Error) => error)
    if (!(said instanceof Error)) {
      expect(said.isError, said.text).toBe(true)
      expect(said.json).toMatchObject({
        error: 'approval_denied',
        charged: 'no',
        message: expect.stringMatching(/^Nothing was paid\. .*never shown.*--ask-above/),
      })
      expect(said.text).not.toMatch(/refused|rejected|user declined/i)
    } else expect([era, person]).toEqual(['2026', expect.any(Function)])
    expect(sandbox.settlements()).toHaveLength(0)
  })
})

describe('a client of 2025', () => {
  it('is not waited for longer than a call may take', async () => {
    const never: Person = () => new Promise(() => {})
    const { agent, sandbox } = await createTools(
      { askAbove: '0', waitMs: 300 },
      { era: '2025', person: never },
    )
    const startedAt = Date.now()
    const { json } = await agent.call('generate', cheap)
    expect(json).toMatchObject({ error: 'approval_denied', charged: 'no' })
    expect(Date.now() - startedAt).toBeLessThan(3_000)
    expect(sandbox.settlements()).toHaveLength(0)
  })
})

/** A client that says what it likes: one request of the protocol of 2026. */
async function lying(
  options: Partial<McpHandlerOptions> = {},
  price?: () => string,
  elicitation: object = { form: {} },
) {
  const tools: Tools = await createTools({}, { sandbox: { instant: true, ...(price && { price }) } })
  const given = { client: tools.studio, outputFolder: makeFolder(), askAbove: '0.01', ...options }
  const handle = createMcpHandler({ ...given, authorize: () => true })
  const call = async (more: object = {}, given: object = cheap): Promise<Record<string, unknown>> => {
    const version = '2026-07-28'
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'liar', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': { elicitation },
    }
    const params = { name: 'generate', arguments: given, _meta, ...more }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': 'tools/call',
      'mcp-name': 'generate',
    }
    const answer = await handle(new Request('http://localhost/mcp', { method: 'POST', headers, body }))
    const { result } = (await answer.json()) as { result: Record<string, unknown> }
    const [block] = (result.content ?? []) as { text: string }[]
    return block ? (JSON.parse(block.text) as Record<string, unknown>) : result
  }
  return { ...tools, call, handle }
}

const accepted = { approve: { action: 'accept', content: { approve: true } } }
const denied = { error: 'approval_denied', charged: 'no' }

describe('a client of 2026 that lies', () => {
  it('is asked, and pays with the state that it was given', async () => {
    const { call, sandbox } = await lying()
    const asked = await call()
    expect(asked.resultType).toBe('input_required')
    const { requestState } = asked
    expect(await call({ inputResponses: accepted, requestState })).toMatchObject({ status: 'done' })
    // Answered twice: the same payment.
    expect(await call({ inputResponses: accepted, requestState })).toMatchObject({ status: 'done' })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays nothing with a state of its own, none, or a broken one', async () => {
    const { call, sandbox } = await lying()
    const { requestState } = (await call()) as { requestState: string }
    const [version, body = '', seal] = requestState.split('.')
    const raised = JSON.parse(atob(body)) as { p: { usd: string } }
    raised.p.usd = '5.00'
    const forged = `${version}.${btoa(JSON.stringify(raised)).replace(/=+$/, '')}.${seal}`
    for (const state of [undefined, '', 'v1.e30.e30', forged, `${requestState}x`])
      expect(
        await call({ inputResponses: accepted, ...(state !== undefined && { requestState: state }) }),
      ).toMatchObject(denied)
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('pays nothing with the state of another payment, or of another server', async () => {
    const { call, sandbox } = await lying()
    const { requestState } = await call()
    const other = { ...cheap, variation: 2 }
    expect(await call({ inputResponses: accepted, requestState }, other)).toMatchObject(denied)
    const elsewhere = await lying()
    expect(await elsewhere.call({ inputResponses: accepted, requestState })).toMatchObject(denied)
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('is not asked for a form that it cannot show', async () => {
    const { call, sandbox } = await lying({}, undefined, { url: {} })
    expect(await call()).toMatchObject(denied)
    expect((await (await lying({}, undefined, {})).call()).resultType).toBe('input_required')
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('may be answered by another server that has the same secret', async () => {
    const secret = 's'.repeat(32)
    const [first, second] = [await lying({ secret }), await lying({ secret })]
    const { requestState } = await first.call()
    expect(await second.call({ inputResponses: accepted, requestState })).toMatchObject({ status: 'done' })
  })

  it('pays nothing when the price has risen since the yes', async () => {
    let price = '0.01'
    const { call, sandbox } = await lying({}, () => price)
    const { requestState } = await call()
    price = '0.02'
    expect(await call({ inputResponses: accepted, requestState })).toMatchObject({
      error: 'price_changed',
      charged: 'no',
      message: 'Nothing was paid. $0.01 was approved, and now it costs $0.02.',
    })
    expect(sandbox.settlements()).toHaveLength(0)
  })
})
