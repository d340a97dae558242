// Sends one request on, and its answer back.
import { noStore } from '../internal/no-store.ts'
import { announcesMore, bounded, readWhole } from './body.ts'
import { answerHeaders, requestHeaders } from './headers.ts'
import type { Refusal, Route } from './routes.ts'

/** What a relay works by. */
export type RelaySettings = {
  target: string
  blobUrl: string
  maxBodyBytes: number
  maxUploadBytes: number
  maxAnswerBytes: number
  timeout: number
  fetch: typeof globalThis.fetch
}

type Body = { init: RequestInit; isOver(): boolean }

export async function relay(
  request: Request,
  route: Route,
  settings: RelaySettings,
): Promise<Response | Refusal> {
  const body = await bodyOf(request, route, settings)
  if ('status' in body) return body
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new Error('The time of the relay ran out.')), settings.timeout)
  const end = () => clearTimeout(timer)
  const init = {
    ...body.init,
    method: route.method,
    headers: requestHeaders(request.headers, route),
    // Every runtime knows `manual`; workers throw on `error`, and on `credentials`.
    redirect: 'manual' as const,
    signal: signalOf(request, stop.signal),
    ...noStore(),
  }
  try {
    // A fetch that is handed in may not know the signal.
    const answer = await Promise.race([settings.fetch(urlOf(route, settings), init), rejectedBy(stop.signal)])
    return toAnswer(answer, stop.signal, end, settings)
  } catch {
    end()
    if (body.isOver()) return tooLarge
    return stop.signal.aborted ? late : unreachable
  }
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** The address is made from the settings and a route's checked parts; nothing of the request's own URL is left. */
function urlOf({ kind, path, query }: Route, { target, blobUrl }: RelaySettings): string {
  return kind === 'blob' ? `${blobUrl}${query}` : `${target}${path}${query}`
}

/** A page that leaves ends its request, but not one that pays: half a payment helps nobody. */
function signalOf(request: Request, stop: AbortSignal): AbortSignal {
  const pays = request.headers.has('payment-signature') || request.headers.has('authorization')
  return pays || !request.signal ? stop : AbortSignal.any([stop, request.signal])
}

/** JSON goes on as a whole or not at all: a payment must not arrive with half a body. Files go on as they come. */
async function bodyOf(request: Request, route: Route, settings: RelaySettings): Promise<Body | Refusal> {
  const plain = { init: {}, isOver: () => false }
  if (route.method === 'GET' || route.method === 'DELETE') return plain
  if (request.bodyUsed || (request.headers.get('content-encoding') ?? 'identity') !== 'identity')
    return unreadable
  const maxBytes = route.kind === 'blob' ? settings.maxUploadBytes : settings.maxBodyBytes
  if (announcesMore(request.headers, maxBytes)) return tooLarge
  if (route.kind === 'blob' && request.body) return streamed(request.body, maxBytes)
  const whole = await readWhole(request.body, maxBytes).catch(() => null)
  if (whole === null) return unreadable
  return whole ? { init: { body: whole }, isOver: () => false } : tooLarge
}

function streamed(given: ReadableStream<Uint8Array>, maxBytes: number): Body {
  let over = false
  const onOver = () => {
    over = true
  }
  const init = { body: bounded(given, { maxBytes, onOver }), duplex: 'half' }
  return { init, isOver: () => over }
}

function toAnswer(
  answer: Response,
  signal: AbortSignal,
  end: () => void,
  { maxAnswerBytes }: RelaySettings,
): Response | Refusal {
  const refusal = refusalOf(answer, maxAnswerBytes)
  if (refusal || !answer.body || [204, 205].includes(answer.status)) {
    end()
    answer.body?.cancel().catch(() => {})
    return refusal ?? new Response(null, { status: answer.status, headers: answerHeaders(answer.headers) })
  }
  const body = bounded(answer.body, { maxBytes: maxAnswerBytes, signal, onEnd: end })
  return new Response(body, { status: answer.status, headers: answerHeaders(answer.headers) })
}

function refusalOf({ status, headers }: Response, maxBytes: number): Refusal | undefined {
  // A browser hides a refused redirect behind status 0.
  if (status === 0 || (status >= 300 && status < 400)) return redirected
  if (status < 200 || status > 599) return unreachable
  return announcesMore(headers, maxBytes) ? answerTooLarge : undefined
}

const tooLarge: Refusal = {
  status: 413,
  code: 'proxy_body_too_large',
  error: 'The body is larger than the relay takes.',
}
const unreadable: Refusal = {
  status: 415,
  code: 'proxy_body_refused',
  error:
    'The body cannot be read: it is encoded, was cut off, or something in front of the relay has read it.',
}
const redirected: Refusal = {
  status: 502,
  code: 'proxy_redirect_refused',
  error: 'The service answered with a redirect, which is never followed.',
}
const answerTooLarge: Refusal = {
  status: 502,
  code: 'proxy_answer_too_large',
  error: 'The answer of the service is larger than the relay takes.',
}
const unreachable: Refusal = {
  status: 502,
  code: 'proxy_unreachable',
  error: 'The service gave no answer that can be relayed.',
}
const late: Refusal = {
  status: 504,
  code: 'proxy_timeout',
  error: 'The service did not answer in time.',
}
