// Bytes as hexadecimal digits.

const digits = '0123456789abcdef'

export function hexDigits(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    text += digits.charAt(byte >> 4) + digits.charAt(byte & 15)
  }
  return text
}

export function randomHex(length: number): string {
  return hexDigits(crypto.getRandomValues(new Uint8Array(length)))
}
