// What the catalogue knows about an operation: input schema, list price, and how long its jobs take.
import { formatUsd, parseUsd } from '../internal/usd.ts'
import * as z from '../internal/zod.ts'
import type { AssetKind } from '../types.ts'

/** A list price, USD decimal strings: what the service may ask for an input. */
export type PriceRange = { min: string; max: string }

/** The price of a valid input, with its defaults. */
export type Price = (input: Record<string, unknown>) => PriceRange

/** The schema of an input: an object that refuses unknown fields. */
export type InputSchema = z.ZodMiniObject<z.core.$ZodShape, z.core.$strict>

/** One operation of the service. */
export type Operation<kind extends AssetKind = AssetKind, input extends InputSchema = InputSchema> = {
  kind: kind
  input: input
  /** The list price of a valid input. */
  price: Price
  /** Typical time from payment to asset, for an input of defaults only. */
  typicalSeconds: number
  /** The polling interval that the service asks for. */
  pollSeconds: number
  /** How long a call waits by default if nothing is known about its input: long enough for the slowest. */
  deadlineSeconds: number
  /** The times of a given input, which is not validated and may be anything. */
  timing?: InputTiming
}

/** Typical time of an input, and how long a call waits for it by default: at least twice the slowest seen. */
export type InputTiming = (input: Record<string, unknown>) => {
  typicalSeconds: number
  deadlineSeconds: number
}

/** A job whose times depend on its input. */
export function timed<job extends { deadlineSeconds: number }>(
  job: job,
  timing: InputTiming,
): job & { typicalSeconds: number; timing: InputTiming } {
  return { ...job, timing, typicalSeconds: timing({}).typicalSeconds }
}

/** Seconds of video as the service spells them, `'5'`; the default for anything else. */
export function secondsOf(value: unknown, standard: number): number {
  const isPlausible =
    (typeof value === 'string' || typeof value === 'number') && /^[1-9]\d?$/.test(`${value}`)
  return isPlausible ? Number(value) : standard
}

/** Times of a video: `base` seconds, and `perSecond` for each second of its length, which `field` gives. */
export function videoTiming(field: string, standard: number, base: number, perSecond: number): InputTiming {
  return ({ [field]: seconds }) => ({
    typicalSeconds: base + perSecond * secondsOf(seconds, standard),
    deadlineSeconds: videoJob.deadlineSeconds,
  })
}

export const imageJob = { kind: 'image', pollSeconds: 5, deadlineSeconds: 300 } as const
export const videoJob = { kind: 'video', pollSeconds: 15, deadlineSeconds: 900 } as const
export const svgJob = { kind: 'svg', pollSeconds: 5, deadlineSeconds: 300 } as const

/** `z.strictObject`, typed so that the comments on its fields reach users' editors. */
export function strictObject<shape extends z.core.$ZodShape>(
  shape: shape,
): z.ZodMiniObject<shape, z.core.$strict> {
  return z.strictObject(shape) as unknown as z.ZodMiniObject<shape, z.core.$strict>
}

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
