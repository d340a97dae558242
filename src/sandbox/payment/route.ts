// What a paid route is.
import type * as z from '../../internal/zod.ts'
import { en } from '../state/zod.ts'
import { type Answer, json } from '../wire/messages.ts'

/** The faults of a payment. */
export const twists = ['rejected', 'settlement-failed', 'settlement-failed-charged'] as const
export type Twist = (typeof twists)[number]

/** One paid route. */
export type PaidRoute = {
  operation: string
  description: string
  tag: string
  /** Quoted for a body that is invalid or has no price, atomic units. */
  ceiling: bigint
  /** Of the body. */
  schema: z.ZodMiniType
  /** Runs before the settlement: its job exists even if the settlement fails. */
  handle(body: Record<string, unknown>, payer: string, origin: string): Made
}

export type Made = { answer: Record<string, unknown>; jobId: string | undefined }

/** @param receipt its header and value. */
export function delivered({ answer }: Made, receipt: Record<string, string>): Answer {
  return json(answer, 200, { 'cache-control': 'private', ...receipt })
}

/** The service uses zod's own messages. */
const { localeError } = en()

/** Parses a JSON body by its schema, with the service's issues. */
export function parseBody(text: string, schema: PaidRoute['schema']) {
  let value: unknown
  try {
    // An empty body fails the schema, not the parser.
    value = text.trim() === '' ? undefined : JSON.parse(text)
  } catch {
    return { error: 'Invalid JSON', issues: [] }
  }
  const parsed = schema.safeParse(value, { error: localeError })
  return parsed.success
    ? { body: parsed.data as Record<string, unknown> }
    : { error: 'Validation failed', issues: parsed.error.issues }
}
