// Keys as plain ASCII: injective, and a prefix stays a prefix, even for malformed Unicode.
import { randomHex } from '../internal/hex.ts'

/**
 * Each UTF-16 unit outside `plain` becomes `%xx` or `%uxxxx`, with lower-case digits.
 *
 * @param plain units that stay as they are; never `%`.
 */
export function encodeKey(key: string, plain: RegExp): string {
  let encoded = ''
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at)
    const hex = unit.toString(16)
    if (plain.test(key.charAt(at))) encoded += key.charAt(at)
    else encoded += unit < 256 ? `%${hex.padStart(2, '0')}` : `%u${hex.padStart(4, '0')}`
  }
  return encoded
}

export function decodeKey(encoded: string): string {
  return encoded.replace(/%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/g, (_whole, wide, narrow) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow, 16)),
  )
}

/** A version that never recurs, so that one from before a deletion cannot pass for a new one. */
export function uniqueVersion(): string {
  return randomHex(12)
}
