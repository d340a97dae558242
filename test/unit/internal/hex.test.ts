import fc from 'fast-check'
import { bytesToHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { hexDigits, randomHex } from '../../../src/internal/hex.ts'

fc.configureGlobal({ seed: 20261122 })

describe('bytes', () => {
  it('are written with two digits each', () => {
    expect(hexDigits(new Uint8Array([0, 7, 255]))).toBe('0007ff')
    expect(hexDigits(new Uint8Array())).toBe('')
  })

  it('are written as viem writes them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(`0x${hexDigits(bytes)}`).toBe(bytesToHex(bytes))
      }),
    )
  })

  it('that are random are as many as asked for, and others each time: nonces are made of them', () => {
    const made = Array.from({ length: 200 }, () => randomHex(16))
    for (const one of made) expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(made).size).toBe(200)
  })
})
