import { describe, expect, it } from 'vitest'
import { suggestOperation } from '../../../src/catalogue/suggest.ts'

describe('an unknown name', () => {
  it.each([
    ['gpt-image-1.5/generat', 'Did you mean gpt-image-1.5/generate?'],
    ['gpt-image-1,5/generate', 'Did you mean gpt-image-1.5/generate?'],
    ['GPT-Image-1.5/Edit', 'Did you mean gpt-image-1.5/edit?'],
    ['nano-bananna-pro/generate', 'Did you mean nano-banana-pro/generate?'],
    ['flux-2-pro/upscale', 'Did you mean flux-2-pro/generate or flux-2-pro/edit?'],
    ['gpt-image-1.5', 'Did you mean gpt-image-1.5/generate or gpt-image-1.5/edit?'],
    ['midjourney/i2v', 'Known: seedance/i2v, seedance-fast/i2v, wan-2.6/i2v.'],
    ['midjourney/imagine', ''],
    ['', ''],
  ])('%j leads to %j', (name, advice) => {
    expect(suggestOperation(name)).toBe(advice)
  })
})
