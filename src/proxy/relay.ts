// Sends one request on, and its answer back.
import { letGo, readWhole, streamOf } from '../internal/body.ts'
import { noStore } from '../internal/no-store.ts'
import { announcesMore, bounded } from './body.ts'
import type { Deadline } from './deadline.ts'
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

/** @param time what is left of the request's own; it is ended here. */
export async function relay(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Response | Refusal> {
  const answer = await send(request, route, settings, time)
  // Only a body that is still coming keeps the time running.
  if ('code' in answer || !answer.body) time.end()
  return answer
}

async function send(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Response | Refusal> {
  // A page that leaves ends its request, but not one that pays: half a payment helps nobody.
  if (!pays(request)) time.follow(request.signal)
  const body = await bodyOf(request, route, settings, time)
  if ('status' in body) return body
  const init = {
    ...body.init,
    method: route.method,
    headers: requestHeaders(request.headers, route),
    // Every runtime knows `manual`; workers throw on `error`, and on `credentials`.
    redirect: 'manual' as const,
    signal: time.signal,
    ...noStore(),
  }
  try {
    const answer = await time.within(settings.fetch(urlOf(route, settings), init))
    return await toAnswer(answer, time, settings)
  } catch {
    if (body.isOver()) return tooLarge
    return time.isOver() ? late : unreachable
  }
}

function pays({ headers }: Request): boolean {
  return headers.has('payment-signature') || headers.has('authorization')
}

/** The address is made from the settings and a route's checked parts; nothing of the request's own URL is left. */
function urlOf({ kind, path, query }: Route, { target, blobUrl }: RelaySettings): string {
  return kind === 'blob' ? `${blobUrl}${query}` : `${target}${path}${query}`
}

/** JSON goes on as a whole or not at all: a payment must not arrive with half a body. Files go on as they come. */
async function bodyOf(
  request: Request,
  route: Route,
  settings: RelaySettings,
  time: Deadline,
): Promise<Body | Refusal> {
  const plain = { init: {}, isOver: () => false }
  if (route.method === 'GET' || route.method === 'DELETE') return plain
  if (request.bodyUsed || (request.headers.get('content-encoding') ?? 'identity') !== 'identity')
    return unreadable
  const maxBytes = route.kind === 'blob' ? settings.maxUploadBytes : settings.maxBodyBytes
  if (announcesMore(request.headers, maxBytes)) return tooLarge
  const stream = streamOf(request)
  if (route.kind === 'blob' && stream) return streamed(stream, maxBytes, time)
  const whole = await time.within(readWhole(request, maxBytes, time.signal)).catch(() => null)
  if (whole === null) return time.isOver() ? late : unreadable
  return whole ? { init: { body: whole }, isOver: () => false } : tooLarge
}

function streamed(given: ReadableStream<Uint8Array>, maxBytes: number, { signal }: Deadline): Body {
  let over = false
  const onOver = () => {
    over = true
  }
  const init = { body: bounded(given, { maxBytes, signal, onOver }), duplex: 'half' }
  return { init, isOver: () => over }
}

async function toAnswer(
  answer: Response,
  time: Deadline,
  { maxAnswerBytes }: RelaySettings,
): Promise<Response | Refusal> {
  const { status } = answer
  const headers = answerHeaders(answer.headers)
  const refusal = refusalOf(answer, maxAnswerBytes)
  if (refusal || [204, 205].includes(status)) {
    letGo(answer)
    return refusal ?? new Response(null, { status, headers })
  }
  const stream = streamOf(answer)
  if (stream) {
    const body = bounded(stream, { maxBytes: maxAnswerBytes, signal: time.signal, onEnd: time.end })
    return new Response(body, { status, headers })
  }
  const whole = await time.within(readWhole(answer, maxAnswerBytes, time.signal))
  time.end()
  return whole ? new Response(whole.length > 0 ? whole : null, { status, headers }) : answerTooLarge
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
/** Nothing more comes of a request: it took longer than the relay allows. */
export const late: Refusal = {
  status: 504,
  code: 'proxy_timeout',
  error: 'The request took longer than the relay allows.',
}
