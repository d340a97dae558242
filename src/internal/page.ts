// Whether the page is in view. Apart from the other waiting: on servers nothing may look for a document.
import { nap } from './time.ts'

type Page = Pick<EventTarget, 'addEventListener' | 'removeEventListener'> & { visibilityState?: string }

/** Resolves once the page is in view, `ms` have passed or the signal aborts; at once outside of pages. */
export async function whenVisible(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const page = (globalThis as { document?: Page }).document
  if (page?.visibilityState !== 'hidden') return
  // One controller for both: `AbortSignal.any` is missing in Safari before 17.4.
  const over = new AbortController()
  const stop = () => over.abort()
  const check = () => page.visibilityState !== 'hidden' && stop()
  if (signal?.aborted) return
  signal?.addEventListener('abort', stop, { once: true })
  page.addEventListener('visibilitychange', check)
  await nap(ms, over.signal)
  page.removeEventListener('visibilitychange', check)
  signal?.removeEventListener('abort', stop)
}
