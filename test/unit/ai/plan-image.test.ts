// Options of a picture: what they become, what is a warning, and what is refused before anything is paid.
import type { ImageModelV4CallOptions } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { inputAt, planImage, targetOf } from '../../../src/ai/plan.ts'
import { mp4, png, refusal } from '../../support/ai.ts'

const nothing = {
  size: undefined,
  aspectRatio: undefined,
  seed: undefined,
  files: undefined,
  mask: undefined,
}
const prompt = 'a lighthouse'

function plan(id: string, asked: Record<string, unknown> = {}, fields: Record<string, unknown> = {}) {
  const options = { prompt, n: 1, ...nothing, providerOptions: { stablestudio: fields }, ...asked }
  return planImage(targetOf(id, 'image'), options as unknown as ImageModelV4CallOptions)
}

const input = (id: string, asked: Record<string, unknown> = {}) => {
  const { prompt: _prompt, ...rest } = plan(id, asked).input
  return rest
}

it('a field that is undefined does not take away what was asked for', () => {
  expect(plan('gpt-image-2', { size: '1536x1024' }, { size: undefined }).input).toMatchObject({
    size: '1536x1024',
  })
})

it('an id of three parts is no known operation', () => {
  expect(targetOf('grok/generate/x', 'image')).toMatchObject({ verb: 'generate/x' })
  expect(targetOf('grok/generate/x', 'image').model).not.toBe(targetOf('grok/generate', 'image').model)
})

describe('a size', () => {
  it.each([
    ['gpt-image-2', '1536x1024', { size: '1536x1024' }, 0],
    ['nano-banana', '1024x1024', { aspectRatio: '1:1', imageSize: '1K' }, 1],
    ['nano-banana-pro', '1920x1080', { aspectRatio: '16:9', imageSize: '2K' }, 1],
    ['nano-banana-pro', '4096x4096', { aspectRatio: '1:1', imageSize: '4K' }, 1],
    ['flux-2-pro', '1024x1024', { aspect_ratio: '1:1', resolution: '1 MP' }, 1],
    ['flux-2-pro', '1152x1152', { aspect_ratio: '1:1', resolution: '2 MP' }, 1],
    ['flux-2-pro', '1536x1536', { aspect_ratio: '1:1', resolution: '2 MP' }, 1],
    ['flux-2-max', '1536x1536', { aspect_ratio: '1:1', resolution: '4 MP' }, 1],
    ['flux-2-max', '512x512', { aspect_ratio: '1:1', resolution: '0.5 MP' }, 1],
    ['flux-2-pro', '1344x768', { aspect_ratio: '16:9', resolution: '1 MP' }, 1],
    ['grok', '1000x2000', { aspect_ratio: '1:2' }, 1],
    ['grok', '2000x900', { aspect_ratio: '20:9' }, 1],
    ['grok', '1170x2532', { aspect_ratio: '9:19.5' }, 1],
  ])('%s %s', (id, size, expected, warnings) => {
    expect(input(id, { size })).toEqual(expected)
    expect(plan(id, { size }).warnings.map(({ type }) => type)).toEqual(Array(warnings).fill('compatibility'))
  })

  it.each([
    ['gpt-image-2', '1792x1024', /1024x1024, 1536x1024, 1024x1536/],
    ['gpt-image-2', 'foo', /WIDTHxHEIGHT, one of 1024x1024/],
    ['nano-banana', '8192x8192', /at most 4096 pixels/],
    ['nano-banana-pro', '1024x128', /21:9/],
    ['flux-2-pro', '2048x2048', /0\.2 to 2\.4 megapixels/],
    ['flux-2-max', '256x256', /0\.2 to 4\.8 megapixels/],
    ['grok', '1000x1700x', /WIDTHxHEIGHT/],
    ['grok', '0x0', /WIDTHxHEIGHT/],
    ['grok', '1400x1000', /3 %/],
    ['tomorrow-1', '1024x1024', /providerOptions\.stablestudio/],
  ])('%s %s is refused, with what is allowed', async (id, size, allowed) => {
    const error = await refusal(() => plan(id, { size }))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none', issues: [{ path: 'size' }] })
    expect(error.message).toMatch(allowed)
  })
})

describe('an aspectRatio', () => {
  it.each([
    ['gpt-image-1.5', '3:2', { size: '1536x1024' }],
    ['gpt-image-1.5', '4:6', { size: '1024x1536' }],
    ['nano-banana', '1:8', { aspectRatio: '1:8' }],
    ['flux-2-max', '1920:1080', { aspect_ratio: '16:9' }],
    ['grok', '19.5:9', { aspect_ratio: '19.5:9' }],
  ])('%s %s', (id, aspectRatio, expected) => {
    expect(input(id, { aspectRatio })).toEqual(expected)
    expect(plan(id, { aspectRatio }).warnings).toEqual([])
  })

  it.each([
    ['gpt-image-1.5', '16:9', /1:1, 3:2, 2:3/],
    ['nano-banana-pro', '1:8', /21:9/],
    ['flux-2-pro', '16:10', /16:9/],
    ['grok', 'adaptive', /WIDTH:HEIGHT/],
    ['grok', '0:0', /WIDTH:HEIGHT/],
    ['tomorrow-1', '1:1', /providerOptions\.stablestudio/],
  ])('%s %s is refused, with what is allowed', async (id, aspectRatio, allowed) => {
    const error = await refusal(() => plan(id, { aspectRatio }))
    expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path: 'aspectRatio' }] })
    expect(error.message).toMatch(allowed)
  })

  it('beside a size: the size counts, and another ratio is a warning', () => {
    expect(plan('gpt-image-2', { size: '1536x1024', aspectRatio: '3:2' }).warnings).toEqual([])
    const both = plan('gpt-image-2', { size: '1536x1024', aspectRatio: '1:1' })
    expect(both.input.size).toBe('1536x1024')
    expect(both.warnings).toMatchObject([{ type: 'unsupported', feature: 'aspectRatio' }])
  })
})

describe('files', () => {
  it('make it an edit: URLs as URLs, bytes as bytes, base64 decoded', () => {
    const files = [
      { type: 'url', url: 'https://example.com/a.png' },
      { type: 'file', mediaType: 'image/png', data: png },
      { type: 'file', mediaType: 'image/png', data: btoa(String.fromCharCode(...png)) },
    ]
    const edit = plan('flux-2-pro', { files })
    expect(edit.operation).toBe('flux-2-pro/edit')
    expect(edit.input.images).toEqual(['https://example.com/a.png', png, png])
    expect(plan('tomorrow-1', { files }).operation).toBe('tomorrow-1/edit')
    expect(plan('flux-2-pro/edit', { files }).operation).toBe('flux-2-pro/edit')
  })

  it.each([
    [{ type: 'url', url: 'http://example.com/a.png' }, /https/],
    [{ type: 'url', url: 'data:image/png;base64,AA' }, /https/],
    [{ type: 'url' }, /https/],
    [{ type: 'file', mediaType: 'image/png', data: '%%%' }, /base64/],
    [{ type: 'file', mediaType: 'video/mp4', data: png }, /picture/],
    [{ type: 'file', mediaType: 'image/png', data: mp4 }, /picture/],
    [undefined, /base64/],
  ])('%j is refused', async (file, allowed) => {
    const error = await refusal(() => plan('grok', { files: [file] }))
    expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path: 'files.0' }] })
    expect(error.message).toMatch(allowed)
  })

  it('are refused for an operation without pictures, and so is a mask', async () => {
    const files = [{ type: 'file', mediaType: 'image/png', data: png }]
    const error = await refusal(() => plan('flux-2-pro/generate', { files, mask: files[0] }))
    expect(error).toMatchObject({ issues: [{ path: 'mask' }, { path: 'files' }] })
    expect(error.message).toContain('flux-2-pro/edit')
  })
})

describe('a seed', () => {
  it('is one for each picture, whether it is an option or a field', () => {
    const called = plan('flux-2-pro', { n: 3, seed: 7 })
    expect([0, 1, 2].map((at) => inputAt(called, at).seed)).toEqual([7, 8, 9])
    expect(called.warnings).toMatchObject([{ type: 'compatibility', feature: 'seed' }])
    const field = plan('tomorrow-1', { n: 2 }, { seed: 1, maxPrice: '1' })
    expect([0, 1].map((at) => inputAt(field, at).seed)).toEqual([1, 2])
  })

  it('is a warning where there is none', () => {
    expect(plan('grok', { seed: 7, n: 2 })).toMatchObject({
      input: { prompt },
      warnings: [{ type: 'unsupported', feature: 'seed' }],
    })
  })
})

describe('providerOptions.stablestudio', () => {
  it('holds settings and fields, and its fields win', () => {
    const fields = { quality: 'low', size: '1536x1024', maxPrice: '0.05', timeout: 5000, idempotencyKey: 'k' }
    const { input, settings } = plan('gpt-image-2', { size: '1024x1024' }, fields)
    expect(input).toEqual({ prompt, quality: 'low', size: '1536x1024' })
    expect(settings).toMatchObject({ maxPrice: '0.05', timeout: 5000, idempotencyKey: 'k' })
  })

  it.each([
    [{ stablestudio: 'low' }, 'providerOptions.stablestudio'],
    [{ stablestudio: [] }, 'providerOptions.stablestudio'],
    [{ stableStudio: { maxPrice: '0.05' } }, 'providerOptions.stableStudio'],
    [{ 'stable-studio': { maxPrice: '0.05' } }, 'providerOptions.stable-studio'],
    [{ stablestudio: { idempotencyKey: 7 } }, 'idempotencyKey'],
    [{ stablestudio: { idempotencyKey: '' } }, 'idempotencyKey'],
  ])('%j is refused', async (providerOptions, path) => {
    const error = await refusal(() => plan('grok', { providerOptions }))
    expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path }] })
  })

  it('of another provider is left alone', () => {
    expect(plan('grok', { providerOptions: { openai: { quality: 'low' } } }).input).toEqual({ prompt })
  })
})

it.each([0, -1, 1.5, 1001, Number.NaN, '2'])('%s pictures are refused', async (n) => {
  expect(await refusal(() => plan('grok', { n }))).toMatchObject({ issues: [{ path: 'n' }] })
})

it.each([
  ['sora-2', /video\('sora-2'\)/],
  ['seedance/t2v', /video\('seedance\/t2v'\)/],
  ['arrow-1.1', /client\.run\('arrow-1\.1\/vectorize'/],
  ['arrow-1.1-max/vectorize', /client\.run\('arrow-1\.1-max\/vectorize'/],
  ['', /gpt-image-1\.5/],
  [undefined, /gpt-image-1\.5/],
])('%s is no model for pictures', async (id, allowed) => {
  const error = await refusal(() => targetOf(id as string, 'image'))
  expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
  expect(error.message).toMatch(allowed)
})
