import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatUsd, parseUsd } from '../../../src/internal/usd.ts'

fc.configureGlobal({ seed: 20261122 })

describe('usd', () => {
  it.each([
    ['0', 0n],
    ['0.00', 0n],
    ['0.000001', 1n],
    ['0.1', 100_000n],
    ['0.17', 170_000n],
    ['0.134', 134_000n],
    ['3.20', 3_200_000n],
    ['50', 50_000_000n],
    ['007', 7_000_000n],
    ['999999999999.999999', 999_999_999_999_999_999n],
  ])('reads %s exactly', (text, amount) => {
    expect(parseUsd(text)).toBe(amount)
  })

  it.each([
    ...['', ' ', '.5', '5.', '-1', '+1', '1e3', '0x10', '1,000', '$1', '1 ', ' 1', '1\n', '0.1234567', 'NaN'],
    ...['Infinity', '1.2.3', '１', '1_000', '1234567890123', '0.5 USD', 'abc', '٣'],
  ])('refuses %j', (text) => {
    expect(parseUsd(text)).toBeUndefined()
  })

  it.each([
    [0n, '0.00'],
    [1n, '0.000001'],
    [10_000n, '0.01'],
    [100_000n, '0.10'],
    [134_000n, '0.134'],
    [3_200_000n, '3.20'],
    [1_000_000_000n, '1000.00'],
    [-170_000n, '-0.17'],
    [123_456_789_012_345_678_901_234n, '123456789012345678.901234'],
  ])('shows %s as %s', (amount, text) => {
    expect(formatUsd(amount)).toBe(text)
  })

  it('is exact both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), (amount) => {
        const text = formatUsd(amount)
        expect(text).toMatch(/^\d+\.\d{2,6}$/)
        expect(parseUsd(text)).toBe(amount)
      }),
      { numRuns: 1000 },
    )
  })

  it('reads only what it could have shown, zeros aside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-e +'), maxLength: 12 }), (text) => {
        const amount = parseUsd(text)
        if (amount === undefined) return
        const [whole = '', fraction = ''] = text.split('.')
        expect(formatUsd(amount)).toBe(
          `${whole.replace(/^0+(?=\d)/, '')}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`,
        )
      }),
      { numRuns: 2000 },
    )
  })
})
