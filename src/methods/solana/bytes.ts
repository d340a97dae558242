// Bytes as Solana's messages have them: little-endian numbers, and lengths of one to three bytes.

export function concat(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function littleEndian(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * at)) & 255n))
}

/** With its length in front. A payment's parts are all shorter than 128 bytes, so the length is one byte. */
export function counted(bytes: ArrayLike<number>): Uint8Array {
  return concat([bytes.length], bytes)
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
