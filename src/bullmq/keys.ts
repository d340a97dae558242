// What a caller's key becomes: the key of the ledger, and the id of the BullMQ jobs.
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The longest key of a generation. */
export const longestKey = 10_240
/** The longest `idempotencyKey` of the client. */
const longestOfLedger = 256

/** BullMQ refuses colons and integers. */
const plain = /^(?=.*[A-Za-z])[A-Za-z0-9_-]{1,128}$/
/** A surrogate without its other half. */
const halves = /\p{Surrogate}/u
const hashed = /^key-[0-9a-f]{64}$/

/** The `idempotencyKey` of a generation: its key, if the ledger can hold it. */
export function ledgerKey(key: string): string {
  // Halves of surrogate pairs would all be the same character to the ledger. A key that looks like a hash must not be one.
  return key.length <= longestOfLedger && !halves.test(key) && !hashed.test(key) ? key : hashOf(key)
}

/** The id of a generation's jobs in BullMQ. The same for a key and for what the ledger holds of it. */
export function jobIdOf(keyInLedger: string): string {
  return plain.test(keyInLedger) ? keyInLedger : hashOf(keyInLedger)
}

export function hashOf(text: string): string {
  // As JSON, so that halves of surrogate pairs differ.
  return `key-${bytesToHex(keccak_256(utf8ToBytes(JSON.stringify(text))))}`
}
