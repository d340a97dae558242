// Values from another realm (a frame, a `vm` context, Jest, Electron), where `instanceof` fails.

/** The tag that `Object.prototype.toString` shows; empty where it throws. */
function tagOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return ''
  }
}

/** `instanceof` for a class that the engine may lack. */
function isOf(name: 'Blob' | 'Response' | 'Error', value: unknown): boolean {
  const known = (globalThis as Record<string, unknown>)[name]
  return typeof known === 'function' && typeof value === 'object' && value !== null && value instanceof known
}

/** Whether a value works as an AbortSignal, polyfills included. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false
  try {
    const { aborted, addEventListener, removeEventListener } = value as Record<string, unknown>
    return [addEventListener, removeEventListener].every(isFunction) && typeof aborted === 'boolean'
  } catch {
    return false
  }
}

const isFunction = (value: unknown) => typeof value === 'function'

/** A Blob or a File, polyfills included. */
export function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value)) || isOf('Blob', value)
}

export function isResponse(value: unknown): value is Response {
  return tagOf(value) === 'Response' || isOf('Response', value)
}

export function isError(value: unknown): value is Error {
  return ['Error', 'DOMException'].includes(tagOf(value)) || isOf('Error', value)
}

/** Bytes in memory: a buffer, or a view on part of one. */
export type MemoryBytes = ArrayBufferLike | ArrayBufferView

export function isMemory(value: unknown): value is MemoryBytes {
  return ArrayBuffer.isView(value) || ['ArrayBuffer', 'SharedArrayBuffer'].includes(tagOf(value))
}

/** Whether a value holds bytes: in memory, or in a Blob. */
export function isBytesLike(value: unknown): value is MemoryBytes | Blob {
  return isMemory(value) || isBlob(value)
}

/** A copy of just the bytes that a view shows. */
export function copyBytes(given: MemoryBytes): Uint8Array<ArrayBuffer> {
  // A transferred buffer has no bytes, and throws when it is read.
  if (!given.byteLength) return new Uint8Array()
  const shown = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given)
  return new Uint8Array(shown)
}
