// What the catalogue knows of one operation: input schema, list price, and how long its jobs take.
import type { ZodMiniType } from 'zod/mini'
import type { AssetKind } from '../types.ts'

/** A list price, USD decimal strings: what the service may ask for one call with a given input. */
export type PriceRange = { min: string; max: string }

/** One operation of the service. */
export type Operation<kind extends AssetKind = AssetKind, input extends ZodMiniType = ZodMiniType> = {
  kind: kind
  input: input
  /** The listed price of this (valid) input. */
  price: (input: Record<string, unknown>) => PriceRange
  /** Typical time from payment to asset. */
  typicalSeconds: number
  /** The interval at which the service asks its clients to poll. */
  pollSeconds: number
  /** How long a call waits by default. */
  deadlineSeconds: number
}

/** The same price range whatever the input. */
export function listed(min: string, max: string): () => PriceRange {
  return () => ({ min, max })
}
