// The provider of the AI SDK when it is stopped, told nonsense, or looked into.
import { inspect } from 'node:util'
import { APICallError, generateImage } from 'ai'
import { describe, expect, it } from 'vitest'
import { isStableStudioError, type StableStudioError } from '../../src/errors.ts'
import { createProvider, type Provided, png } from '../support/ai.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { failure } from '../support/studio.ts'

useTestClock()

const prompt = 'a lighthouse at dusk, in secret'

const call = ({ ai }: Provided, more: object = {}) =>
  generateImage({ model: ai.image('grok'), prompt, maxRetries: 5, ...more })

describe('an abort', () => {
  it('while paying leaves an attempt, and while waiting a job, which can be had later', async () => {
    const provided = createProvider()
    const { studio, sandbox } = provided
    for (const event of ['payment.signed', 'job.created'] as const) {
      const stop = new AbortController()
      const off = studio.on(event, () => stop.abort(new Error('enough')))
      const error = (await played(failure(call(provided, { abortSignal: stop.signal })))) as StableStudioError
      off()
      expect(error.attemptId).toMatch(/^att_/)
      if (event === 'job.created') {
        expect(error.code).toBe('aborted')
        if (!error.job) throw new Error('no job')
        expect((await played(studio.wait(error.job))).kind).toBe('image')
      }
    }
    await pass(400_000)
    await played(studio.recover())
    expect(sandbox.settlements().length).toBeLessThanOrEqual(2)
    expect(sandbox.settlements()).toHaveLength(sandbox.jobs().length)
  })

  it('reaches the download', async () => {
    const provided = createProvider()
    provided.sandbox.faults.add({ step: 'output', kind: 'no-answer' })
    const stop = new AbortController()
    const work = failure(call(provided, { abortSignal: stop.signal }))
    provided.studio.on('job.completed', () => setTimeout(() => stop.abort(), 1_000))
    const error = await played(work)
    expect(error).toMatchObject({ code: 'aborted', payment: 'settled' })
    expect((error as StableStudioError).job?.id).toBe(provided.sandbox.jobs()[0]?.id)
  })

  it('with a picture done: that picture is returned', async () => {
    const provided = createProvider()
    const stop = new AbortController()
    let done = 0
    provided.studio.on('job.completed', () => {
      done += 1
    })
    const work = call(provided, { n: 2, abortSignal: stop.signal, model: slowSecond(provided, stop) })
    const { images, warnings } = await played(work)
    expect(done).toBe(1)
    expect(images).toHaveLength(1)
    expect(warnings).toMatchObject([{ type: 'other', message: expect.stringContaining('aborted') }])
    expect(provided.sandbox.settlements()).toHaveLength(2)
  })
})

/** A model whose second poll never answers, and whose call is stopped then. */
function slowSecond({ ai, sandbox }: Provided, stop: AbortController) {
  sandbox.faults.add({ step: 'poll', kind: 'no-answer', times: 1 })
  setTimeout(() => stop.abort(), 20_000)
  return ai.image('grok')
}

describe('an asset', () => {
  it('that is gone is an OutputError with its job, not an empty list', async () => {
    const provided = createProvider()
    provided.sandbox.faults.add({
      step: 'output',
      kind: 'status',
      status: 404,
      times: Number.POSITIVE_INFINITY,
    })
    const error = (await played(failure(call(provided)))) as StableStudioError
    expect(error.name).toBe('OutputError')
    expect(error.job?.id).toBe(provided.sandbox.jobs()[0]?.id)
    expect(error.attemptId).toMatch(/^att_/)
    expect(provided.sandbox.settlements()).toHaveLength(1)
  })

  it('is not part of the time limit, which ends with the job', async () => {
    const provided = createProvider()
    const late = await played(
      failure(call(provided, { providerOptions: { stablestudio: { timeout: 2_000 } } })),
    )
    expect(late).toMatchObject({ name: 'JobTimeoutError', payment: 'settled' })
    provided.sandbox.faults.add({ step: 'output', kind: 'status', status: 503, times: 3 })
    const { images } = await played(
      call(provided, { providerOptions: { stablestudio: { timeout: 20_000 } } }),
    )
    expect(images).toHaveLength(1)
    expect(provided.sandbox.settlements()).toHaveLength(2)
  })
})

describe('nonsense', () => {
  it.each([
    ['a mask', { prompt: { text: prompt, images: [png], mask: png } }],
    ['an odd size', { size: '1023x1' }],
    ['an odd ratio', { aspectRatio: '1:99' }],
    ['an http file', { prompt: { text: prompt, images: ['http://example.com/a.png'] } }],
    [
      'an SVG',
      {
        prompt: {
          text: prompt,
          images: [png, new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')],
        },
      },
    ],
    ['no prompt', { prompt: { images: [png] } }],
    [
      'an unknown field',
      { prompt: { text: prompt, images: [png] }, providerOptions: { stablestudio: { stile: 'oil' } } },
    ],
    ['a null', { providerOptions: { stablestudio: { aspect_ratio: null } } }],
    ['a price that is a number', { providerOptions: { stablestudio: { maxPrice: 0.05 } } }],
    ['a time limit that is a text', { n: 2, providerOptions: { stablestudio: { timeout: '5' } } }],
    ['a key that is a number', { n: 2, providerOptions: { stablestudio: { idempotencyKey: 7 } } }],
    ['half a picture', { n: 1.5 }],
  ])('%s: nothing is asked, and nothing paid', async (_name, more) => {
    const provided = createProvider()
    const error = await played(failure(call(provided, more)))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(provided.sandbox.requests()).toEqual([])
  })

  it('a model that is not known needs maxPrice, and works with it as far as the service knows it', async () => {
    const provided = createProvider()
    const model = provided.ai.image('tomorrow-1')
    expect(await played(failure(call(provided, { model })))).toMatchObject({ code: 'max_price_required' })
    const stablestudio = { maxPrice: '1', anything: [1, { goes: true }] }
    const error = await played(failure(call(provided, { model, providerOptions: { stablestudio } })))
    expect(error).toMatchObject({ name: 'UnknownOperationError' })
    expect(provided.sandbox.settlements()).toEqual([])
  })
})

describe('what leaves', () => {
  it('of the provider, its results and errors holds no key, signature or prompt', async () => {
    const headers: [string, string][] = []
    const provided = createProvider()
    const { ai, sandbox, wallet } = provided
    const spied = createProvider({
      wallet,
      fetch: counted(async (request, init) => {
        const asked = new Request(request, init)
        headers.push(...asked.headers)
        return sandbox.fetch(asked)
      }),
    })
    const result = await played(call(spied, { headers: { Authorization: 'Bearer mine', 'x-mine': 'mine' } }))
    expect(headers.some(([name, value]) => name === 'x-mine' || value.includes('mine'))).toBe(false)
    expect(headers.some(([, value]) => value.startsWith('ai/'))).toBe(false)
    sandbox.faults.add({ step: 'output', kind: 'echo', times: Number.POSITIVE_INFINITY })
    const error = (await played(failure(call(spied)))) as StableStudioError
    const { images: _images, image: _image, ...rest } = { ...result }
    const texts = [
      JSON.stringify([
        result.providerMetadata,
        result.responses,
        result.warnings,
        rest.calls.map((one) => one.response),
      ]),
      JSON.stringify(error),
      inspect(error, { depth: 9 }),
      inspect(spied.ai, { depth: 9, showHidden: true }),
      inspect(spied.ai.image('grok'), { depth: 9, showHidden: true }),
      JSON.stringify(spied.ai.video('sora-2')),
    ]
    const secrets = headers.flatMap(([name, value]) => (/payment|sign/i.test(name) ? [value] : []))
    expect(secrets.length).toBeGreaterThan(1)
    for (const text of texts) for (const secret of [...secrets, prompt]) expect(text).not.toContain(secret)
    expect(ai.image('grok').provider).toBe('stablestudio.image')
  })

  it('is never an error that the AI SDK repeats', async () => {
    const provided = createProvider()
    provided.sandbox.faults.add({
      step: 'quote',
      kind: 'status',
      status: 503,
      times: Number.POSITIVE_INFINITY,
    })
    const error = await played(failure(call(provided)))
    expect(isStableStudioError(error)).toBe(true)
    expect(APICallError.isInstance(error)).toBe(false)
    const markers = Object.getOwnPropertySymbols(error).map(String)
    expect(markers.filter((one) => one.includes('vercel'))).toEqual([])
  })
})
