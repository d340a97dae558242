// The body of an answer: read up to a limit; what is not read to its end is let go.

/**
 * The bytes, or `undefined` when there are more than allowed. Rejects when the body breaks off, is shorter than was
 * announced, or `signal` aborts.
 */
export async function readBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const announced = announcedLength(response)
  if (announced > maxBytes) {
    letGo(response)
    return undefined
  }
  const bytes = await readWhole(response, maxBytes, signal)
  if (bytes && bytes.length < announced && isCounted(response)) {
    throw new Error(`The body has ${bytes.length} bytes of ${announced}.`)
  }
  return bytes
}

/** Ends a body that no one reads. */
export function letGo(response: Response): void {
  try {
    response.body?.cancel?.().catch(() => {})
  } catch {
    // A body of another kind ends by itself.
  }
}

function announcedLength({ headers }: Response): number {
  const length = Number(headers.get('content-length') ?? 0)
  return Number.isFinite(length) ? length : 0
}

/** A browser counts by itself, and tells no encoding of another origin's answer. */
function isCounted({ headers, type }: Response): boolean {
  return type !== 'cors' && (headers.get('content-encoding') ?? 'identity') === 'identity'
}

/** The stream of a body; `undefined` where an engine has none, or one of another kind. */
export function streamOf({ body }: Request | Response): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  return typeof body?.getReader === 'function' ? (body as ReadableStream<Uint8Array<ArrayBuffer>>) : undefined
}

/** The whole body, or `undefined` when it is larger than allowed. Without a stream it is measured once it is there. */
export async function readWhole(
  source: Request | Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = streamOf(source)?.getReader()
  if (!reader) return withoutStream(source, maxBytes)
  const cancel = () => void reader.cancel().catch(() => {})
  // A body that never ends, of a `fetch` that does not heed the signal.
  signal.addEventListener('abort', cancel, { once: true })
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatBytes(chunks)
    length += value.byteLength
    if (length > maxBytes) break
    chunks.push(value)
  }
  cancel()
  return undefined
}

/** React Native and some polyfills have bodies without a stream. */
async function withoutStream(
  source: Request | Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes =
    typeof source.arrayBuffer === 'function'
      ? new Uint8Array(await source.arrayBuffer())
      : new TextEncoder().encode(await source.text())
  return bytes.length > maxBytes ? undefined : bytes
}

/** The bytes of several parts, one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const [first] = parts
  // A part of a larger buffer would keep that in memory.
  if (first && first.length === length && first.buffer.byteLength === length)
    return first as Uint8Array<ArrayBuffer>
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
