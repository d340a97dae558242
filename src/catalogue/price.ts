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

/** USD for each second, times seconds as the service spells them: `'5'`. */
export function perSecond(seconds: unknown, min: string, max = min): PriceRange {
  const times = (usd: string) => formatUsd((parseUsd(usd) ?? 0n) * BigInt(String(seconds)))
  return { min: times(min), max: times(max) }
}
