// Options of a video: shape, length and the roles of its pictures.
import type { Experimental_VideoModelV4CallOptions as VideoOptions } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { targetOf } from '../../../src/ai/plan.ts'
import { planVideo } from '../../../src/ai/plan-video.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { mp4, png, refusal } from '../../support/ai.ts'

const prompt = 'waves'
const https = (name: string, mediaType?: string) => ({
  type: 'url' as const,
  url: `https://example.com/${name}`,
  ...(mediaType && { mediaType }),
})
const [a, b] = [https('a.png'), https('b.png')]
const frame = (image: unknown, frameType: string) => ({ image, frameType })

function plan(id: string, asked: Record<string, unknown> = {}) {
  const options = { prompt, n: 1, providerOptions: {}, ...asked }
  return planVideo(targetOf(id, 'video'), options as unknown as VideoOptions)
}

/** The plan's operation and input, which the catalogue accepts. */
const order = (id: string, asked: Record<string, unknown>) => {
  const { operation, input } = plan(id, asked)
  validateInput(operation, input)
  const { prompt: _prompt, ...rest } = input
  return [operation, rest]
}

describe('a resolution', () => {
  it.each([
    ['grok-video', '1280x720', { aspect_ratio: '16:9', resolution: '720p' }, []],
    ['grok-video', '854x480', { aspect_ratio: '16:9', resolution: '480p' }, ['compatibility']],
    ['seedance', '960x720', { aspectRatio: '4:3', resolution: '960x720' }, []],
    ['seedance', '1280x540', { aspectRatio: '21:9', resolution: '1280x540' }, []],
    ['seedance', '1920x1080', { aspectRatio: '16:9', outputResolution: '1080p' }, []],
    ['seedance-fast', '480x480', { aspectRatio: '1:1', outputResolution: '480p' }, []],
    ['wan-2.6', '1080x1920', { size: '1080*1920' }, []],
    ['sora-2-pro', '1024x1792', { size: '1024x1792' }, []],
    ['veo-3.1', '1080x1920', { aspectRatio: '9:16', resolution: '1080p' }, []],
  ])('%s %s', (id, resolution, expected, warnings) => {
    expect(order(id, { resolution })[1]).toEqual(expected)
    expect(plan(id, { resolution }).warnings.map(({ type }) => type)).toEqual(warnings)
  })

  it.each([
    ['grok-video', '1920x1080', /480 or 720/],
    ['seedance-fast', '1920x1080', /480 or 720.*960x720/],
    ['veo-3.1', '1024x720', /16:9, 9:16/],
    ['sora-2', '1792x1024', /1280x720/],
    ['wan-2.6', '1024x1024', /1920x1080/],
    ['sora-2', 'hd', /WIDTHxHEIGHT/],
    ['tomorrow-1', '1280x720', /providerOptions\.stablestudio/],
  ])('%s %s is refused', async (id, resolution, allowed) => {
    const error = await refusal(() => plan(id, { resolution }))
    expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path: 'resolution' }] })
    expect(error.message).toMatch(allowed)
  })

  it('and a ratio must agree', async () => {
    expect(order('sora-2-pro', { resolution: '1792x1024', aspectRatio: '16:9' })[1]).toEqual({
      size: '1792x1024',
    })
    for (const id of ['sora-2', 'wan-2.6', 'veo-3.1', 'seedance', 'grok-video']) {
      const error = await refusal(() => plan(id, { resolution: '1280x720', aspectRatio: '9:16' }))
      expect(error).toMatchObject({ issues: [{ path: 'aspectRatio' }] })
    }
  })
})

describe('an aspectRatio', () => {
  it('of a video from a picture that gives the shape is a warning', () => {
    const wan = plan('wan-2.6', { image: a, aspectRatio: '16:9', resolution: '1280x720' })
    expect(wan.input).toEqual({ prompt, image: a.url, resolution: '720p' })
    expect(wan.warnings).toMatchObject([{ type: 'compatibility', feature: 'resolution' }])
    expect(plan('wan-2.6', { image: a, aspectRatio: '16:9' }).warnings).toMatchObject([
      { type: 'unsupported', feature: 'aspectRatio' },
    ])
  })

  it.each(['grok-video', 'seedance', 'wan-2.6', 'sora-2', 'veo-3.1', 'tomorrow-1'])(
    'adaptive is refused by %s',
    async (id) => {
      for (const image of [undefined, a]) {
        const error = await refusal(() => plan(id, { aspectRatio: 'adaptive', image }))
        expect(error).toMatchObject({
          issues: expect.arrayContaining([expect.objectContaining({ path: 'aspectRatio' })]),
        })
      }
    },
  )
})

it.each([
  ['sora-2', 5, /4, 8, 12/],
  ['veo-3.1', 5, /4, 6, 8/],
  ['wan-2.6', 7.5, /5, 10, 15/],
  ['seedance', 16, /4, 5, 6/],
  ['grok-video', Number.NaN, /3, 6, 9/],
  ['tomorrow-1', 5, /providerOptions\.stablestudio/],
])('%s of %s seconds is refused', async (id, duration, allowed) => {
  const error = await refusal(() => plan(id, { duration }))
  expect(error).toMatchObject({ issues: [{ path: 'duration' }] })
  expect(error.message).toMatch(allowed)
})

describe('pictures', () => {
  const first = [frame(a, 'first_frame')]
  const both = [...first, frame(b, 'last_frame')]
  const clip = https('c.mp4', 'video/mp4')
  const image = https('a.png', 'image/png')

  it.each([
    ['grok-video', { image: a }, 'grok-video/generate', { image: a.url }],
    ['wan-2.6', { frameImages: first, image: a }, 'wan-2.6/i2v', { image: a.url }],
    ['sora-2', { image: a }, 'sora-2/generate', { input_reference: a.url }],
    ['seedance', { image: a }, 'seedance/i2v', { mode: 'keyframe', urls: [a.url] }],
    ['seedance-fast', { frameImages: both }, 'seedance-fast/i2v', { mode: 'keyframe', urls: [a.url, b.url] }],
    [
      'seedance',
      { image: a, frameImages: [frame(b, 'last_frame')] },
      'seedance/i2v',
      { mode: 'keyframe', urls: [a.url, b.url] },
    ],
    [
      'seedance',
      { inputReferences: [a, clip] },
      'seedance/i2v',
      { mode: 'reference', urls: [a.url, clip.url] },
    ],
    [
      'seedance',
      { inputReferences: [image, clip] },
      'seedance/i2v',
      { mode: 'reference', urls: [a.url, clip.url], urlMediaTypes: ['image', 'video'] },
    ],
    ['veo-3.1', { image: a }, 'veo-3.1/generate', { imageMode: 'first-frame', image: a.url }],
    [
      'veo-3.1',
      { frameImages: both },
      'veo-3.1/generate',
      { imageMode: 'interpolation', image: a.url, lastFrame: b.url },
    ],
    [
      'veo-3.1-fast',
      { inputReferences: [a, b] },
      'veo-3.1-fast/generate',
      { imageMode: 'reference', referenceImages: [a.url, b.url] },
    ],
  ])('%s %j', (id, asked, operation, expected) => {
    expect(order(id, asked)).toEqual([operation, expected])
  })

  it('of Sora are references, not the exact first frame', () => {
    expect(plan('sora-2', { image: a }).warnings).toMatchObject([{ type: 'compatibility', feature: 'image' }])
  })

  it.each([
    ['veo-3.1', { frameImages: [frame(a, 'last_frame')] }],
    ['seedance', { frameImages: [frame(a, 'last_frame')] }],
    ['seedance', { frameImages: [...first, ...first] }],
    ['seedance', { frameImages: [null] }],
    ['seedance', { image: { type: 'file', mediaType: 'image/png', data: 7 } }],
    ['seedance', { frameImages: [frame(a, 'middle_frame')] }],
    ['wan-2.6', { frameImages: both }],
    ['sora-2', { frameImages: both }],
    ['grok-video', { inputReferences: [a] }],
    ['sora-2', { inputReferences: [a] }],
    ['seedance', { image: a, inputReferences: [b] }],
    ['seedance/t2v', { image: a }],
    ['veo-3.1', { inputReferences: [clip] }],
    ['veo-3.1', { image: { type: 'file', mediaType: 'image/png', data: mp4 } }],
    ['seedance', { image: { type: 'file', mediaType: 'image/png', data: mp4 } }],
    ['grok-video', { image: https('a.png').url.replace('https', 'http') }],
    ['grok-video', { image: { type: 'url', url: 'http://example.com/a.png' } }],
    ['tomorrow-1', { image: { type: 'file', mediaType: 'image/png', data: png } }],
  ])('%s %j are refused', async (id, asked) => {
    expect(await refusal(() => plan(id, asked))).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
  })
})

it('what no model has is a warning, once', () => {
  const asked = { fps: 24, generateAudio: false, seed: 7, webhookUrl: 'https://example.com' }
  const { warnings, input } = plan('veo-3.1', asked)
  expect(input).toEqual({ prompt })
  expect(warnings.map((one) => (one.type === 'unsupported' ? one.feature : one.type)).sort()).toEqual(
    Object.keys(asked).sort(),
  )
})

it('one call makes one video', async () => {
  expect(await refusal(() => plan('veo-3.1', { n: 2 }))).toMatchObject({ issues: [{ path: 'n' }] })
})

it.each(['gpt-image-2', 'flux-2-pro/edit', 'arrow-1.1', ''])('%s is no model for videos', async (id) => {
  expect(await refusal(() => targetOf(id, 'video'))).toMatchObject({ name: 'InvalidInputError' })
})
