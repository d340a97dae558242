// List prices as exact USD strings: fixed, a range, or per second of video.
import { formatUsd, parseUsd } from '../internal/usd.ts'

/** A list price, USD decimal strings: what the service may ask for an input. */
export type PriceRange = { min: string; max: string }

/** The price of a valid input, with its defaults. */
export type Price = (input: Record<string, unknown>) => PriceRange

/** One price or range for every input. */
export function listed(min: string, max = min): Price {
  return () => ({ min, max })
}

/** A known price, or the range that it lies in. */
export function usd(min: string, max = min): PriceRange {
  return { min, max }
}

/** The known prices of some tiers; for all others only the range of the whole list is known. */
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

/** From the lowest to the highest of several prices. */
export function spanOf(...ranges: readonly PriceRange[]): PriceRange {
  const amounts = ranges.flatMap(({ min, max }) => [parseUsd(min) ?? 0n, parseUsd(max) ?? 0n])
  const sorted = amounts.sort((a, b) => (a < b ? -1 : 1))
  return { min: formatUsd(sorted[0] ?? 0n), max: formatUsd(sorted.at(-1) ?? 0n) }
}

/** USD per second, times seconds as the service spells them: `'5'`. */
export function perSecond(seconds: unknown, min: string, max = min): PriceRange {
  const times = (usd: string) => formatUsd((parseUsd(usd) ?? 0n) * BigInt(String(seconds)))
  return { min: times(min), max: times(max) }
}
