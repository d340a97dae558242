// Bodies: read up to a limit, and cancelled when nobody reads them to the end.

/**
 * The bytes, or `undefined` when there are more than allowed. Rejects when the body breaks off, is shorter than its
 * `Content-Length`, or `signal` aborts.
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
    throw new Error(`The body ended after ${bytes.length} of ${announced} bytes.`)
  }
  return bytes
}

/** Cancels a body that nobody reads. */
export function letGo(response: Response): void {
  try {
    response.body?.cancel?.().catch(() => {})
  } catch {
    // Bodies of other kinds end by themselves.
  }
}

function announcedLength({ headers }: Response): number {
  const length = Number(headers.get('content-length') ?? 0)
  return Number.isFinite(length) ? length : 0
}

/** Browsers check the length themselves, and hide the encoding of a cross-origin answer. */
function isCounted({ headers, type }: Response): boolean {
  return type !== 'cors' && (headers.get('content-encoding') ?? 'identity') === 'identity'
}

/** The stream of a body; `undefined` where the engine has none, or one of another kind. */
export function streamOf({ body }: Request | Response): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  return typeof body?.getReader === 'function' ? (body as ReadableStream<Uint8Array<ArrayBuffer>>) : undefined
}

/** The whole body, or `undefined` when it is larger than allowed. Without a stream it is measured once it has arrived. */
export async function readWhole(
  source: Request | Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = streamOf(source)?.getReader()
  if (!reader) return withoutStream(source, maxBytes)
  const cancel = () => void reader.cancel().catch(() => {})
  // For a `fetch` that ignores the signal and a body that never ends.
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

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const [first] = parts
  // A view on a larger buffer would keep all of it in memory.
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
