// What the ledger writes: one record per attempt, and one for all spending. Reading a corrupt record fails closed.
import { StoreError } from '../errors.ts'
import { own } from '../internal/json.ts'
import { formatUsd } from '../internal/usd.ts'
import * as z from '../internal/zod.ts'
import type { Attempt, Json, Receipt } from '../types.ts'

const atomic = z.string().check(z.regex(/^\d+$/))

/** Says only what its attempt does not, except in a ledger of version 0.1. */
const receipt = z.object({
  usd: z.optional(z.string()),
  amount: z.optional(z.string()),
  network: z.optional(z.string()),
  asset: z.optional(z.string()),
  payer: z.optional(z.string()),
  payTo: z.optional(z.string()),
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
const hostedUpload = z.object({
  id: z.string(),
  url: z.string(),
  filename: z.string(),
  mediaType: z.string(),
  expiresAt: z.string(),
})

/** An attempt as stored. Never contains a key, and the signed header only while the attempt is open. */
const attemptFields = z.object({
  v: z.literal(1),
  id: z.string(),
  operation: z.string(),
  /** Origin of the service that it pays. Its request is never sent to another origin. */
  origin: z.optional(z.string()),
  /** Path of the paid request. */
  path: z.optional(z.string()),
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
  nonce: z.optional(z.string()),
  /** Seconds since the epoch. */
  validBefore: z.int().check(z.minimum(0), z.maximum(8_640_000_000_000)),
  /** Milliseconds since the epoch, on the service's clock. After this it is not sent again: it could not settle in time. */
  sendBefore: z.optional(z.number()),
  /** Of a payment on Solana. */
  lifetime: z.optional(z.object({ blockhash: z.string(), lastValidBlockHeight: z.optional(z.string()) })),
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
  /** The process whose request that is has given it up: it will learn nothing more of it. */
  stopped: z.optional(z.literal(true)),
  /** The share of the budget that its amount is reserved in, `<day>/<share>`. None in a ledger of version 0.1. */
  share: z.optional(z.string()),
  jobId: z.optional(z.string()),
  pollUrl: z.optional(z.string()),
  jobCreatedAt: z.optional(z.string()),
  /** What an upload's payment bought. Its token is dropped once the bytes are uploaded. */
  ticket: z.optional(uploadTicket),
  upload: z.optional(hostedUpload),
  receipt: z.optional(receipt),
})
/** Once settled, what can be told from the rest, or is of no more use, is left out. */
export const attemptRecord = attemptFields.check(
  z.refine(({ state, origin, path, nonce }) => {
    return state === 'settled' || (origin !== undefined && path !== undefined && nonce !== undefined)
  }),
)
type StoredAttempt = z.infer<typeof attemptRecord>
export type AttemptRecord = Omit<StoredAttempt, 'origin' | 'path' | 'nonce' | 'receipt'> & {
  origin: string
  path: string
  nonce: string
  receipt?: Receipt | undefined
}

/** An attempt with all that its stored form leaves out. */
export function fromStored(stored: StoredAttempt): AttemptRecord {
  if (stored.state !== 'settled') return stored as AttemptRecord
  const { amount, network, asset, payer, payTo, receipt } = stored
  const paid = { usd: formatUsd(BigInt(amount)), amount, network, asset, payer, payTo }
  const whole = { nonce: '', ...untold(stored), ...stored } as AttemptRecord
  return receipt ? { ...whole, receipt: { ...paid, ...receipt } as Receipt } : whole
}

/** What a settled attempt's record need not tell. */
function untold({ operation, protocol, jobId, origin = 'https://stablestudio.dev' }: StoredAttempt) {
  const pollUrl = jobId === undefined ? {} : { pollUrl: `${origin}/api/jobs/${jobId}` }
  return {
    origin: 'https://stablestudio.dev',
    path: `/api/generate/${operation}`,
    method: protocol,
    ...pollUrl,
  }
}

/** The form of an attempt that is stored; some stores reject `undefined`. */
export function toStored(record: AttemptRecord): StoredAttempt {
  if (record.state !== 'settled') return defined(record)
  const { usd: _usd, ...paid } = record.receipt ?? {}
  const receipt = record.receipt && { receipt: without(paid, record) }
  return without(
    {
      ...record,
      nonce: undefined,
      sentAt: undefined,
      sendBefore: undefined,
      lifetime: undefined,
      ...receipt,
    },
    untold(record),
  ) as StoredAttempt
}

export function defined<kept extends object>(record: kept): kept {
  return without(record, {})
}

/** Only what is told, and not by another one. A plain loop: every write of an attempt passes here. */
function without<kept extends object>(record: kept, other: object): kept {
  const told: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record))
    if (value !== undefined && value !== own(other, name)) told[name] = value
  return told as kept
}

const reservations = z.record(
  z.string(),
  z.object({ amount: atomic, until: z.number(), leaseUntil: z.optional(z.number()) }),
)

/**
 * All that was granted on one store, in atomic units: what finished shares have spent, and what each other share may
 * spend at most, by `<day>/<share>`.
 */
export const budgetRecord = z.object({
  v: z.literal(2),
  spent: atomic,
  days: z.record(z.string(), atomic),
  grants: z.record(z.string(), atomic),
  /** The smallest limits of all clients whose shares may hold more than they use. */
  least: z.optional(z.object({ perDay: z.optional(atomic), total: z.optional(atomic) })),
})
export type BudgetRecord = z.infer<typeof budgetRecord>

/** What one process spends in one day: its settled and its open amounts never exceed `granted`. */
export const shareRecord = z.object({
  v: z.literal(2),
  granted: atomic,
  spent: atomic,
  open: reservations,
  /** Milliseconds since the epoch of the last write. Only says when to fold the share. */
  at: z.number(),
  /** Holds nothing in reserve: another client's limit is higher than that of this share's process. */
  exact: z.optional(z.literal(true)),
  /** Takes no more reservations. */
  closed: z.optional(z.literal(true)),
  /** Written by another process, because its own did not. It is never deleted: that process may still try to. */
  unborn: z.optional(z.literal(true)),
})
export type ShareRecord = z.infer<typeof shareRecord>

/**
 * All spending in a ledger of version 0.1. The first client of a later version makes a budget of it, and writes it again
 * as version 2, which version 0.1 refuses to read.
 */
export const spendRecord = z.object({
  v: z.literal([1, 2]),
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
  const version = own(value, 'v')
  const later = typeof version === 'number' && version > (key.startsWith('attempt/') ? 1 : 2)
  throw new StoreError(
    later
      ? 'The payment ledger was written by a later version of this package.'
      : 'A record of the payment ledger cannot be read.',
    {
      code: 'store_corrupt',
      details: `Key ${JSON.stringify(key)}; the record was left as it is.`,
      hint: `No new payment was started. ${later ? 'Update the package' : 'Restore the record from a backup'}, or use another store.`,
    },
  )
}

/** An attempt as the public API shows it. */
export function toAttempt(record: AttemptRecord): Attempt {
  const { id, operation, state, createdAt, jobId, idempotencyKey, validBefore } = record
  return {
    id,
    operation,
    state,
    usd: formatUsd(BigInt(record.amount)),
    createdAt,
    validBefore: new Date(validBefore * 1000).toISOString(),
    ...(jobId !== undefined && { jobId }),
    ...(record.receipt && { receipt: record.receipt }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}
