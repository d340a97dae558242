// Bodies with a cap: read as a whole, or passed on as they come.
import { copyBytes } from '../internal/realm.ts'

/** Whether the sender itself announces more than allowed. */
export function announcesMore(headers: Headers, maxBytes: number): boolean {
  return Number(headers.get('content-length') ?? 0) > maxBytes
}

/**
 * The whole body, or `undefined` when it is larger than allowed. Where requests and answers have no streams (React
 * Native, polyfills, Firefox for requests) it is measured once it is there.
 */
export async function readWhole(
  given: Request | Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (given.body) return readStream(given.body, maxBytes, signal)
  const bytes = copyBytes(await given.arrayBuffer())
  return bytes.length > maxBytes ? undefined : bytes
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body.getReader()
  const cancel = () => reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.byteLength
    if (length > maxBytes) {
      await cancel()
      return undefined
    }
    chunks.push(value)
  }
  signal.removeEventListener('abort', cancel)
  return joined(chunks, length)
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

type Bounds = {
  maxBytes: number
  /** Ends the stream with an error. */
  signal?: AbortSignal | undefined
  /** Called once when it turns out to be larger. */
  onOver?: () => void
  /** Called once when nothing more comes, for whatever reason. */
  onEnd?: () => void
}

/** The same bytes, as they come; an error in the place of those that are over the cap. */
export function bounded(body: ReadableStream<Uint8Array>, bounds: Bounds): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let length = 0
  const end = (controller: ReadableStreamDefaultController, error: unknown) => {
    bounds.onEnd?.()
    reader.cancel(error).catch(() => {})
    controller.error(error)
  }
  return new ReadableStream({
    start(controller) {
      bounds.signal?.addEventListener('abort', () => end(controller, bounds.signal?.reason), { once: true })
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          bounds.onEnd?.()
          return controller.close()
        }
        length += value.byteLength
        if (length <= bounds.maxBytes) return controller.enqueue(value)
        bounds.onOver?.()
        end(controller, new TypeError(`The body is larger than ${bounds.maxBytes} bytes.`))
      } catch (error) {
        end(controller, error)
      }
    },
    cancel(reason) {
      bounds.onEnd?.()
      return reader.cancel(reason)
    },
  })
}
