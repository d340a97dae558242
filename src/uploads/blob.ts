// The bytes of a Blob, also where it cannot give them itself (React Native, jsdom).
import { fromBase64 } from '../internal/base64.ts'
import { copyBytes, isMemory, type MemoryBytes } from '../internal/realm.ts'

type Reading = (blob: Blob) => Promise<unknown>

const readings: readonly Reading[] = [
  (blob) => blob.arrayBuffer(),
  (blob) => byReader(blob, 'readAsArrayBuffer'),
  // React Native's reader knows no buffers.
  (blob) => byReader(blob, 'readAsDataURL'),
  (blob) => new Response(blob).arrayBuffer(),
]

/** The bytes, in memory of their own. Rejects when there is no way to read them whole. */
export async function readBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  let reason: unknown
  for (const read of readings) {
    try {
      const bytes = toBytes(await read(blob))
      // A runtime that does not know this Blob for one reads its name, "[object Blob]".
      if (bytes && bytes.length === blob.size) return bytes
    } catch (error) {
      reason ??= error
    }
  }
  throw reason ?? new TypeError('The bytes are not as many as the Blob says.')
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
  if (isMemory(result)) return copyBytes(result as MemoryBytes)
  const [, text] = typeof result === 'string' ? (/^data:[^,]*;base64,(.*)$/s.exec(result) ?? []) : []
  const bytes = text === undefined ? undefined : fromBase64(text)
  return bytes && copyBytes(bytes)
}
