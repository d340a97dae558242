// Whether a person sees the page that the code runs in.
import { sleep } from './time.ts'

type Page = Pick<EventTarget, 'addEventListener' | 'removeEventListener'> & { visibilityState?: string }

/** Resolves as soon as the page is in view, `ms` have passed or the signal aborts; at once where there is no page. */
export async function whenVisible(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const page = (globalThis as { document?: Page }).document
  if (page?.visibilityState !== 'hidden') return
  const shown = new AbortController()
  const check = () => page.visibilityState !== 'hidden' && shown.abort()
  page.addEventListener('visibilitychange', check)
  await sleep(ms, signal ? AbortSignal.any([signal, shown.signal]) : shown.signal).catch(() => {})
  page.removeEventListener('visibilitychange', check)
}
