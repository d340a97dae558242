// What the ledger writes: one record per attempt, and one for all spending. Reading a corrupt record fails closed.
import { StoreError } from '../errors.ts'
import * as z from '../internal/zod.ts'
import type { Attempt, Json, Receipt } from '../types.ts'

const atomic = z.string().check(z.regex(/^\d+$/))

const receipt = z.object({
  usd: z.string(),
  amount: z.string(),
  network: z.string(),
  asset: z.string(),
  payer: z.string(),
  payTo: z.string(),
  transaction: z.optional(z.string()),
  settledAt: z.string(),
})

/** Permission to upload one file to the blob store, once. */
export const uploadTicket = z.object({
  uploadId: z.string(),
  clientToken: z.string(),
  pathname: z.string(),
  expiresAt: z.string(),
  /** Where the bytes are, once uploaded. */
  blobUrl: z.optional(z.string()),
})
export type UploadTicket = z.infer<typeof uploadTicket>

/** A file on the blob store. */
export const hostedUpload = z.object({
  id: z.string(),
  url: z.string(),
  filename: z.string(),
  mediaType: z.string(),
  expiresAt: z.string(),
})

/** An attempt as stored. Never contains a key, and the signed header only while the attempt is open. */
export const attemptRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  operation: z.string(),
  /** Origin of the service that it pays. Its request is never sent to another origin. */
  origin: z.string(),
  /** Path of the paid request. */
  path: z.string(),
  state: z.enum(['reserved', 'signed', 'sent', 'unknown', 'settled', 'rejected', 'released']),
  protocol: z.string(),
  /** Id of the payment method; the protocol's name in a ledger of version 0.1. */
  method: z.optional(z.string()),
  amount: atomic,
  network: z.string(),
  asset: z.string(),
  payTo: z.string(),
  payer: z.string(),
  createdAt: z.string(),
  nonce: z.string(),
  /** Seconds since the epoch. */
  validBefore: z.int().check(z.minimum(0), z.maximum(8_640_000_000_000)),
  /** The money moves on signing, or has moved: neither a refusal nor expiry releases it. */
  final: z.optional(z.literal(true)),
  idempotencyKey: z.optional(z.string()),
  /** Salted hash of each input field: enough to identify the job, not to read the prompt. */
  inputHashes: z.optional(z.record(z.string(), z.string())),
  /** The exact request, kept for a replay while the attempt is open. */
  request: z.optional(z.object({ body: z.string(), header: z.tuple([z.string(), z.string()]) })),
  /** ISO 8601, on the service's clock. No job of this attempt is older. */
  sentAt: z.optional(z.string()),
  /** Milliseconds since the epoch. Until then a request of this attempt may be in flight in some process. */
  inFlightUntil: z.optional(z.number()),
  jobId: z.optional(z.string()),
  pollUrl: z.optional(z.string()),
  jobCreatedAt: z.optional(z.string()),
  /** What an upload's payment bought. Its token is dropped once the bytes are uploaded. */
  ticket: z.optional(uploadTicket),
  upload: z.optional(hostedUpload),
  receipt: z.optional(receipt),
})
export type AttemptRecord = z.infer<typeof attemptRecord>

/** All spending on one store: settled per day and in total, and reserved. Atomic units. */
export const spendRecord = z.object({
  v: z.literal(1),
  spent: atomic,
  days: z.record(z.string(), atomic),
  open: z.record(
    z.string(),
    z.object({ amount: atomic, day: z.string(), until: z.number(), leaseUntil: z.optional(z.number()) }),
  ),
})
export type SpendRecord = z.infer<typeof spendRecord>

/** The attempt that an idempotency key belongs to. */
export const keyRecord = z.object({ v: z.literal(1), attemptId: z.string(), inputHash: z.string() })
export type KeyRecord = z.infer<typeof keyRecord>

/** A single string: a pinned payee, or the attempt that a job belongs to. */
export const textRecord = z.object({ v: z.literal(1), text: z.string() })

/** @throws {StoreError} `store_corrupt`; the record is left unchanged. */
export function parseRecord<schema extends z.ZodMiniType>(
  schema: schema,
  key: string,
  value: Json,
): z.infer<schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StoreError('A record of the payment ledger cannot be read.', {
    code: 'store_corrupt',
    details: `Key ${JSON.stringify(key)}; the record was left as it is.`,
    hint: 'No new payment was started. Restore the record from a backup, or use another store.',
  })
}

/** An attempt as the public API shows it. */
export function toAttempt(record: AttemptRecord, usd: string): Attempt {
  const { id, operation, state, createdAt, jobId, idempotencyKey, validBefore } = record
  return {
    id,
    operation,
    state,
    usd,
    createdAt,
    validBefore: new Date(validBefore * 1000).toISOString(),
    ...(jobId !== undefined && { jobId }),
    ...(record.receipt && { receipt: record.receipt as Receipt }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}
