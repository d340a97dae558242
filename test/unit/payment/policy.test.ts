// The price guard: list price, tolerance and maxPrice, to the unit.
import { describe, expect, it } from 'vitest'
import { InvalidInputError, OfferRefusedError } from '../../../src/errors.ts'
import { checkPrice, requireMaxPrice } from '../../../src/payment/policy.ts'

const known = 'gpt-image-1/generate'

const codeOf = (call: () => void) => {
  try {
    call()
  } catch (error) {
    if (error instanceof OfferRefusedError || error instanceof InvalidInputError) return error.code
    throw error
  }
  return 'allowed'
}

describe('the price guard', () => {
  it.each([
    ['gpt-image-1/generate', {}, 312_500n],
    ['gpt-image-1.5/generate', {}, 250_000n],
    ['gpt-image-2/generate', { quality: 'low', size: '1024x1024' }, 12_500n],
    ['gpt-image-2/generate', { quality: 'high' }, 262_500n],
    ['nano-banana-pro/generate', {}, 167_500n],
    ['nano-banana-pro/generate', { imageSize: '4K' }, 300_000n],
    ['seedance/t2v', { duration: '4', outputResolution: '480p' }, 450_000n],
    ['seedance/t2v', { duration: '15', outputResolution: '1080p' }, 10_125_000n],
  ])(
    'allows %s with %j exactly 125 %% of its list price, %d, and not one unit more',
    (operation, input, ceiling) => {
      expect(codeOf(() => checkPrice(operation, input, ceiling, undefined))).toBe('allowed')
      expect(codeOf(() => checkPrice(operation, input, ceiling + 1n, undefined))).toBe('price_above_list')
    },
  )

  it.each([10_000_000n, 20_000_000n, 10n ** 29n])(
    'refuses the price of a body that the service could not read: %d',
    (amount) => {
      expect(codeOf(() => checkPrice(known, {}, amount, undefined))).toBe('price_above_list')
    },
  )

  it('is replaced by maxPrice, in both directions, exactly', () => {
    expect(codeOf(() => checkPrice(known, {}, 500_000n, 500_000n))).toBe('allowed')
    expect(codeOf(() => checkPrice(known, {}, 500_001n, 500_000n))).toBe('price_above_max')
    expect(codeOf(() => checkPrice(known, {}, 170_000n, 169_999n))).toBe('price_above_max')
    expect(codeOf(() => checkPrice(known, {}, 1n, 0n))).toBe('price_above_max')
  })

  it('says what was asked and what is allowed', () => {
    expect(() => checkPrice(known, {}, 10_000_000n, undefined)).toThrow(/\$10\.00.*\$0\.25.*\$0\.3125/)
    expect(() => checkPrice(known, {}, 200_000n, 170_000n)).toThrow(/\$0\.20; \$0\.17 is left of maxPrice/)
  })

  it('requires maxPrice where there is no list price', () => {
    expect(codeOf(() => requireMaxPrice('tomorrow-1/generate', undefined))).toBe('max_price_required')
    expect(codeOf(() => requireMaxPrice('tomorrow-1/generate', 1n))).toBe('allowed')
    expect(codeOf(() => requireMaxPrice(known, undefined))).toBe('allowed')
    expect(codeOf(() => requireMaxPrice('constructor', undefined))).toBe('max_price_required')
  })
})
