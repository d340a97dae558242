// What the ledger writes: one record for each attempt, one for all spending. Reading a corrupt record fails closed.
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

/** Leave to put one file on the blob store, once. */
export const uploadTicket = z.object({
  uploadId: z.string(),
  clientToken: z.string(),
  pathname: z.string(),
  expiresAt: z.string(),
  /** Where the bytes lie, once they were put there. */
  blobUrl: z.optional(z.string()),
})
export type UploadTicket = z.infer<typeof uploadTicket>

/** A file that lies on the blob store. */
export const hostedUpload = z.object({
  id: z.string(),
  url: z.string(),
  filename: z.string(),
  mediaType: z.string(),
  expiresAt: z.string(),
})

/** An attempt as it is stored. Never a key; the signed header only while the attempt is open. */
export const attemptRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  operation: z.string(),
  /** Origin of the service that it pays; no other one is ever sent its request. */
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
  /** Its money moves when it is signed: neither a refusal nor time gives it back. */
  final: z.optional(z.literal(true)),
  idempotencyKey: z.optional(z.string()),
  /** Salted hash of each field of the input: enough to recognise the job, not enough to read the prompt. */
  inputHashes: z.optional(z.record(z.string(), z.string())),
  /** The identical request, kept for a replay while the attempt is open. */
  request: z.optional(z.object({ body: z.string(), header: z.tuple([z.string(), z.string()]) })),
  /** ISO 8601, service time: no job of this attempt is older. */
  sentAt: z.optional(z.string()),
  /** Milliseconds since the epoch: until then a request of this attempt may be under way somewhere. */
  inFlightUntil: z.optional(z.number()),
  jobId: z.optional(z.string()),
  pollUrl: z.optional(z.string()),
  jobCreatedAt: z.optional(z.string()),
  /** What an upload's payment bought; its token is forgotten once the bytes are there. */
  ticket: z.optional(uploadTicket),
  upload: z.optional(hostedUpload),
  receipt: z.optional(receipt),
})
export type AttemptRecord = z.infer<typeof attemptRecord>

/** All spending on one store: what is settled, by day and in all, and what is set aside. Atomic units. */
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

/** Which attempt an idempotency key stands for. */
export const keyRecord = z.object({ v: z.literal(1), attemptId: z.string(), inputHash: z.string() })
export type KeyRecord = z.infer<typeof keyRecord>

/** A single text: a pinned payee, or the attempt that a job belongs to. */
export const textRecord = z.object({ v: z.literal(1), text: z.string() })

/** @throws {StoreError} `store_corrupt`; the record is left as it is. */
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
