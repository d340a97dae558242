import { describe, expect, it } from 'vitest'
import { didYouMean } from '../../../src/internal/did-you-mean.ts'

const known = ['pending', 'loading', 'complete', 'failed']

describe('a misspelled name', () => {
  it.each([
    ['completed', 'complete'],
    ['compelte', 'complete'],
    ['COMPLETE', 'complete'],
    ['fialed', 'failed'],
    ['faild', 'failed'],
    ['loadin', 'loading'],
  ])('%s means %s', (word, meant) => {
    expect(didYouMean(word, known)).toBe(meant)
  })

  it.each(['', 'x', 'done', 'succeeded', 'complete complete', 'x'.repeat(10_000)])(
    '%s is not guessed at',
    (word) => {
      expect(didYouMean(word, known)).toBeUndefined()
    },
  )

  it('means the nearest of several, and one letter of a short name may differ', () => {
    expect(didYouMean('gpt-image-1.5/generat', ['gpt-image-2/generate', 'gpt-image-1.5/generate'])).toBe(
      'gpt-image-1.5/generate',
    )
    expect(didYouMean('ip', ['id'])).toBe('id')
    expect(didYouMean('ba', ['ab'])).toBe('ab')
  })
})
