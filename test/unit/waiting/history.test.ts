// What a client learns from its own jobs: bounded, slow to believe, quick to doubt.
import { describe, expect, it } from 'vitest'
import { type History, isFar, learn, paceOf } from '../../../src/waiting/pace/history.ts'

const wan = { operation: 'wan-2.6/t2v', typicalMs: 210_000 }
const after = (...took: number[]) => {
  const history: History = new Map()
  for (const ms of took) learn(history, wan, ms)
  return paceOf(history, wan).typicalMs
}

describe('the pace of an operation', () => {
  it('is the published one until three jobs say otherwise', () => {
    expect(paceOf(new Map(), wan)).toEqual({ typicalMs: 210_000, publishedMs: 15_000 })
    expect(after(400_000)).toBe(210_000)
    expect(after(400_000, 420_000, 410_000)).toBe(400_000)
    expect(after(60_000, 50_000, 70_000, 65_000)).toBe(70_000)
  })

  it('is not moved by a single job that took very long, and follows a service that becomes slower', () => {
    expect(after(200_000, 220_000, 10_000_000, 210_000)).toBe(210_000)
    expect(after(...Array(20).fill(100_000), ...Array(8).fill(500_000))).toBe(500_000)
  })

  it('never changes the published interval, and other operations keep their own', () => {
    const history: History = new Map()
    for (let run = 0; run < 9; run += 1) learn(history, wan, 1_000)
    expect(paceOf(history, wan).publishedMs).toBe(15_000)
    expect(paceOf(history, { operation: 'grok/generate', typicalMs: 3_000 })).toEqual({
      typicalMs: 3_000,
      publishedMs: 5_000,
    })
    expect(paceOf(history, { operation: 'tomorrow/generate', typicalMs: 30_000 })).toEqual({
      typicalMs: 30_000,
      publishedMs: 10_000,
    })
  })
})

describe('what was learned of small jobs', () => {
  const small = { operation: 'nano-banana-pro/generate', typicalMs: 22_000 }
  const large = { ...small, typicalMs: 200_000 }

  it('is not believed of large ones, nor the other way round', () => {
    const history: History = new Map()
    for (let run = 0; run < 8; run += 1) learn(history, small, 12_000, 95)
    expect(paceOf(history, small).typicalMs).toBe(12_000)
    expect(paceOf(history, large).typicalMs).toBe(200_000)
    expect(isFar(history, small, 10, 10_000)).toBe(true)
    expect(isFar(history, large, 10, 10_000)).toBe(false)
    for (let run = 0; run < 8; run += 1) learn(history, large, 280_000)
    expect(paceOf(history, small).typicalMs).toBe(12_000)
    expect(paceOf(history, large).typicalMs).toBe(280_000)
  })
})

describe('what is remembered', () => {
  it('is bounded, in jobs and in operations, and the oldest goes first', () => {
    const history: History = new Map()
    for (let run = 0; run < 1_000; run += 1) learn(history, { ...wan, operation: `model-${run}/op` }, run)
    expect(history.size).toBe(64)
    expect(history.has('model-999/op 210000')).toBe(true)
    for (let run = 0; run < 1_000; run += 1) learn(history, wan, run + 1)
    expect(history.get('wan-2.6/t2v 210000')?.tookMs).toEqual([993, 994, 995, 996, 997, 998, 999, 1_000])
  })
})

describe('a progress', () => {
  const shown = (...progresses: number[]) => {
    const history: History = new Map()
    for (const progress of progresses) learn(history, wan, 210_000, progress)
    return isFar(history, wan, 20, 40_000)
  }

  it('is relied on only after three jobs in a row ended where it said', () => {
    expect(shown()).toBe(false)
    expect(shown(95, 97)).toBe(false)
    expect(shown(95, 97, 93)).toBe(true)
    expect(shown(95, 97, 93, 10)).toBe(false)
    expect(shown(10, 95, 97, 93)).toBe(true)
  })

  it('that is relied on says far only while the rest is longer than two intervals', () => {
    const history: History = new Map()
    for (let run = 0; run < 3; run += 1) learn(history, wan, 210_000, 95)
    expect(isFar(history, wan, 0, 40_000)).toBe(true)
    expect(isFar(history, wan, 60, 60_000)).toBe(true)
    expect(isFar(history, wan, 70, 60_000)).toBe(false)
    expect(isFar(history, wan, 80, 900_000)).toBe(false)
    expect(isFar(history, wan, 1e9, 60_000)).toBe(false)
  })
})
