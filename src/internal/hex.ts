// Bytes as hexadecimal digits.

/** Two small digits for each byte. */
export function hexDigits(bytes: Uint8Array): string {
  let digits = ''
  for (const byte of bytes) digits += (byte < 16 ? '0' : '') + byte.toString(16)
  return digits
}

/** So many random bytes as digits. */
export function randomHex(length: number): string {
  return hexDigits(crypto.getRandomValues(new Uint8Array(length)))
}
