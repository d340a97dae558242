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
  const standard = text
    .trim()
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '')
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1) return undefined
  const binary = atob(standard)
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** A JSON value as the protocol's headers carry it: base64 of its UTF-8 text. */
export function encodeJson(value: unknown): string {
  return toBase64(new TextEncoder().encode(JSON.stringify(value)))
}

/** UTF-8 text inside base64; `undefined` when it is not base64 or not UTF-8. */
export function decodeText(text: string): string | undefined {
  const bytes = fromBase64(text)
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
