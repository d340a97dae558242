// List prices as exact USD strings: fixed, a range, or so much for each second of video.
import { formatUsd, parseUsd } from '../internal/usd.ts'

/** A list price, USD decimal strings: what the service may ask for one call with a given input. */
export type PriceRange = { min: string; max: string }

/** The price of an input that its schema has accepted, defaults filled in. */
export type Price = (input: Record<string, unknown>) => PriceRange

/** The same price, or the same range, whatever the input. */
export function listed(min: string, max = min): Price {
  return () => ({ min, max })
}

/** A price that is known, or the range that it must be in. */
export function usd(min: string, max = min): PriceRange {
  return { min, max }
}

/** What is known of the price of some inputs, by their tier; of the others, only the range of the whole list is. */
export function byTier(
  list: PriceRange,
  known: Readonly<Record<string, PriceRange>>,
  tierOf: (input: Record<string, unknown>) => unknown,
): Price {
  return (input) => {
    const tier = String(tierOf(input))
    return (Object.hasOwn(known, tier) && known[tier]) || list
  }
}

/** From the cheapest of some prices to the dearest. */
export function spanOf(...ranges: readonly PriceRange[]): PriceRange {
  const amounts = ranges.flatMap(({ min, max }) => [parseUsd(min) ?? 0n, parseUsd(max) ?? 0n])
  const sorted = amounts.sort((a, b) => (a < b ? -1 : 1))
  return { min: formatUsd(sorted[0] ?? 0n), max: formatUsd(sorted.at(-1) ?? 0n) }
}

/** USD for each second, times seconds as the service spells them: `'5'`. */
export function perSecond(seconds: unknown, min: string, max = min): PriceRange {
  const times = (usd: string) => formatUsd((parseUsd(usd) ?? 0n) * BigInt(String(seconds)))
  return { min: times(min), max: times(max) }
}
