// Reads a transaction byte by byte. What it does not understand, it refuses.

import { encode58 } from '../../internal/base58.ts'
import { programs } from './assets.ts'
import type { Instruction } from './message.ts'

/** A transaction of version 0 without lookup tables. */
export type DecodedTransaction = {
  signatures: readonly Uint8Array<ArrayBuffer>[]
  /** What is signed. */
  message: Uint8Array<ArrayBuffer>
  /** How many keys sign; how many of these, and of the others, are only read. */
  header: readonly [signers: number, readSigners: number, readOthers: number]
  keys: readonly string[]
  blockhash: string
  instructions: readonly Instruction[]
}

/** The largest packet of the network: nothing longer is a transaction. */
export const maxTransactionBytes = 1232

/** The transaction in these bytes; `undefined` for anything else, and for anything behind it. */
export function decodeTransaction(bytes: Uint8Array): DecodedTransaction | undefined {
  try {
    return bytes.length <= maxTransactionBytes ? decode(Uint8Array.from(bytes)) : undefined
  } catch {
    return undefined
  }
}

function decode(bytes: Uint8Array<ArrayBuffer>): DecodedTransaction {
  let at = 0
  const take = (length: number) => {
    if (at + length > bytes.length) throw new RangeError('short')
    at += length
    return bytes.slice(at - length, at)
  }
  const byte = () => take(1)[0] ?? 0
  const length = () => {
    const low = byte()
    // In its shortest form only: two spellings of one transaction would have two hashes.
    const high = low < 128 ? 0 : byte()
    if (high > 127 || (low > 127 && high === 0)) throw new RangeError('length')
    return (low & 127) | (high << 7)
  }
  const list = <value>(read: () => value) => Array.from({ length: length() }, read)
  const signatures = list(() => take(64))
  const message = bytes.slice(at)
  if (byte() !== 0x80) throw new RangeError('version')
  const header = [byte(), byte(), byte()] as const
  const keys = list(() => encode58(take(32)))
  const keyAt = (index: number) => {
    const key = keys[index]
    if (key === undefined) throw new RangeError('key')
    return key
  }
  const blockhash = encode58(take(32))
  const instructions = list(() => ({
    program: keyAt(byte()),
    accounts: Array.from(take(length()), keyAt),
    data: take(length()),
  }))
  if (length() !== 0 || at !== bytes.length) throw new RangeError('more')
  return { signatures, message, header, keys, blockhash, instructions }
}

/** Whether an instruction sets the unit limit (2) or the unit price (3); then to what. */
export function computeSetting({ program, accounts, data }: Instruction, kind: 2 | 3): bigint | undefined {
  if (program !== programs.compute || accounts.length > 0 || data[0] !== kind) return undefined
  if (data.length !== (kind === 2 ? 5 : 9)) return undefined
  return data.slice(1).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}
