// Videos by the AI SDK: in one call, or started here and collected in another process.
import {
  createProviderRegistry,
  experimental_generateVideo as generateVideo,
  experimental_getVideoStatus as getVideoStatus,
  experimental_startVideo as startVideo,
} from 'ai'
import { createStableStudio } from 'stablestudio/ai'
import { describe, expect, it } from 'vitest'
import { png } from '../support/ai.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const prompt = 'waves against a lighthouse'

function provide() {
  const { studio: client, ...rest } = createStudio()
  return { ...rest, client, studio: createStableStudio({ client }) }
}

describe('a video in one call', () => {
  it('is downloaded by the client, and its options become the fields of the service', async () => {
    const { studio, sandbox } = provide()
    const { video, responses, warnings, providerMetadata } = await played(
      generateVideo({
        model: studio.video('veo-3.1-fast'),
        prompt: { text: prompt, image: png },
        duration: 4,
        aspectRatio: '9:16',
        resolution: '1080x1920',
        fps: 24,
      }),
    )
    expect(video.mediaType).toBe('video/mp4')
    expect(new TextDecoder().decode(video.uint8Array.subarray(4, 8))).toBe('ftyp')
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'fps' }])
    expect(sandbox.jobs()[0]?.input).toMatchObject({
      durationSeconds: '4',
      aspectRatio: '9:16',
      resolution: '1080p',
      imageMode: 'first-frame',
      image: expect.stringMatching(/^https:/),
    })
    const told = { jobId: sandbox.jobs()[0]?.id, operation: 'veo-3.1-fast/generate', usd: '1.00' }
    expect(responses[0]?.providerMetadata?.stablestudio).toMatchObject(told)
    expect(providerMetadata.stablestudio?.videos).toMatchObject([told])
    expect(sandbox.settlements().map(({ operation }) => operation)).toEqual([
      'upload',
      'veo-3.1-fast/generate',
    ])
  })

  it('polls by the AI SDK, if it is told to, at the pace of the service', async () => {
    const { studio, sandbox } = provide()
    const model = createProviderRegistry({ stablestudio: studio }).videoModel('stablestudio:grok-video')
    const { video, providerMetadata } = await played(
      generateVideo({ model, prompt, duration: 3, poll: { intervalMs: 1_000 } }),
    )
    expect(video.uint8Array.length).toBeGreaterThan(100)
    expect(providerMetadata.stablestudio).toMatchObject({ usd: '0.15', jobId: sandbox.jobs()[0]?.id })
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs'))
    const gaps = polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? 0))
    expect(polls.length).toBeGreaterThan(1)
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(7_500)
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a video in the background', () => {
  it('is started here, and looked at in another process', async () => {
    const { studio, wallet, sandbox } = provide()
    const started = await played(startVideo({ model: studio.video('grok-video'), prompt, duration: 3 }))
    const stored = JSON.stringify(started.operation)
    expect(JSON.parse(stored)).toMatchObject({ operation: 'grok-video/generate', receipt: { usd: '0.15' } })

    const elsewhere = createStableStudio({ wallet, fetch: counted(sandbox.fetch) }).video('grok-video')
    const operation = JSON.parse(stored)
    expect((await played(getVideoStatus(elsewhere, { operation }))).status).toBe('pending')
    await pass(60_000)
    const result = await played(getVideoStatus(elsewhere, { operation }))
    if (result.status !== 'completed') throw new Error(result.status)
    expect(result.videos).toMatchObject([{ type: 'binary', mediaType: 'video/mp4' }])
    expect(result.providerMetadata?.stablestudio).toMatchObject({ jobId: operation.id, usd: '0.15' })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('that failed says so, with its job', async () => {
    const { studio, sandbox } = provide()
    const model = studio.video('grok-video')
    const { operation } = await played(
      startVideo({ model, prompt: `${prompt}, moderated-content`, duration: 3 }),
    )
    await pass(60_000)
    const result = await played(getVideoStatus(model, { operation }))
    if (result.status !== 'error') throw new Error(result.status)
    expect(result.error).toContain(sandbox.jobs()[0]?.id)
    expect(result.error).toContain('it stays paid')
  })

  it('with the same key is one payment', async () => {
    const { studio, sandbox } = provide()
    const start = () =>
      startVideo({
        model: studio.video('grok-video'),
        prompt,
        duration: 3,
        providerOptions: { stablestudio: { idempotencyKey: 'clip-1' } },
      })
    const [first, second] = await played(Promise.all([start(), start()]))
    expect(first.operation).toEqual(second.operation)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('cannot be more than one at a time', async () => {
    const { studio, sandbox } = provide()
    const model = studio.video('grok-video')
    await played(failure(startVideo({ model, prompt, n: 2 })))
    const error = await played(failure(startVideo({ model, prompt, n: 2, maxVideosPerCall: 2 })))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(sandbox.requests()).toEqual([])
  })
})
