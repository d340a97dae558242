// What the catalogue lets through, what it sends, and what it says about the rest.
import { describe, expect, test } from 'vitest'
import { mediaFieldsOf } from '../../../src/catalogue/fields.ts'
import { type OperationId, operationIds } from '../../../src/catalogue/ids.ts'
import { findOperation, replacementsOf } from '../../../src/catalogue/operations.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { InvalidInputError } from '../../../src/errors.ts'
import { picture, smallest } from './inputs.ts'

type Fields = Record<string, unknown>

const mustBeHttps = 'must be an https URL without a user name or password'
const fromPath = "await fromFile(path) from 'stablestudio/node'"
const prompt = 'a lighthouse at dusk'
const other = 'https://example.com/other.png'

/** The issues of an input, as `path: message`. */
function issuesOf(operation: string, input: Fields): string[] {
  try {
    validateInput(operation, input)
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return (error.issues ?? []).map(({ path, message }) => `${path}: ${message}`)
    }
    throw error
  }
  return []
}

const documented: [operation: OperationId, input: Fields][] = [
  ['nano-banana-pro/generate', { prompt }],
  ['nano-banana-pro/generate', { prompt, imageSize: '1K', aspectRatio: '1:1' }],
  ['nano-banana/generate', { prompt, aspectRatio: '8:1', imageSize: '512', thinkingLevel: 'high' }],
  ['gpt-image-1/generate', { prompt, size: '1024x1024', quality: 'high' }],
  ['gpt-image-1/edit', { prompt, images: [picture], input_fidelity: 'high' }],
  ['gpt-image-2/edit', { prompt, images: [picture], size: 'auto' }],
  ['gpt-image-1.5/edit', { prompt, images: [picture, other], input_fidelity: 'low' }],
  [
    'gpt-image-2.5-flare/generate',
    { prompt, quality: 'max', background: 'transparent', output_format: 'webp' },
  ],
  ['gpt-image-2.5-sunburst/edit', { prompt, images: Array(16).fill(picture) }],
  ['flux-2-max/generate', { prompt, resolution: '0.5 MP', seed: -1 }],
  ['flux-2-pro/edit', { prompt, images: Array(8).fill(picture), output_format: 'jpg' }],
  ['grok/edit', { prompt, images: [picture], aspect_ratio: '19.5:9' }],
  ['grok-video/generate', { prompt, duration: '3', resolution: '480p', aspect_ratio: '1:1', image: picture }],
  ['seedance/t2v', { prompt, duration: '15', outputResolution: '1080p', upscaleResolution: '4k' }],
  ['seedance/i2v', { prompt, urls: [picture, other], urlMediaTypes: ['image', 'image'] }],
  ['seedance-fast/i2v', { prompt, mode: 'reference', urls: Array(12).fill(picture), audioUrls: [other] }],
  ['wan-2.6/t2v', { prompt, size: '1080*1920', duration: '10', multiShots: true }],
  ['wan-2.6/i2v', { prompt, image: picture, resolution: '1080p', audioUrl: other, negativePrompt: '' }],
  ['sora-2/generate', { prompt, seconds: '4', size: '1280x720', input_reference: picture }],
  ['sora-2-pro/generate', { prompt, seconds: '12', size: '1792x1024', autoCrop: false }],
  ['veo-3.1/generate', { prompt, negativePrompt: 'people' }],
  ['veo-3.1/generate', { prompt, image: picture }],
  ['veo-3.1/generate', { prompt, image: picture, imageMode: 'first-frame' }],
  ['veo-3.1/generate', { prompt, image: picture, lastFrame: other }],
  ['veo-3.1-fast/generate', { prompt, image: picture, lastFrame: other, imageMode: 'interpolation' }],
  ['veo-3.1-fast/generate', { prompt, referenceImages: [picture, other], imageMode: 'reference' }],
  ['veo-3.1-fast/generate', { prompt, referenceImages: [], imageMode: 'none' }],
  ['arrow-1.1/vectorize', { image: picture }],
  ['arrow-1.1-max/vectorize', { image: picture, target_size: 4096, auto_crop: true, max_output_tokens: 1 }],
]

test.each(documented)('%s takes %j', (operation, input) => {
  expect(validateInput(operation, input)).toMatchObject(input)
})

const wrong: [operation: OperationId, fields: Fields, issue: string][] = [
  [
    'nano-banana-pro/generate',
    { aspect_ratio: '1:1' },
    ': unknown field: aspect_ratio. Did you mean aspectRatio?',
  ],
  ['nano-banana-pro/generate', { imageSize: '512' }, 'imageSize: must be one of 1K, 2K, 4K'],
  ['nano-banana/edit', { images: Array(15).fill(picture) }, 'images: must be at most 14 items'],
  ['nano-banana/edit', { images: [] }, 'images: must be at least 1 item'],
  ['nano-banana/edit', { images: undefined }, 'images: is required'],
  ['nano-banana/edit', { images: picture }, 'images: must be a list'],
  ['nano-banana/generate', { prompt: '' }, 'prompt: must be at least 1 character'],
  ['nano-banana/generate', { prompt: null }, 'prompt: must be a string, not null'],
  ['gpt-image-2/generate', { background: 'transparent' }, 'background: must be one of opaque, auto'],
  ['gpt-image-2/generate', { output_compression: 101 }, 'output_compression: must be at most 100'],
  ['gpt-image-2/generate', { output_compression: -1 }, 'output_compression: must be at least 0'],
  ['gpt-image-2/generate', { quality: 'max' }, 'quality: must be one of low, medium, high'],
  ['gpt-image-2.5-flare/generate', { size: 'auto' }, 'size: must be one of 1024x1024, 1536x1024, 1024x1536'],
  [
    'gpt-image-2.5-sunburst/edit',
    { background: 'transparent', output_format: 'jpeg' },
    'output_format: must be png or webp, because background is transparent',
  ],
  [
    'gpt-image-1/generate',
    { background: 'transparent', output_format: 'jpeg' },
    'output_format: must be png or webp, because background is transparent',
  ],
  ['flux-2-pro/generate', { resolution: '4 MP' }, 'resolution: must be one of 0.5 MP, 1 MP, 2 MP'],
  ['flux-2-pro/generate', { seed: 0.5 }, 'seed: must be an integer'],
  ['flux-2-pro/generate', { seed: '7' }, 'seed: must be a number, not a string'],
  [
    'flux-2-pro/generate',
    { prompt_upsampling: 'yes' },
    'prompt_upsampling: must be true or false, not a string',
  ],
  ['flux-2-pro/generate', { prompt: 'x'.repeat(10_001) }, 'prompt: must be at most 10000 characters'],
  ['grok-video/generate', { duration: 6 }, 'duration: must be one of 3, 6, 9, 12, 15, as a string'],
  ['seedance/t2v', { upscaleResolution: '8k' }, 'upscaleResolution: must be 4k'],
  ['seedance-fast/t2v', { outputResolution: '1080p' }, 'outputResolution: must be one of 480p, 720p'],
  [
    'seedance/i2v',
    { urls: [picture, picture, picture] },
    'urls: must be the first and at most the last frame; with mode reference, up to 12 items',
  ],
  [
    'seedance/i2v',
    { urlMediaTypes: ['image', 'image'] },
    'urlMediaTypes: must have one item for each of urls, in the same order',
  ],
  [
    'seedance/i2v',
    { urls: ['x.png'] },
    `urls.0: ${mustBeHttps}; otherwise pass bytes, a File, or ${fromPath}`,
  ],
  ['wan-2.6/t2v', { size: '1280x720' }, 'size: must be one of 1280*720, 720*1280, 1920*1080, 1080*1920'],
  [
    'wan-2.6/t2v',
    { resolution: '720p' },
    ': unknown field: resolution; known: prompt, duration, negativePrompt, seed, enablePromptExpansion, multiShots, audioUrl, size',
  ],
  [
    'wan-2.6/i2v',
    { multiShots: true, enablePromptExpansion: false },
    'multiShots: must be false, or enablePromptExpansion true',
  ],
  ['wan-2.6/i2v', { seed: 2_147_483_648 }, 'seed: must be at most 2147483647'],
  ['sora-2/generate', { size: '1792x1024' }, 'size: must be one of 720x1280, 1280x720'],
  [
    'veo-3.1/generate',
    { referenceImages: [picture] },
    'imageMode: must be reference, because referenceImages is given',
  ],
  [
    'veo-3.1/generate',
    { lastFrame: picture },
    'imageMode: must fit the pictures: interpolation takes image and lastFrame',
  ],
  [
    'veo-3.1/generate',
    { imageMode: 'first-frame' },
    'imageMode: must fit the pictures: first-frame takes image',
  ],
  [
    'veo-3.1-fast/generate',
    { imageMode: 'none', image: picture },
    'imageMode: must fit the pictures: none takes no picture',
  ],
  [
    'veo-3.1-fast/generate',
    { imageMode: 'reference', image: picture, referenceImages: [picture] },
    'imageMode: must fit the pictures: reference takes referenceImages',
  ],
  [
    'veo-3.1/generate',
    { referenceImages: Array(4).fill(picture) },
    'referenceImages: must be at most 3 items',
  ],
  ['arrow-1.1/vectorize', { target_size: 64 }, 'target_size: must be at least 128'],
  ['arrow-1.1/vectorize', { temperature: Number.NaN }, 'temperature: must be a number, not NaN'],
]

test.each(wrong)('%s with %j is refused', (operation, fields, issue) => {
  expect(issuesOf(operation, { ...smallest(operation), ...fields })).toEqual([issue])
})

test('veo-3.1-fast has no negativePrompt', () => {
  expect(issuesOf('veo-3.1-fast/generate', { prompt, negativePrompt: 'x' })[0]).toMatch('unknown field')
})

describe('what is sent', () => {
  test('nothing is filled in for gpt-image-1', () => {
    expect(validateInput('gpt-image-1/generate', { prompt })).toEqual({ prompt })
    expect(validateInput('gpt-image-1/edit', { prompt, images: [picture] })).toEqual({
      prompt,
      images: [picture],
    })
  })

  test('elsewhere the published defaults are sent, and nothing else', () => {
    expect(validateInput('gpt-image-2/generate', { prompt, size: undefined })).toEqual({
      prompt,
      quality: 'high',
      background: 'auto',
      output_format: 'png',
      output_compression: 0,
      moderation: 'low',
    })
    expect(validateInput('seedance/i2v', { prompt, urls: [picture] })).toEqual({
      prompt,
      duration: '5',
      aspectRatio: '16:9',
      outputResolution: '720p',
      mode: 'keyframe',
      urls: [picture],
    })
  })

  test('veo is not told a mode of pictures when there are none', () => {
    expect(validateInput('veo-3.1/generate', { prompt })).toEqual({
      prompt,
      durationSeconds: '4',
      resolution: '720p',
      aspectRatio: '16:9',
    })
  })

  test.each(operationIds())('%s: what is sent is valid itself, and stays the same', (operation) => {
    const sent = validateInput(operation, smallest(operation))
    expect(validateInput(operation, sent)).toEqual(sent)
  })
})

describe('media', () => {
  const fields: Partial<Record<OperationId, string[]>> = {
    'gpt-image-1/generate': [],
    'gpt-image-1/edit': ['images'],
    'nano-banana-pro/edit': ['images'],
    'flux-2-max/edit': ['images'],
    'grok-video/generate': ['image'],
    'seedance/t2v': [],
    'seedance/i2v': ['urls', 'audioUrls'],
    'wan-2.6/t2v': ['audioUrl'],
    'wan-2.6/i2v': ['audioUrl', 'image'],
    'sora-2/generate': ['input_reference'],
    'veo-3.1/generate': ['image', 'lastFrame', 'referenceImages'],
    'arrow-1.1/vectorize': ['image'],
  }

  test.each(Object.entries(fields))('%s takes media in %j', (operation, names) => {
    const input = findOperation(operation)?.input
    expect(input && mediaFieldsOf(input)).toEqual(names)
  })

  test.each([
    'http://example.com/a.png',
    'https://user:secret@example.com/a.png',
    'https://user@example.com/a.png',
    'data:image/png;base64,AAAA',
    'file:///etc/passwd',
    'ftp://example.com/a.png',
    '/a.png',
    '',
  ])('%j is refused', (url) => {
    const problem = mustBeHttps
    const [issue = ''] = issuesOf('arrow-1.1/vectorize', { image: url })
    expect(issue).toMatch(new RegExp(`^image: ${problem}; otherwise pass bytes, a File, or await `))
    const asCallback = { ...smallest('seedance/t2v'), callBackUrl: url }
    expect(issuesOf('seedance/t2v', asCallback)).toEqual([`callBackUrl: ${problem}`])
  })

  test('an issue never repeats the URL, which may be a signed one', () => {
    const issues = issuesOf('arrow-1.1/vectorize', { image: 'http://example.com/?token=secret' })
    expect(JSON.stringify(issues)).not.toContain('secret')
  })
})

test('every wrong field is named at once', () => {
  const issues = issuesOf('wan-2.6/i2v', { image: 'x', resolution: '4k', duration: 5 })
  expect(issues.map((issue) => issue.split(':')[0])).toEqual(['prompt', 'duration', 'image', 'resolution'])
})

test('names of removed models lead to their successors', () => {
  expect(replacementsOf('gpt-image-1/edit')).toEqual(['gpt-image-1.5/edit', 'gpt-image-2/edit'])
  expect(replacementsOf('wan-2.5/t2v')).toEqual(['wan-2.6/t2v'])
  for (const one of replacementsOf('gpt-image-1/generate')) expect(operationIds()).toContain(one)
})
