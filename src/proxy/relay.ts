// Sends one request to the service, and its answer back.
import { letGo, readWhole, streamOf } from '../internal/body.ts'
import { noStore } from '../internal/no-store.ts'
import { announcesMore, boundStream } from './bounded-stream.ts'
import type { Deadline } from './deadline.ts'
import { answerHeaders, requestHeaders } from './headers.ts'
import { type ProxyErrorCode, refuse } from './refusals.ts'
import type { Route } from './routes.ts'

export type RelaySettings = {
  target: string
  blobUrl: string
  maxBodyBytes: number
  maxUploadBytes: number
  maxAnswerBytes: number
  timeout: number
  fetch: typeof globalThis.fetch
}

type Body = { init?: RequestInit; isOver?(): boolean }

/** @param time of the request; ended here. */
export async function relay(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Response> {
  const answer = await send(request, route, settings, time)
  // Only an answer whose body is still coming keeps the time running.
  if (typeof answer === 'string' || !answer.body) time.end()
  return typeof answer === 'string' ? refuse(answer) : answer
}

async function send(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Response | ProxyErrorCode> {
  // A page that leaves ends its request, unless that pays: half a payment helps nobody.
  if (!pays(request)) time.follow(request.signal)
  const body = await bodyOf(request, route, settings, time)
  if (typeof body === 'string') return body
  const init = {
    ...body.init,
    method: route.method,
    headers: requestHeaders(request.headers, route.kind === 'blob'),
    // Every runtime knows `manual`; workers throw on `error`, and on `credentials`.
    redirect: 'manual' as const,
    signal: time.signal,
    ...noStore(),
  }
  try {
    const answer = await time.within(settings.fetch(urlOf(route, settings), init))
    return await toAnswer(answer, time, settings)
  } catch {
    if (body.isOver?.()) return 'proxy_body_too_large'
    return time.isOver() ? 'proxy_timeout' : 'proxy_unreachable'
  }
}

function pays({ headers }: Request): boolean {
  return headers.has('payment-signature') || headers.has('authorization')
}

/** Built from the settings and the route's checked parts, never from the request's own URL. */
function urlOf({ kind, path, query }: Route, { target, blobUrl }: RelaySettings): string {
  return kind === 'blob' ? `${blobUrl}${query}` : `${target}${path}${query}`
}

/** JSON is relayed as a whole or not at all: a payment must not arrive with half a body. Files are streamed. */
async function bodyOf(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Body | ProxyErrorCode> {
  if (route.method === 'GET' || route.method === 'DELETE') return {}
  if (request.bodyUsed || (request.headers.get('content-encoding') ?? 'identity') !== 'identity')
    return 'proxy_body_refused'
  const maxBytes = route.kind === 'blob' ? settings.maxUploadBytes : settings.maxBodyBytes
  if (announcesMore(request.headers, maxBytes)) return 'proxy_body_too_large'
  const stream = streamOf(request)
  if (route.kind === 'blob' && stream) return streamed(stream, maxBytes, time)
  const whole = await time.within(readWhole(request, maxBytes, time.signal)).catch(() => null)
  if (whole === null) return time.isOver() ? 'proxy_timeout' : 'proxy_body_refused'
  return whole ? { init: { body: whole } } : 'proxy_body_too_large'
}

function streamed(given: ReadableStream<Uint8Array>, maxBytes: number, { signal }: Deadline): Body {
  let over = false
  const onOver = () => {
    over = true
  }
  const init = { body: boundStream(given, { maxBytes, signal, onOver }), duplex: 'half' }
  return { init, isOver: () => over }
}

async function toAnswer(
  answer: Response,
  time: Deadline,
  { maxAnswerBytes }: RelaySettings,
): Promise<Response | ProxyErrorCode> {
  const { status } = answer
  const headers = answerHeaders(answer.headers)
  const refusal = refusalOf(answer, maxAnswerBytes)
  if (refusal || [204, 205].includes(status)) {
    letGo(answer)
    return refusal ?? new Response(null, { status, headers })
  }
  const stream = streamOf(answer)
  if (stream) {
    const body = boundStream(stream, { maxBytes: maxAnswerBytes, signal: time.signal, onEnd: time.end })
    return new Response(body, { status, headers })
  }
  const whole = await time.within(readWhole(answer, maxAnswerBytes, time.signal))
  time.end()
  return whole ? new Response(whole.length > 0 ? whole : null, { status, headers }) : 'proxy_answer_too_large'
}

function refusalOf({ status, headers }: Response, maxBytes: number): ProxyErrorCode | undefined {
  // A browser hides a refused redirect behind status 0.
  if (status === 0 || (status >= 300 && status < 400)) return 'proxy_redirect_refused'
  if (status < 200 || status > 599) return 'proxy_unreachable'
  return announcesMore(headers, maxBytes) ? 'proxy_answer_too_large' : undefined
}
