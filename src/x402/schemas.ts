// Shapes of the x402 v2 messages (specs/x402-specification-v2.md §5), strict where money depends on them.
import * as z from 'zod/mini'

/** One way to pay, as the server offers it. It must be echoed verbatim, so unknown fields are kept. */
export const paymentRequirements = z.looseObject({
  scheme: z.string(),
  network: z.string(),
  amount: z.string(),
  asset: z.string(),
  payTo: z.string(),
  maxTimeoutSeconds: z.number(),
  extra: z.optional(z.looseObject({})),
})
export type PaymentRequirements = z.infer<typeof paymentRequirements>

/** A 402 challenge. `accepts` is empty on sign-in routes; its entries are checked one by one. */
export const paymentRequired = z.looseObject({
  x402Version: z.literal(2),
  resource: z.optional(z.looseObject({ url: z.string() })),
  accepts: z.array(z.unknown()).check(z.maxLength(32)),
  extensions: z.optional(z.looseObject({})),
})
export type PaymentRequired = z.infer<typeof paymentRequired>

/** What the facilitator said of the settlement. */
export const paymentResponse = z.looseObject({
  success: z.boolean(),
  transaction: z.optional(z.string()),
  network: z.optional(z.string()),
  payer: z.optional(z.string()),
  errorReason: z.optional(z.string()),
})
export type PaymentResponse = z.infer<typeof paymentResponse>
