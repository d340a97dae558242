// Base64 without Buffer: writes the padded standard alphabet, reads both alphabets, padded or not.

const chunk = 0x8000

/** Encodes bytes in chunks: `String.fromCharCode(...bytes)` overflows the stack on large input. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += chunk) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunk))
  }
  return btoa(binary)
}

/** `undefined` when the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const binary = toBinary(text)
  if (binary === undefined) return undefined
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** One character per byte. */
function toBinary(text: string): string | undefined {
  const standard = text
    .trim()
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '')
  if (/[^A-Za-z0-9+/]/.test(standard) || standard.length % 4 === 1) return undefined
  return atob(standard)
}

/** ASCII is the same in UTF-8, so nothing has to be converted. */
function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** A JSON value as the protocol's headers carry it: base64 of its UTF-8 text. */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value)
  return isAscii(text) ? btoa(text) : toBase64(new TextEncoder().encode(text))
}

/** Standard base64 to the URL-safe alphabet without padding (RFC 4648 §5). */
export function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The UTF-8 text inside base64; `undefined` when it is not base64 or not UTF-8. */
export function decodeText(text: string): string | undefined {
  const binary = toBinary(text)
  if (binary === undefined || isAscii(binary)) return binary
  const bytes = fromBase64(text)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
