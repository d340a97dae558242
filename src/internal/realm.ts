// Values of another realm (a frame, a `vm` context, Jest, Electron): told by what they are, for `instanceof` knows its own only.

/** What `Object.prototype.toString` calls a value; empty where it cannot be asked. */
function tagOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return ''
  }
}

/** Whether a value is one of a class that an engine may lack, or has by another name in another realm. */
function isOf(name: 'Blob' | 'Response' | 'Error', value: unknown): boolean {
  const known = (globalThis as Record<string, unknown>)[name]
  return typeof known === 'function' && typeof value === 'object' && value !== null && value instanceof known
}

/** Whether a value can end a call: it says whether it has aborted, and can be listened to. */
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

/** A Blob or a File, those of polyfills included. */
export function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value)) || isOf('Blob', value)
}

export function isResponse(value: unknown): value is Response {
  return tagOf(value) === 'Response' || isOf('Response', value)
}

export function isError(value: unknown): value is Error {
  return ['Error', 'DOMException'].includes(tagOf(value)) || isOf('Error', value)
}

/** Bytes in memory: a buffer, or a view on a part of one. */
export type MemoryBytes = ArrayBufferLike | ArrayBufferView

export function isMemory(value: unknown): value is MemoryBytes {
  return ArrayBuffer.isView(value) || ['ArrayBuffer', 'SharedArrayBuffer'].includes(tagOf(value))
}

/** Whether a value holds bytes: in memory, or in a Blob. */
export function isBytesLike(value: unknown): value is MemoryBytes | Blob {
  return isMemory(value) || isBlob(value)
}

/** The bytes that a view shows, no others of its buffer, in memory that nobody else can write. */
export function copyBytes(given: MemoryBytes): Uint8Array<ArrayBuffer> {
  // A buffer that was transferred away has no bytes, and cannot be looked into.
  if (!given.byteLength) return new Uint8Array()
  const shown = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given)
  return new Uint8Array(shown)
}
