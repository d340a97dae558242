// What a paid route is.
import type * as z from '../../internal/zod.ts'

/** A fault of the payment (see `faults.ts`). */
export type Twist = 'rejected' | 'settlement-failed' | 'settlement-failed-charged'

/** A body, validated by its route. */
export type Read =
  | { ok: true; body: Record<string, unknown> }
  | { ok: false; error: 'Validation failed' | 'Invalid JSON'; issues: readonly unknown[] }

/** One paid route. */
export type PaidRoute = {
  operation: string
  description: string
  tag: string
  /** Quoted for a body that is invalid or has no price, atomic units. */
  ceiling: bigint
  /** Of the body. */
  schema: z.core.$ZodType
  read(text: string): Read
  price(body: Record<string, unknown>): bigint | undefined
  /** Runs before the settlement: its job exists even if the settlement fails. */
  handle(body: Record<string, unknown>, payer: string, origin: string): Promise<Made>
}

export type Made = { answer: Record<string, unknown>; jobId: string | undefined }
