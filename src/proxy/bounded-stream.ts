// Streams with a size limit, passed on as they come.

export function announcesMore(headers: Headers, maxBytes: number): boolean {
  return Number(headers.get('content-length') ?? 0) > maxBytes
}

type Bounds = {
  maxBytes: number
  /** Ends the stream with an error. */
  signal?: AbortSignal | undefined
  /** Called once, when the body turns out to be larger. */
  onOver?: () => void
  /** Called when nothing more will come, for whatever reason. */
  onEnd?: () => void
}

/** The same bytes as they come, and an error in place of those over the limit. */
export function boundStream(body: ReadableStream<Uint8Array>, bounds: Bounds): ReadableStream<Uint8Array> {
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
