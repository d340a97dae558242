// USD decimal strings outside, atomic units of USDC (6 decimals) inside; never floats.

const decimals = 6
/** Of the whole dollars. */
const maxDigits = 12

/** Atomic units of a USD decimal string such as `'0.50'`; `undefined` for anything else. */
export function parseUsd(text: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const [, whole = '', fraction = ''] = match ?? []
  if (!match || whole.length > maxDigits || fraction.length > decimals) return undefined
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

/** Exact USD with at least two decimals: `3200000n` is `'3.20'`, `134000n` is `'0.134'`. */
export function formatUsd(amount: bigint): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0{1,4}$/, '')
  return `${sign}${digits.slice(0, -decimals)}.${fraction}`
}
