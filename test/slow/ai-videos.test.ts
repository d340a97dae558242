// Videos of the AI SDK when something breaks: started twice, killed between payment and answer, looked at with nonsense.
import {
  APICallError,
  experimental_generateVideo as generateVideo,
  experimental_getVideoStatus as getVideoStatus,
  experimental_startVideo as startVideo,
} from 'ai'
import { describe, expect, it } from 'vitest'
import { createStableStudio } from '../../src/entries/ai.ts'
import { type Attempt, memoryStore, type StableStudioError } from '../../src/index.ts'
import { createProvider, type Provided, png } from '../support/ai.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure } from '../support/studio.ts'
import { named, ways } from '../support/ways.ts'

useTestClock()

const order = { prompt: 'waves against a lighthouse', duration: 3, maxRetries: 5 }
const model = ({ ai }: Provided) => ai.video('grok-video')
const start = (provided: Provided, more: object = {}) =>
  startVideo({ model: model(provided), ...order, ...more })

describe('a start', () => {
  it.each(named(ways.filter(({ kind }) => kind !== 'slow')))(
    '%s while it pays: one payment',
    async (_, fault) => {
      const provided = createProvider()
      provided.sandbox.faults.add({ step: 'pay', kind: 'slow', times: 1, ...fault })
      const { operation } = await played(start(provided))
      expect(operation).toMatchObject({ id: provided.sandbox.jobs()[0]?.id })
      expect(provided.sandbox.settlements()).toHaveLength(1)
    },
  )

  it('that the AI SDK repeats is one payment: it has the same key', async () => {
    const provided = createProvider()
    const inner = model(provided)
    let calls = 0
    const flaky = {
      ...inner,
      async doStart(options: Parameters<NonNullable<typeof inner.doStart>>[0]) {
        const result = await inner.doStart?.(options)
        calls += 1
        if (!result || calls < 3)
          throw new APICallError({ message: 'x', url: 'x', requestBodyValues: {}, statusCode: 503 })
        return result
      },
    }
    await played(startVideo({ model: flaky, ...order }))
    expect(calls).toBe(3)
    expect(provided.sandbox.settlements()).toHaveLength(1)
  })

  it('that died between payment and answer is found by the next one with its key', async () => {
    const store = memoryStore()
    const provided = createProvider({ store })
    const { wallet, sandbox, studio } = provided
    const keyed = { providerOptions: { stablestudio: { idempotencyKey: 'clip-1' } } }
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: 1 })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    const stop = new AbortController()
    studio.on('payment.unknown', () => stop.abort())
    const error = await played(failure(start(provided, { ...keyed, abortSignal: stop.signal })))
    expect(error).toMatchObject({ payment: 'unknown' })
    sandbox.faults.clear()
    await pass(60_000)
    const next = createStableStudio({ wallet, store, fetch: counted(sandbox.fetch) }).video('grok-video')
    const { operation } = await played(startVideo({ model: next, ...order, ...keyed }))
    expect(operation).toMatchObject({ id: sandbox.jobs()[0]?.id })
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a poll by the AI SDK', () => {
  it('that times out leaves the job in the ledger', async () => {
    const provided = createProvider()
    const error = await played(
      failure(generateVideo({ model: model(provided), ...order, poll: { timeoutMs: 6_000 } })),
    )
    expect(String(error)).toContain('timed out')
    const [attempt]: Attempt[] = await all(provided.studio.payments())
    expect(attempt).toMatchObject({ state: 'settled', jobId: provided.sandbox.jobs()[0]?.id })
    expect((await played(provided.studio.wait(attempt?.jobId ?? ''))).kind).toBe('video')
  })

  it.each(
    named([...ways.filter(({ kind }) => kind !== 'slow'), { kind: 'unknown-state' }, { kind: 'no-result' }]),
  )('outlasts %s', async (_, fault) => {
    const provided = createProvider()
    provided.sandbox.faults.add({ step: 'poll', kind: 'status', times: 2, ...fault })
    const { video } = await played(generateVideo({ model: model(provided), ...order, poll: {} }))
    expect(video.uint8Array.length).toBeGreaterThan(100)
    expect(provided.sandbox.settlements()).toHaveLength(1)
  })
})

describe('a look', () => {
  it('at a forged operation asks for nothing but that job', async () => {
    const provided = createProvider()
    const { operation } = await played(start(provided))
    const before = provided.sandbox.requests().length
    const forged = [
      null,
      'cjob1',
      [],
      {},
      { id: 7 },
      { id: '../upload' },
      { id: 'cjob1?x=', pollUrl: 'https://evil.example/' },
    ]
    for (const one of forged) {
      const error = await played(failure(getVideoStatus(model(provided), { operation: one as never })))
      expect((error as StableStudioError).name).toMatch(/^(InvalidInput|SignIn|Service)Error$/)
    }
    const foreign = { ...(operation as object), id: 'someone-elses', pollUrl: 'https://evil.example/' }
    expect(await played(getVideoStatus(model(provided), { operation: foreign }))).toMatchObject({
      status: 'pending',
    })
    const asked = provided.sandbox.requests().slice(before)
    expect(asked.length).toBeGreaterThan(0)
    for (const { path, paid } of asked) expect([path, paid]).toEqual(['/api/jobs/someone-elses', false])
    const elsewhere = { ...(operation as object), pollUrl: 'https://evil.example/' }
    expect(await played(getVideoStatus(model(provided), { operation: elsewhere }))).toMatchObject({
      status: 'pending',
    })
  })

  it('at a job that is just paid outlasts that it cannot be read yet', async () => {
    const provided = createProvider()
    const { operation } = await played(start(provided))
    provided.sandbox.faults.add({ step: 'poll', kind: 'status', status: 404, times: 2 })
    const look = () => played(getVideoStatus(model(provided), { operation }))
    expect(await look()).toMatchObject({ status: 'pending' })
    provided.sandbox.faults.clear()
    await pass(60_000)
    expect(await look()).toMatchObject({ status: 'completed' })
  })

  it('at a job that stays unknown, or complete without a video, ends, and says that it is paid', async () => {
    const provided = createProvider()
    const { operation } = await played(start(provided))
    await pass(300_000)
    const look = () => played(getVideoStatus(model(provided), { operation }))
    provided.sandbox.faults.add({ step: 'poll', kind: 'status', status: 404, times: 2 })
    expect(await failure(look())).toMatchObject({ job: operation, payment: 'settled' })
    provided.sandbox.faults.clear()
    provided.sandbox.faults.add({ step: 'poll', kind: 'no-result', times: 2 })
    await pass(10_000)
    expect(await look()).toMatchObject({ status: 'error', error: expect.stringContaining('stays paid') })
    expect(provided.sandbox.settlements()).toHaveLength(1)
  })

  it('whose download fails says which job, and the next one has the video', async () => {
    const provided = createProvider()
    const { operation } = await played(start(provided))
    await pass(60_000)
    provided.sandbox.faults.add({
      step: 'output',
      kind: 'status',
      status: 503,
      times: Number.POSITIVE_INFINITY,
    })
    const error = await played(failure(getVideoStatus(model(provided), { operation })))
    expect(error).toMatchObject({
      name: 'OutputError',
      job: operation,
      attemptId: expect.stringMatching(/^att_/),
    })
    provided.sandbox.faults.clear()
    expect(await played(getVideoStatus(model(provided), { operation }))).toMatchObject({
      status: 'completed',
    })
  })

  it('may be stopped', async () => {
    const provided = createProvider()
    const { operation } = await played(start(provided))
    provided.sandbox.faults.add({ step: 'poll', kind: 'no-answer' })
    const stop = new AbortController()
    const work = failure(getVideoStatus(model(provided), { operation, abortSignal: stop.signal }))
    setTimeout(() => stop.abort(), 1_000)
    expect(await played(work)).toMatchObject({ code: 'aborted' })
  })
})

describe('a video in one call', () => {
  it.each(named(ways.filter(({ kind }) => kind !== 'slow')))(
    '%s at the download: its job is in the error',
    async (_, fault) => {
      const provided = createProvider()
      provided.sandbox.faults.add({
        step: 'output',
        kind: 'status',
        ...fault,
        times: Number.POSITIVE_INFINITY,
      })
      const result = await played(
        generateVideo({ model: model(provided), ...order }).catch((error: StableStudioError) => error),
      )
      // A body that is cut with a matching length is a file like any other.
      if (fault.kind !== 'truncated') {
        expect(result).toMatchObject({ name: 'OutputError', job: { id: provided.sandbox.jobs()[0]?.id } })
      }
      expect(provided.sandbox.settlements()).toHaveLength(1)
    },
  )

  it.each([
    ['an odd length', { duration: 5 }],
    ['an odd resolution', { resolution: '1000x1000' }],
    ['adaptive', { aspectRatio: 'adaptive' }],
    ['a lone last frame', { frameImages: [{ image: png, frameType: 'last_frame' }] }],
    ['references', { inputReferences: [png] }],
    ['an http picture', { prompt: { text: 'x', image: 'http://example.com/a.png' } }],
  ])('%s: nothing is asked, and nothing paid', async (_name, more) => {
    const provided = createProvider()
    const error = await played(
      failure(generateVideo({ model: model(provided), ...order, ...(more as object) })),
    )
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(provided.sandbox.requests()).toEqual([])
  })
})
