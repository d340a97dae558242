// The body of an answer: read up to a limit; what is not read to its end is let go.

/** The bytes, or `undefined` when there are more than allowed. Rejects when the body breaks off or `signal` aborts. */
export async function readBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = response.body?.getReader()
  if (!reader) return new Uint8Array()
  const cancel = () => void reader.cancel().catch(() => {})
  // A body that never ends, of a `fetch` that does not heed the signal.
  signal.addEventListener('abort', cancel, { once: true })
  const announced = Number(response.headers.get('content-length') ?? 0)
  const bytes = announced > maxBytes ? undefined : await readAll(reader, maxBytes)
  if (!bytes) cancel()
  return bytes
}

/** Ends a body that no one reads. */
export function letGo(response: Response): void {
  response.body?.cancel().catch(() => {})
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concat(chunks, length)
    length += value.byteLength
    if (length > maxBytes) return undefined
    chunks.push(value)
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const [first] = chunks
  // A chunk that is a part of a larger buffer would keep that in memory.
  if (first && first.length === length && first.buffer.byteLength === length)
    return first as Uint8Array<ArrayBuffer>
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
