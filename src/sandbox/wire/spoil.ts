// What faults answer instead, and what they change in an answer: its status, its body, its headers.
import { decodeText } from '../../internal/base64.ts'
import { spoilJobs } from '../routes/job-faults.ts'
import type { World } from '../state/world.ts'
import type { EchoForm, FaultValues, Strike } from './fault-types.ts'
import { type Answer, failure, halfOf, type Incoming, text } from './messages.ts'

/** The answer as it arrives. */
export function spoil(world: World, incoming: Incoming, answer: Answer, strike: Strike): Answer {
  const { kind, status } = strike
  if (kind === 'status-after') return failing(status)
  if (kind === 'receipt-status') return underStatus(answer, strike)
  if (kind === 'html') return botWall(status)
  if (kind === 'truncated') return truncate(answer)
  if (kind === 'no-result' || kind === 'unknown-state' || kind === 'job-failed') {
    return spoilJobs(world, incoming, answer, strike)
  }
  if (kind !== 'wrong-type') return answer
  return { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain; charset=utf-8' } }
}

export function failing(status: number): Answer {
  const answer = failure(status, status === 429 ? 'Too many requests' : 'Service unavailable')
  return status === 429 ? { ...answer, headers: { ...answer.headers, 'retry-after': '1' } } : answer
}

/** Another status, with the receipt if there is one. A refusal stays as it is, and returns the strike. */
function underStatus(answer: Answer, { status, giveBack }: Strike): Answer {
  if (answer.status >= 300) {
    giveBack()
    return answer
  }
  if (status < 300) return { ...answer, status }
  const error = failure(status, 'Something went wrong after the payment')
  const kept = Object.entries(answer.headers).filter(([name]) => /^payment-(response|receipt)$/.test(name))
  return { ...error, headers: { ...error.headers, ...Object.fromEntries(kept) } }
}

/** Half of the body; a challenge without a body loses half of its header instead. */
function truncate(answer: Answer): Answer {
  const { 'content-length': _whole, ...headers } = answer.headers
  const challenge = headers['payment-required']
  if (answer.body.length > 0 || challenge === undefined) {
    return { ...answer, headers, body: halfOf(answer.body) }
  }
  const cut = challenge.slice(0, Math.floor(challenge.length / 2))
  return { ...answer, headers: { ...headers, 'payment-required': cut } }
}

/** The HTML of a bot wall, as an edge in front of the service answers. */
export function botWall(status: number, more = ''): Answer {
  const escaped = more.replace(
    /[&<>"]/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one] ?? '&quot;',
  )
  const said = more && `<pre>${escaped}</pre>`
  const html = `<!DOCTYPE html><html><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head><body><h1>Checking…</h1><noscript>Enable JavaScript and cookies to continue</noscript>${said}</body></html>`
  const { 'x-request-id': _none, ...headers } = text('', status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'private, max-age=0, no-store, no-cache, must-revalidate',
    'cf-mitigated': 'challenge',
    server: 'cloudflare',
  }).headers
  return { status, headers, body: html }
}

export const secretHeaders = ['payment-signature', 'x-payment', 'sign-in-with-x', 'authorization']

/** An error that repeats the request's headers, secrets first, as a careless server or edge would. */
export function echo({ headers }: Incoming, { status, form, page }: FaultValues): Answer {
  const all = [...headers].sort(
    ([a], [b]) => Number(secretHeaders.includes(b)) - Number(secretHeaders.includes(a)),
  )
  const asked: readonly EchoForm[] = form === undefined ? ['raw', 'decoded', 'escaped', 'cut'] : [form]
  const message = `Unexpected headers. ${asked.map((one) => repeat(all, one)).join(' ')}`
  return page ? botWall(status, message) : failure(status, 'Bad request', { message })
}

function repeat(headers: readonly [name: string, value: string][], form: EchoForm): string {
  return headers
    .flatMap(([name, value]) => written(name, value, form).map((one) => `${name}: ${one};`))
    .join(' ')
}

function written(name: string, value: string, form: EchoForm): string[] {
  if (form === 'raw') return [value]
  if (form === 'cut') return [value.slice(0, Math.ceil((value.length * 2) / 3))]
  const inside = secretHeaders.includes(name) ? decodeText(value.replace(/^\w+ /, '')) : undefined
  if (form === 'decoded') return inside === undefined ? [] : [inside]
  return [value, ...(inside === undefined ? [] : [inside])].map((one) => JSON.stringify(one).slice(1, -1))
}
