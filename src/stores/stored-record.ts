// What the stores share: reading a record, and their two errors.
import { StoreError } from '../errors.ts'
import type { Json } from '../types.ts'

/** For an unreadable record, which is left as it is. */
export function corruptRecord(key: string, details: string, cause?: unknown): StoreError {
  return new StoreError('A record of the payment store cannot be read.', {
    code: 'store_corrupt',
    details: `Key ${JSON.stringify(key)}: ${details}; the record was left as it is.`,
    hint: 'No new payment was started. Restore the record from a backup, or use another store.',
    ...(cause !== undefined && { cause }),
  })
}

/** @throws {StoreError} `store_corrupt` when a part is missing, or the text is not JSON. */
export function readRecord(
  key: string,
  version: string | undefined,
  text: string | undefined,
): { value: Json; version: string } {
  if (version === undefined || text === undefined)
    throw corruptRecord(key, 'it was not written by this store')
  try {
    return { value: JSON.parse(text) as Json, version }
  } catch (cause) {
    throw corruptRecord(key, 'it is not complete JSON', cause)
  }
}

/** For a store that does not answer, or cannot be used at all. */
export function storeUnavailable(details: string, advice: string, cause?: unknown): StoreError {
  return new StoreError('The payment store is not available.', {
    details,
    hint: `No payment is sent without its record. ${advice}`,
    ...(cause !== undefined && { cause }),
  })
}
