// Tools for agents: what an agent calls, and what it is told. The same in both eras of the protocol.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cheap, createTools, eras } from '../support/mcp.ts'

describe.each(eras)('an agent with the protocol of %s', (era) => {
  it('finds six tools, of which one pays', async () => {
    const { agent } = await createTools({}, { era })
    const { tools } = await agent.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'list_models',
      'get_price',
      'generate',
      'get_job',
      'list_jobs',
      'get_budget',
    ])
    expect(tools.filter(({ annotations }) => annotations?.destructiveHint).map(({ name }) => name)).toEqual([
      'generate',
    ])
  })

  it('looks for a model, asks for the price, and gets a file', async () => {
    const { agent, sandbox, folder } = await createTools({}, { era })

    const { json: list } = await agent.call('list_models', { kind: 'image' })
    expect(list.models).toContainEqual({
      operation: 'gpt-image-1.5/generate',
      kind: 'image',
      usd: '0.009-0.20',
      seconds: 10,
      description: expect.any(String),
    })
    const { json: model } = await agent.call('list_models', { operation: 'gpt-image-1.5/generate' })
    expect(model.fields).toMatchObject({ required: ['prompt'], additionalProperties: false })

    const { json: price } = await agent.call('get_price', cheap)
    expect(price).toEqual({ usd: '0.01', within_limits: true, left_today: '5.00', asks_a_person: false })
    expect(sandbox.settlements()).toHaveLength(0)

    const { json, blocks, isError } = await agent.call('generate', { ...cheap, file_name: 'lighthouse' })
    expect(json).toEqual({
      status: 'done',
      job_id: sandbox.jobs()[0]?.id,
      usd: '0.01',
      file: `${folder}/lighthouse.png`,
      media_type: 'image/png',
      url: expect.stringMatching(/^https:.*\.png$/),
      url_expires_at: expect.stringMatching(/Z$/),
    })
    expect([blocks.length, isError]).toEqual([1, false])
    expect(readFileSync(String(json.file)).subarray(1, 4).toString()).toBe('PNG')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays once for the same arguments, and again for another variation', async () => {
    const { agent, sandbox } = await createTools({}, { era })
    const first = await agent.call('generate', cheap)
    const { prompt, quality } = cheap.input
    const same = { input: { quality, prompt }, operation: cheap.operation, variation: 1, file_name: 'other' }
    expect((await agent.call('generate', same)).text).toBe(first.text)
    expect(sandbox.settlements()).toHaveLength(1)
    const second = await agent.call('generate', { ...cheap, variation: 2 })
    expect(second.json.job_id).not.toBe(first.json.job_id)
    expect(sandbox.settlements()).toHaveLength(2)
  })

  it('sees a small picture when it asks for it', async () => {
    const { agent } = await createTools({}, { era })
    const { blocks, json } = await agent.call('generate', { ...cheap, show: true })
    const bytes = readFileSync(String(json.file))
    expect(blocks[1]).toEqual({ type: 'image', mimeType: 'image/png', data: bytes.toString('base64') })
  })

  it('gets a long video as a job, and collects it', async () => {
    const limits = { perCall: '4', perDay: '5' }
    const { agent, sandbox } = await createTools({}, { era, client: { limits } })
    const video = { operation: 'seedance-fast/t2v', input: { prompt: 'waves', duration: '4' } }
    const { json } = await agent.call('generate', video)
    expect(json).toEqual({
      status: 'working',
      job_id: sandbox.jobs()[0]?.id,
      operation: 'seedance-fast/t2v',
      usd: expect.any(String),
      paid: true,
      ask_again_in_seconds: 40,
      next: 'get_job',
    })
    const { json: done } = await agent.call('get_job', { job_id: json.job_id, file_name: 'waves.mp4' })
    expect(done).toMatchObject({ status: 'done', usd: json.usd, media_type: 'video/mp4' })
    expect(String(done.file)).toMatch(/\/waves\.mp4$/)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('uses its outputs as inputs', async () => {
    const { agent, sandbox } = await createTools({}, { era })
    const { json } = await agent.call('generate', cheap)
    const edit = { operation: 'nano-banana/edit', input: { prompt: 'at night', images: [json.file] } }
    expect((await agent.call('get_price', edit)).json).toMatchObject({ uploads: { count: 1, usd: '0.01' } })
    expect((await agent.call('generate', edit)).json).toMatchObject({
      status: 'done',
      usd: '0.07',
      uploads_usd: '0.01',
    })
    await agent.call('generate', edit)
    // The picture, its upload, and the edit.
    expect(sandbox.settlements()).toHaveLength(3)
  })

  it('reads what was paid and what is left', async () => {
    const { agent, wallet, studio } = await createTools({ address: '0xA11CE' }, { era })
    const { json: done } = await agent.call('generate', cheap)
    await agent.call('generate', { ...cheap, variation: 2 })
    const { json } = await agent.call('list_jobs', { limit: 1 })
    expect(json.jobs).toMatchObject([
      { operation: cheap.operation, usd: '0.01', charged: 'yes', state: 'settled' },
    ])
    const all = (await agent.call('list_jobs')).json.jobs as Record<string, string>[]
    expect(all.at(-1)).toMatchObject({ job_id: done.job_id, file: done.file })
    const { json: budget } = await agent.call('get_budget')
    expect(budget).toMatchObject({
      address: '0xA11CE',
      balance: 'not known',
      limits: { perCall: '1.00', perDay: { limit: '5.00', spent: '0.02', left: '4.98' } },
    })
    expect([wallet.address, (await studio.budget()).perDay?.spent]).toEqual([wallet.address, '0.02'])
  })

  it('still has the file when the asset is gone, and gets it by either id', async () => {
    const { agent, sandbox, connect } = await createTools({}, { era })
    const { json } = await agent.call('generate', cheap)
    sandbox.faults.add({ step: 'poll', kind: 'status', status: 404, times: Number.POSITIVE_INFINITY })
    sandbox.faults.add({ step: 'output', kind: 'status', status: 404, times: Number.POSITIVE_INFINITY })
    const other = await connect()
    expect((await other.call('generate', cheap)).json).toEqual(json)
    expect((await other.call('get_job', { job_id: json.job_id })).json).toEqual(json)
    const [row] = (await other.call('list_jobs')).json.jobs as Record<string, string>[]
    expect((await other.call('get_job', { job_id: row?.attempt_id })).json).toEqual(json)
  })

  it('overwrites no file of that name', async () => {
    const { agent } = await createTools({}, { era })
    const names = []
    for (const variation of [1, 2, 3]) {
      const { json } = await agent.call('generate', { ...cheap, variation, file_name: 'a.png' })
      names.push(String(json.file).split('/').at(-1))
    }
    expect(names).toEqual(['a.png', 'a-2.png', 'a-3.png'])
  })
})

describe('an owner', () => {
  it('may save in another way', async () => {
    const saved: [string, number, string | undefined][] = []
    const save = async (output: { jobId: string; bytes(): Promise<Uint8Array> }, name?: string) => {
      saved.push([output.jobId, (await output.bytes()).length, name])
      return `s3://bucket/${output.jobId}`
    }
    const { agent, folder } = await createTools({ save })
    const { json } = await agent.call('generate', { ...cheap, file_name: 'cat.jpg' })
    expect(json).toMatchObject({
      status: 'done',
      file: `s3://bucket/${json.job_id}`,
      media_type: 'image/png',
    })
    expect((await agent.call('generate', cheap)).json).toEqual(json)
    expect(saved).toEqual([[json.job_id, expect.any(Number), 'cat']])
    expect(readdirSync(folder)).toEqual([])
    expect(existsSync(dirname(folder))).toBe(true)
  })

  it('may allow some operations only', async () => {
    const { agent, sandbox } = await createTools({ operations: ['grok/generate'] })
    expect((await agent.call('list_models')).json.models).toHaveLength(1)
    for (const tool of ['generate', 'get_price'])
      expect((await agent.call(tool, cheap)).json).toMatchObject({
        error: 'operation_not_allowed',
        charged: 'no',
      })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('is told by an agent without a wallet, which still knows prices', async () => {
    const { agent } = await createTools({}, { client: { wallet: undefined } })
    expect((await agent.call('get_price', cheap)).json).toMatchObject({ usd: '0.01' })
    expect((await agent.call('get_budget')).json).toMatchObject({ balance: 'no wallet' })
    expect(await agent.call('generate', cheap)).toMatchObject({
      isError: true,
      json: { error: 'wallet_missing', charged: 'no', next: expect.stringContaining('no wallet') },
    })
    expect((await agent.call('list_jobs')).json).toEqual({ jobs: [] })
  })
})
