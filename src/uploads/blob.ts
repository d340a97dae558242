// The bytes of a Blob, even where it lacks `arrayBuffer()` (React Native, jsdom).
import { fromBase64 } from '../internal/base64.ts'
import { copyBytes, isMemory } from '../internal/realm.ts'

type Reading = (blob: Blob) => Promise<unknown>

const readings: readonly Reading[] = [
  (blob) => blob.arrayBuffer(),
  (blob) => byReader(blob, 'readAsArrayBuffer'),
  // React Native's reader has no buffers.
  (blob) => byReader(blob, 'readAsDataURL'),
  (blob) => new Response(blob).arrayBuffer(),
]

/** A copy of the bytes. Rejects when there is no way to read them all. */
export async function readBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  let reason: unknown
  for (const read of readings) {
    try {
      const bytes = toBytes(await read(blob))
      // A runtime that does not recognise this Blob reads "[object Blob]" instead.
      if (bytes && bytes.length === blob.size) return bytes
    } catch (error) {
      reason ??= error
    }
  }
  throw reason ?? new TypeError('The Blob has another size than it says.')
}

function byReader(blob: Blob, how: 'readAsArrayBuffer' | 'readAsDataURL'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.onerror = () => reject(reader.error)
    reader[how](blob)
  })
}

function toBytes(result: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (isMemory(result)) return copyBytes(result)
  const [, text] = typeof result === 'string' ? (/^data:[^,]*;base64,(.*)$/s.exec(result) ?? []) : []
  return text === undefined ? undefined : fromBase64(text)
}
