// The arguments of the tools: few words for a model to read, and no way around the owner.
import { describe, expect, it } from 'vitest'
import { cheap, createTools, eras } from '../../support/mcp.ts'

describe.each(eras)('the list of tools for %s', (era) => {
  it('is small, stable, and has no result schema, which would hide pictures', async () => {
    const { agent } = await createTools({}, { era })
    const { tools } = await agent.client.listTools()
    expect(JSON.stringify(tools).length / 4).toBeLessThanOrEqual(1_200)
    expect(tools.every((tool) => tool.outputSchema === undefined)).toBe(true)
    const names = tools.map(({ name, inputSchema, annotations }) => [
      name,
      Object.keys(inputSchema.properties ?? {}),
      inputSchema.required ?? [],
      inputSchema.additionalProperties,
      annotations,
    ])
    expect(names).toMatchInlineSnapshot(`
      [
        [
          "list_models",
          [
            "kind",
            "operation",
          ],
          [],
          false,
          {
            "openWorldHint": false,
            "readOnlyHint": true,
          },
        ],
        [
          "get_price",
          [
            "operation",
            "input",
          ],
          [
            "operation",
            "input",
          ],
          false,
          {
            "openWorldHint": true,
            "readOnlyHint": true,
          },
        ],
        [
          "generate",
          [
            "operation",
            "input",
            "max_price",
            "variation",
            "file_name",
            "show",
          ],
          [
            "operation",
            "input",
          ],
          false,
          {
            "destructiveHint": true,
            "idempotentHint": true,
            "openWorldHint": true,
            "readOnlyHint": false,
          },
        ],
        [
          "get_job",
          [
            "job_id",
            "wait_seconds",
            "file_name",
            "show",
          ],
          [
            "job_id",
          ],
          false,
          {
            "destructiveHint": false,
            "idempotentHint": true,
            "openWorldHint": true,
            "readOnlyHint": false,
          },
        ],
        [
          "list_jobs",
          [
            "limit",
          ],
          [],
          false,
          {
            "destructiveHint": false,
            "idempotentHint": true,
            "openWorldHint": true,
            "readOnlyHint": false,
          },
        ],
        [
          "get_budget",
          [],
          [],
          false,
          {
            "openWorldHint": true,
            "readOnlyHint": true,
          },
        ],
      ]
    `)
  })
})

describe('generate', () => {
  it.each([
    ['an unknown argument', { confirm: true }],
    ['a misspelt one', { maxPrice: '0.05' }],
    ['a limit', { limits: { perCall: '100' } }],
    ['a negative max_price', { max_price: '-1' }],
    ['a max_price that is a number', { max_price: 0.05 }],
    ['an infinite max_price', { max_price: 'Infinity' }],
    ['a max_price in other digits', { max_price: '1e3' }],
    ['a max_price too long', { max_price: '9'.repeat(400) }],
    ['half a variation', { variation: 1.5 }],
    ['no variation', { variation: 0 }],
    ['too many variations', { variation: 101 }],
    ['a variation as text', { variation: '2' }],
    ['an input that is a list', { input: ['a'] }],
    ['an input that is text', { input: '{"prompt":"x"}' }],
    ['no operation', { operation: undefined }],
    ['show as text', { show: 'yes' }],
  ])('refuses %s, and pays nothing', async (_name, more) => {
    const { agent, sandbox } = await createTools()
    const said = await agent.call('generate', { ...cheap, ...more })
    expect(said.isError).toBe(true)
    expect(said.json).toMatchObject({ error: 'invalid_input', charged: 'no', next: expect.any(String) })
    expect(said.text.length).toBeLessThan(1_000)
    expect([sandbox.settlements().length, sandbox.requests().length]).toEqual([0, 0])
  })

  it('takes a max_price as a reason to pay less, never more', async () => {
    const limits = { perCall: '0.05', perDay: '5' }
    const { agent, sandbox } = await createTools({}, { client: { limits } })
    const dear = { ...cheap, input: { prompt: 'x', quality: 'high' } }
    expect((await agent.call('generate', { ...dear, max_price: '999999' })).json).toMatchObject({
      error: 'limit_per_call',
      charged: 'no',
      next: expect.stringContaining('Only the owner can raise limits'),
    })
    expect((await agent.call('generate', { ...cheap, max_price: '0.005' })).json).toMatchObject({
      error: 'price_above_max',
      charged: 'no',
    })
    expect(sandbox.settlements()).toHaveLength(0)
    expect((await agent.call('generate', { ...cheap, max_price: '0.01' })).json).toMatchObject({
      status: 'done',
    })
  })

  it('is not talked out of the list price by a max_price', async () => {
    const { agent, sandbox } = await createTools({}, { sandbox: { instant: true, price: () => '0.90' } })
    for (const max_price of ['0.95', '1000000', undefined])
      expect((await agent.call('generate', { ...cheap, max_price })).json).toMatchObject({
        error: 'price_above_list',
        charged: 'no',
      })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('makes no variation of an input with a seed', async () => {
    const { agent, sandbox } = await createTools()
    const seeded = { operation: 'flux-2-pro/generate', input: { prompt: 'x', seed: 7 } }
    expect((await agent.call('generate', { ...seeded, variation: 2 })).json).toMatchObject({
      error: 'invalid_input',
      charged: 'no',
      next: expect.stringContaining('seed'),
    })
    expect(sandbox.settlements()).toHaveLength(0)
    expect((await agent.call('generate', seeded)).json).toMatchObject({ status: 'done' })
  })
})

describe('file_name', () => {
  it.each([
    '../evil',
    '/etc/cron.d/x',
    'a/b',
    'a\\b',
    '..',
    '.',
    '.bashrc',
    '',
    ' ',
    '.png',
    'con',
    'NUL.png',
    'a:b',
    'a\0b',
    'a\nb',
    'photo\u202Egnp.exe',
    'a\u200Bb',
    'x'.repeat(101),
    '猫'.repeat(90),
    'a.',
    'a?',
    '~/x',
    'C:\\x',
  ])('%j is refused before anything is paid', async (file_name) => {
    const { agent, sandbox } = await createTools()
    const said = await agent.call('generate', { ...cheap, file_name })
    expect(said.json).toMatchObject({ error: 'invalid_input', charged: 'no' })
    expect(sandbox.requests()).toHaveLength(0)
  })

  it.each([
    ['cat', 'cat.png'],
    ['cat.png', 'cat.png'],
    ['cat.jpg', 'cat.png'],
    ['v1.2', 'v1.2.png'],
    ['ein Häuschen (2)', 'ein Häuschen (2).png'],
    ['猫', '猫.png'],
    ['x'.repeat(100), `${'x'.repeat(100)}.png`],
  ])('%j becomes %j', async (file_name, expected) => {
    const { agent, folder } = await createTools()
    expect((await agent.call('generate', { ...cheap, file_name })).json.file).toBe(`${folder}/${expected}`)
  })
})

describe('the other tools', () => {
  it.each([
    ['get_job', {}],
    ['get_job', { job_id: 'x', wait_seconds: 51 }],
    ['get_job', { job_id: 'x', wait_seconds: -1 }],
    ['get_job', { job_id: '../../api/upload' }],
    ['get_job', { job_id: '' }],
    ['list_jobs', { limit: 0 }],
    ['list_jobs', { limit: 1_000 }],
    ['get_budget', { per_day: '100' }],
    ['list_models', { kind: 'audio' }],
    ['list_models', { operation: 'nope/nope' }],
    ['get_price', { operation: 'nope' }],
  ])('%s refuses %j', async (tool, given) => {
    const { agent, sandbox } = await createTools()
    const { isError, json } = await agent.call(tool, given)
    expect([isError, json.charged]).toEqual([true, 'no'])
    expect(json).toMatchObject({
      error: expect.any(String),
      message: expect.any(String),
      next: expect.any(String),
    })
    expect(sandbox.settlements()).toHaveLength(0)
  })
})
