// What a store says of a record that it holds and cannot read.
import { StoreError } from '../errors.ts'

/** The error for an unreadable record. Whoever throws it leaves the record as it is. */
export function corruptRecord(key: string, details: string, cause?: unknown): StoreError {
  return new StoreError('A record of the payment store cannot be read.', {
    code: 'store_corrupt',
    phase: 'check',
    details: `Key ${JSON.stringify(key)}: ${details}; the record was left as it is.`,
    hint: 'No new payment was started. Restore the record from a backup, or use another store.',
    ...(cause !== undefined && { cause }),
  })
}
