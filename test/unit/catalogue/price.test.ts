// Holds the list prices to every quote of the live service that is on record, and to the published ranges.
import { describe, expect, test } from 'vitest'
import { type OperationId, operationIds } from '../../../src/catalogue/ids.ts'
import { findOperation } from '../../../src/catalogue/operations.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { parseUsd } from '../../../src/internal/usd.ts'
import { checkPrice } from '../../../src/payment/policy.ts'
import { picture, smallest } from './inputs.ts'

type Fields = Record<string, unknown>

/** Atomic units. */
function usd(text: string): bigint {
  const amount = parseUsd(text)
  if (amount === undefined) throw new Error(`not USD: ${text}`)
  return amount
}

/** The listed price of an input as it would be sent. */
function priceOf(operation: string, fields: Fields = {}) {
  const input = validateInput(operation, { ...smallest(operation), ...fields })
  const price = findOperation(operation)?.price(input)
  if (!price) throw new Error(`no price of ${operation}`)
  return price
}

/** Quotes and charges on record since the models have their present prices: operation, USD, input, when. */
const observed: [operation: OperationId, usd: string, fields: Fields, when: string][] = [
  ['nano-banana/generate', '0.07', { imageSize: '1K', thinkingLevel: 'minimal' }, '2026-05-16'],
  ['nano-banana-pro/generate', '0.13', {}, '2026-10-01'],
  ['nano-banana-pro/generate', '0.134', {}, 'example of the documents'],
  ['nano-banana-pro/generate', '0.16', { imageSize: '2K', aspectRatio: '4:3' }, 'mid-2026, unverified'],
  ['nano-banana-pro/edit', '0.13', {}, '2026-06-10'],
  ['gpt-image-1/generate', '0.17', { quality: 'high', size: '1024x1024' }, 'example of the documents'],
  ['gpt-image-2/generate', '0.01', { quality: 'low', size: '1024x1024' }, '2026-06-10'],
  ['gpt-image-2/generate', '0.21', {}, 'mid-2026'],
  ['gpt-image-2/generate', '0.17', { quality: 'high', size: '1536x1024' }, '2026-07-13'],
  ['gpt-image-2/edit', '0.01', { quality: 'low', size: '1024x1024' }, '2026-06-10'],
  ['gpt-image-1.5/generate', '0.01', { quality: 'low', size: '1024x1024' }, '2026-06-10'],
  ['gpt-image-1.5/edit', '0.01', { quality: 'low', size: '1024x1024' }, '2026-06-10'],
  ['gpt-image-2.5-flare/generate', '0.05', { quality: 'high' }, '2026-09'],
  ['gpt-image-2.5-flare/generate', '0.01', { quality: 'medium' }, '2026-09'],
  ['flux-2-pro/generate', '0.03', {}, '2026-06-10'],
  ['flux-2-pro/edit', '0.04', {}, '2026-06-10'],
  ['flux-2-max/generate', '0.04', { resolution: '0.5 MP' }, '2026-06-10'],
  ['flux-2-max/generate', '0.07', {}, 'mid-2026'],
  ['grok/generate', '0.07', {}, '2026-06-10'],
  ['grok-video/generate', '0.15', { duration: '3', resolution: '480p', aspect_ratio: '1:1' }, '2026-06-10'],
  ['seedance/t2v', '0.36', { duration: '4', outputResolution: '480p' }, '2026-06-10'],
  ['seedance/t2v', '1.92', { duration: '8', outputResolution: '720p' }, '2026-06-23'],
  ['seedance/t2v', '3.60', { duration: '15', outputResolution: '720p' }, '2026-06-22'],
  ['seedance/i2v', '0.36', { duration: '4', outputResolution: '480p' }, '2026-06-23'],
  ['seedance-fast/t2v', '0.84', {}, '2026-06-08'],
  ['wan-2.6/t2v', '0.50', { duration: '5', size: '1280*720' }, '2026-06-10'],
  ['wan-2.6/i2v', '0.50', { duration: '5', resolution: '720p' }, '2026-06-10'],
  ['sora-2/generate', '0.40', { seconds: '4', size: '1280x720' }, '2026-06-10'],
  ['sora-2-pro/generate', '1.20', { seconds: '4', size: '1280x720' }, '2026-06-10'],
  ['arrow-1.1/vectorize', '0.15', {}, '2026-06-10'],
]

test.each(observed)('%s was quoted at $%s for %j (%s): within the list', (operation, quoted, fields) => {
  const { min, max } = priceOf(operation, fields)
  expect(usd(quoted)).toBeGreaterThanOrEqual(usd(min))
  expect(usd(quoted)).toBeLessThanOrEqual(usd(max))
})

/** What the guard allows at most: list price plus a quarter. */
function mayCost(operation: string, fields: Fields, amount: string): boolean {
  const input = validateInput(operation, { ...smallest(operation), ...fields })
  try {
    checkPrice(operation, input, usd(amount), undefined)
    return true
  } catch {
    return false
  }
}

const wide = { size: '1536x1024' }
const square = { size: '1024x1024' }

/** Pictures with a known price of their own: the point, and what it must not be able to cost. */
test.each<[operation: string, fields: Fields, dear: string]>([
  ['gpt-image-1/generate', { quality: 'low', ...square }, '0.016'],
  ['gpt-image-1/edit', { quality: 'medium', ...square }, '0.063'],
  ['gpt-image-1/generate', { quality: 'high', ...square }, '0.25'],
  ['gpt-image-1.5/generate', { quality: 'low', ...square }, '0.02'],
  ['gpt-image-1.5/edit', { quality: 'low' }, '0.034'],
  ['gpt-image-2/generate', { quality: 'low', ...square }, '0.013'],
  ['gpt-image-2/edit', { quality: 'low', ...square }, '0.26'],
  ['gpt-image-2/generate', { quality: 'low', ...wide }, '0.03'],
  ['gpt-image-2/generate', { quality: 'low', size: 'auto' }, '0.03'],
  ['gpt-image-2/generate', { quality: 'high', ...wide }, '0.22'],
  ['gpt-image-2.5-flare/generate', { quality: 'low' }, '0.05'],
  ['gpt-image-2.5-flare/edit', { quality: 'medium' }, '0.05'],
  ['gpt-image-2.5-flare/generate', {}, '0.07'],
  ['nano-banana/generate', {}, '0.101'],
  ['nano-banana/edit', { imageSize: '512' }, '0.101'],
  ['nano-banana-pro/generate', {}, '0.24'],
  ['nano-banana-pro/edit', { imageSize: '2K' }, '0.24'],
  ['flux-2-pro/generate', {}, '0.04'],
  ['flux-2-pro/edit', {}, '0.06'],
  ['flux-2-max/generate', { resolution: '0.5 MP' }, '0.07'],
  ['flux-2-max/edit', {}, '0.17'],
])('%s with %j cannot cost $%s', (operation, fields, dear) => {
  expect(mayCost(operation, fields, dear)).toBe(false)
  expect(mayCost(operation, fields, priceOf(operation, fields).max)).toBe(true)
})

/** Inputs without a known price of their own: what the list has for them is never refused. */
test.each<[operation: string, fields: Fields, honest: string]>([
  ['gpt-image-1.5/generate', { quality: 'medium', ...wide }, '0.20'],
  ['gpt-image-1.5/generate', { quality: 'low', ...wide }, '0.013'],
  ['gpt-image-2/generate', { quality: 'medium', ...square }, '0.21'],
  ['gpt-image-2/generate', { quality: 'low', ...wide }, '0.016'],
  ['gpt-image-2/generate', { size: 'auto' }, '0.21'],
  ['gpt-image-2.5-flare/generate', { quality: 'max' }, '0.211'],
  ['gpt-image-2.5-flare/generate', { quality: 'high', ...wide }, '0.08'],
  ['gpt-image-2.5-sunburst/edit', { quality: 'low' }, '0.211'],
  ['nano-banana/generate', { thinkingLevel: 'high' }, '0.151'],
  ['nano-banana/edit', { imageSize: '4K' }, '0.151'],
  ['nano-banana-pro/generate', { imageSize: '4K' }, '0.24'],
  ['flux-2-pro/generate', { resolution: '2 MP' }, '0.04'],
  ['flux-2-pro/edit', { images: Array(8).fill(picture) }, '0.06'],
  ['flux-2-max/edit', { resolution: '2 MP' }, '0.17'],
])('%s with %j may cost $%s', (operation, fields, honest) => {
  expect(mayCost(operation, fields, honest)).toBe(true)
})

test('a better picture never has a lower guard than a lesser one of the same size', () => {
  for (const operation of operationIds().filter((id) => id.startsWith('gpt-image'))) {
    for (const size of [square, wide]) {
      const guards = ['low', 'medium', 'high'].map((quality) =>
        usd(priceOf(operation, { quality, ...size }).max),
      )
      expect(guards).toEqual([...guards].sort((a, b) => (a < b ? -1 : 1)))
    }
  }
})

/** The published ranges: cheapest input, dearest input. */
const published: [operation: string, cheapest: [string, Fields], dearest: [string, Fields]][] = [
  ['gpt-image-1/edit', ['0.011', { quality: 'low', ...square }], ['0.25', { quality: 'high', ...wide }]],
  ['gpt-image-1.5/generate', ['0.009', { quality: 'low' }], ['0.20', {}]],
  ['gpt-image-2/edit', ['0.005', { quality: 'low' }], ['0.21', {}]],
  ['gpt-image-2.5-flare/edit', ['0.005', { quality: 'low' }], ['0.211', { quality: 'max' }]],
  ['gpt-image-2.5-sunburst/generate', ['0.005', { quality: 'low' }], ['0.211', {}]],
  ['nano-banana/generate', ['0.045', { imageSize: '512' }], ['0.151', { imageSize: '4K' }]],
  ['nano-banana-pro/edit', ['0.13', {}], ['0.24', { imageSize: '4K' }]],
  ['flux-2-pro/generate', ['0.02', { resolution: '0.5 MP' }], ['0.04', { resolution: '2 MP' }]],
  ['flux-2-pro/edit', ['0.03', { resolution: '0.5 MP' }], ['0.06', { resolution: '2 MP' }]],
  ['flux-2-max/edit', ['0.04', { resolution: '0.5 MP' }], ['0.17', { resolution: '4 MP' }]],
  ['grok/generate', ['0.07', {}], ['0.07', {}]],
  ['grok/edit', ['0.022', {}], ['0.022', {}]],
  ['grok-video/generate', ['0.15', { duration: '3' }], ['0.75', { duration: '15' }]],
  [
    'seedance/t2v',
    ['0.36', { duration: '4', outputResolution: '480p' }],
    ['8.10', { duration: '15', outputResolution: '1080p' }],
  ],
  [
    'seedance-fast/i2v',
    ['0.32', { duration: '4', outputResolution: '480p' }],
    ['2.55', { duration: '15', outputResolution: '720p' }],
  ],
  ['wan-2.6/t2v', ['0.50', { size: '720*1280' }], ['2.25', { size: '1080*1920', duration: '15' }]],
  ['wan-2.6/i2v', ['0.50', { resolution: '720p' }], ['2.25', { resolution: '1080p', duration: '15' }]],
  ['sora-2/generate', ['0.40', { seconds: '4' }], ['1.20', { seconds: '12' }]],
  ['sora-2-pro/generate', ['1.20', { seconds: '4' }], ['6.00', { seconds: '12', size: '1792x1024' }]],
  ['veo-3.1/generate', ['1.60', { durationSeconds: '4' }], ['3.20', { durationSeconds: '8' }]],
  ['veo-3.1-fast/generate', ['1.00', { durationSeconds: '4' }], ['2.00', { durationSeconds: '8' }]],
]

test.each(published)('%s spans the published range', (operation, cheapest, dearest) => {
  expect(priceOf(operation, cheapest[1]).min).toBe(cheapest[0])
  expect(priceOf(operation, dearest[1]).max).toBe(dearest[0])
})

describe('options of seedance without a known price', () => {
  test('the 4K upscale may cost the dearest second', () => {
    expect(priceOf('seedance/t2v', { upscaleResolution: '4k' })).toEqual({ min: '1.20', max: '2.70' })
    expect(priceOf('seedance-fast/t2v', { upscaleResolution: '4k' })).toEqual({ min: '0.84', max: '0.85' })
  })

  test('exact pixels may cost as much as 720p', () => {
    const exact = { resolution: '1280x720', outputResolution: '480p' }
    expect(priceOf('seedance/t2v', exact)).toEqual({ min: '0.45', max: '1.20' })
    expect(priceOf('seedance/t2v', { ...exact, outputResolution: '1080p' }).max).toBe('2.70')
  })
})

describe.each(operationIds())('%s', (operation) => {
  const input = validateInput(operation, smallest(operation))

  test('has exact prices, the least first', () => {
    const { min, max } = priceOf(operation)
    expect(usd(min)).toBeGreaterThan(0n)
    expect(usd(min)).toBeLessThanOrEqual(usd(max))
  })

  test('costs what it costs with the defaults when they are left out', () => {
    expect(findOperation(operation)?.price(smallest(operation))).toEqual(priceOf(operation))
  })

  test("is guarded against the service's ceilings for bodies that it cannot read", () => {
    expect(() => checkPrice(operation, input, usd('10'), undefined)).toThrow('asks for more')
    expect(() => checkPrice(operation, input, usd(priceOf(operation).max), undefined)).not.toThrow()
  })

  test('has times that fit together', () => {
    const known = findOperation(operation)
    expect(known?.typicalSeconds).toBeGreaterThan(0)
    expect(known?.deadlineSeconds).toBeGreaterThan(2 * (known?.typicalSeconds ?? Number.POSITIVE_INFINITY))
    expect([5, 10, 15]).toContain(known?.pollSeconds)
  })
})
