// How long an answer asks to wait, as far as that can be believed.
import type { Context } from '../context.ts'
import type { HttpResult } from '../internal/http.ts'

/** `Retry-After` in ms, from seconds or a date on the service's clock. */
export function retryAfter({ clock }: Context, result: HttpResult): number {
  const header = result.kind === 'answer' ? result.headers.get('retry-after') : null
  if (!header) return 0
  const ms =
    /^\s*\d/.test(header) && Number.isFinite(Number(header))
      ? Number(header) * 1000
      : Date.parse(header) - clock.now()
  return ms > 0 ? Math.min(ms, longestPatienceMs) : 0
}

/** Longer than any call. Caps values too large for a date, which must not end a wait. */
const longestPatienceMs = 24 * 60 * 60_000
