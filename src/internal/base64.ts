// Base64 of UTF-8 without Buffer: emits the padded standard alphabet, reads both alphabets, padded or not.

const chunk = 0x8000

/** Encodes bytes; chunked, because `String.fromCharCode(...bytes)` overflows the stack on large input. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += chunk) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunk))
  }
  return btoa(binary)
}

/** Decodes; `undefined` when the text is not base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const binary = toBinary(text)
  if (binary === undefined) return undefined
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** A character for each byte. */
function toBinary(text: string): string | undefined {
  const standard = text
    .trim()
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '')
  if (/[^A-Za-z0-9+/]/.test(standard) || standard.length % 4 === 1) return undefined
  return atob(standard)
}

/** Where every character is its own byte, in UTF-8 too, nothing has to be converted. */
function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** A JSON value as the protocol's headers carry it: base64 of its UTF-8 text. */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value)
  return isAscii(text) ? btoa(text) : toBase64(new TextEncoder().encode(text))
}

/** The URL-safe alphabet without padding (RFC 4648 §5), of padded standard base64. */
export function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** UTF-8 text inside base64; `undefined` when it is not base64 or not UTF-8. */
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
