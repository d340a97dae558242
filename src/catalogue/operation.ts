// What the catalogue knows of one operation: input schema, list price, and how long its jobs take.
import * as z from '../internal/zod.ts'
import type { AssetKind } from '../types.ts'
import type { Price } from './prices.ts'

/** The schema of an input: an object that refuses unknown fields. */
export type InputSchema = z.ZodMiniObject<z.core.$ZodShape, z.core.$strict>

/** One operation of the service. */
export type Operation<kind extends AssetKind = AssetKind, input extends InputSchema = InputSchema> = {
  kind: kind
  input: input
  /** The listed price of this (valid) input. */
  price: Price
  /** Typical time from payment to asset, of the input that has nothing but defaults. */
  typicalSeconds: number
  /** The interval at which the service asks its clients to poll. */
  pollSeconds: number
  /** How long a call waits by default, when nothing is known of its input: for the slowest there is. */
  deadlineSeconds: number
  /** What is known of the times when the input is known. It may be anything: nothing has checked it. */
  timing?: InputTiming
}

/** Typical time of an input, and how long a call waits for it by default: twice the slowest that was seen, at least. */
export type InputTiming = (input: Record<string, unknown>) => {
  typicalSeconds: number
  deadlineSeconds: number
}

/** A job whose times follow its input. */
export function timed<job extends { deadlineSeconds: number }>(
  job: job,
  timing: InputTiming,
): job & { typicalSeconds: number; timing: InputTiming } {
  return { ...job, timing, typicalSeconds: timing({}).typicalSeconds }
}

/** Seconds of video as the service spells them: `'5'`; the default for whatever is none. */
export function secondsOf(value: unknown, standard: number): number {
  const isPlausible =
    (typeof value === 'string' || typeof value === 'number') && /^[1-9]\d?$/.test(`${value}`)
  return isPlausible ? Number(value) : standard
}

export const imageJob = { kind: 'image', pollSeconds: 5, deadlineSeconds: 300 } as const
export const videoJob = { kind: 'video', pollSeconds: 15, deadlineSeconds: 900 } as const
export const svgJob = { kind: 'svg', pollSeconds: 5, deadlineSeconds: 300 } as const

/** `z.strictObject`, typed so that the comments of the fields reach the declarations that users' editors read. */
export function strictObject<shape extends z.core.$ZodShape>(
  shape: shape,
): z.ZodMiniObject<shape, z.core.$strict> {
  return z.strictObject(shape) as unknown as z.ZodMiniObject<shape, z.core.$strict>
}
