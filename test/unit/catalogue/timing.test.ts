// How long jobs take and are waited for, by their input: held to every time on record.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operationIds } from '../../../src/catalogue/ids.ts'
import { findOperation, timingOf } from '../../../src/catalogue/operations.ts'
import { validInput } from './inputs.ts'

/** Seconds that were seen: operation, input, the slowest. */
const seen: [operation: string, input: Record<string, unknown>, seconds: number][] = [
  ['nano-banana-pro/generate', {}, 25],
  ['nano-banana-pro/generate', { imageSize: '4K' }, 147],
  ['nano-banana-pro/edit', { imageSize: '4K' }, 282],
  ['gpt-image-2/generate', { quality: 'high', size: '1536x1024' }, 180],
  ['gpt-image-2.5-flare/generate', {}, 60],
  ['flux-2-pro/generate', {}, 16],
  ['grok-video/generate', { duration: '3', resolution: '480p' }, 28],
  ['seedance/t2v', { duration: '15' }, 360],
  ['seedance/i2v', { duration: '15', outputResolution: '720p' }, 360],
  // Its successor, for 30 s.
  ['seedance/t2v', { duration: '15', outputResolution: '1080p' }, 479],
  ['seedance-3/t2v', { duration: '30' }, 479],
  ['arrow-1.1/vectorize', {}, 13],
]

it.each(seen)('%s with %j took %d s: its call waits at least twice as long', (operation, input, seconds) => {
  expect(timingOf(operation, input).deadlineSeconds).toBeGreaterThanOrEqual(2 * seconds)
  // By a job alone, nothing is known of its input.
  expect(timingOf(operation).deadlineSeconds).toBeGreaterThanOrEqual(2 * seconds)
})

it.each<[string, Record<string, unknown>, low: number, high: number]>([
  ['nano-banana-pro/generate', {}, 20, 25],
  ['nano-banana-pro/generate', { imageSize: '4K' }, 147, 282],
  ['flux-2-pro/generate', {}, 16, 16],
  ['grok-video/generate', { duration: '3' }, 28, 28],
  ['seedance/t2v', {}, 60, 180],
  ['seedance/t2v', { duration: '15' }, 300, 360],
  ['wan-2.6/t2v', { duration: '15' }, 210, 300],
  ['veo-3.1/generate', { durationSeconds: '8' }, 90, 120],
  ['sora-2/generate', { seconds: '12' }, 120, 180],
])('%s with %j typically takes %d to %d s', (operation, input, low, high) => {
  const { typicalSeconds } = timingOf(operation, input)
  expect(typicalSeconds).toBeGreaterThanOrEqual(low)
  expect(typicalSeconds).toBeLessThanOrEqual(high)
})

describe.each(operationIds())('%s', (operation) => {
  const floors = { image: operation.startsWith('gpt-image') ? 600 : 300, video: 900, svg: 300 }
  const standard = timingOf(operation)

  it('waits longer than most jobs of any input take, and never longer than when nothing is known of it', () => {
    fc.assert(
      fc.property(validInput(operation), (input) => {
        const timing = timingOf(operation, input)
        expect(timing.deadlineSeconds).toBeGreaterThanOrEqual(
          floors[findOperation(operation)?.kind ?? 'video'],
        )
        expect(timing.deadlineSeconds).toBeGreaterThan(2 * timing.typicalSeconds)
        expect(timing.deadlineSeconds).toBeLessThanOrEqual(standard.deadlineSeconds)
        expect(timing.pollSeconds).toBe(standard.pollSeconds)
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('takes the time of its defaults when fields are left out', () => {
    expect(timingOf(operation, { prompt: 'x' }).typicalSeconds).toBe(standard.typicalSeconds)
  })
})

describe('an input that nothing has checked', () => {
  const throwing = {
    get imageSize(): string {
      throw new Error('read')
    },
    get duration(): string {
      throw new Error('read')
    },
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'imageSize'],
    ['a list', ['4K']],
    ['a number', 4],
    ['a function', () => ({ imageSize: '4K' })],
    ['a getter that throws', throwing],
    ['a revoked proxy', revoked.proxy],
    ['values of every kind', { duration: Symbol('15'), imageSize: 4n, seconds: {}, durationSeconds: [] }],
    ['a duration without end', { duration: '1e999', seconds: '99999', durationSeconds: Number.MAX_VALUE }],
    ['a negative duration', { duration: '-5', seconds: -5, durationSeconds: Number.NaN }],
  ])('never throws and never makes a call wait for ever: %s', (_name, input) => {
    for (const operation of operationIds()) {
      const timing = timingOf(operation, input)
      expect(timing.typicalSeconds).toBe(timingOf(operation).typicalSeconds)
      expect(timing.deadlineSeconds).toBeGreaterThanOrEqual(300)
      expect(timing.deadlineSeconds).toBeLessThanOrEqual(1200)
    }
  })
})
