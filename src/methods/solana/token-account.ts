// Where an owner's tokens are: the associated token account, a program-derived address.
import { sha256 } from '@noble/hashes/sha2.js'
import { decode58, encode58 } from '../../internal/base58.ts'
import { programs } from './assets.ts'
import { concat } from './bytes.ts'

/** The account that holds an owner's tokens of a mint, under the Token program. @param owner, mint 32 bytes in base58. */
export function tokenAccountOf(owner: string, mint: string): string {
  const seeds = concat(...[owner, programs.token, mint].map(keyOf))
  const end = concat(keyOf(programs.tokenAccount), new TextEncoder().encode('ProgramDerivedAddress'))
  for (let bump = 255; bump >= 0; bump -= 1) {
    const hash = sha256(concat(seeds, Uint8Array.of(bump), end))
    if (!isOnCurve(hash)) return encode58(hash)
  }
  throw new RangeError('No program-derived address exists.')
}

/** The bytes of a key that was checked before. */
export function keyOf(address: string): Uint8Array<ArrayBuffer> {
  return decode58(address, 32) ?? new Uint8Array(32)
}

/** The field of edwards25519 (RFC 8032 §5.1). */
const prime = 2n ** 255n - 19n
const mod = (number: bigint) => ((number % prime) + prime) % prime

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = mod(base), left = exponent; left > 0n; square = mod(square * square), left >>= 1n)
    if (left & 1n) result = mod(result * square)
  return result
}

/** -121665/121666 */
const curve = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** Whether RFC 8032 §5.1.3 decodes it: then someone can have its key, and no program can own it. */
export function isOnCurve(bytes: Uint8Array): boolean {
  const sign = (bytes[31] ?? 0) >> 7
  const y = bytes.reduceRight((sum, byte, at) => (sum << 8n) | BigInt(at === 31 ? byte & 127 : byte), 0n)
  const u = mod(y * y - 1n)
  const v = mod(curve * y * y + 1n)
  const v3 = mod(v * v * v)
  const x = mod(u * v3 * power(u * v3 * v3 * v, (prime - 5n) / 8n))
  const square = mod(v * x * x)
  return (square === u || square === mod(-u)) && !(u === 0n && sign === 1)
}
