// One request with the fault that strikes it: what is processed, and what of the answer gets through.
import { sleep } from '../internal/time.ts'
import type { FaultKind, Strike } from './faults.ts'
import { type Answer, bytesOf, failure, type Incoming, text } from './messages.ts'
import type { Twist } from './pay.ts'
import { route } from './routes.ts'
import type { World } from './world.ts'

/** What becomes of a request on the wire. */
export type Outcome =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'lost'; code: 'ECONNREFUSED' | 'ECONNRESET' }
  | { kind: 'silence' }

const unprocessed: readonly FaultKind[] = ['refused', 'reset-before', 'status', 'redirect']
const page = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking…</body></html>'

/** Processing never depends on `signal`: a server works on when its client has gone. Only a slow answer does. */
export async function exchange(
  world: World,
  incoming: Incoming,
  strike: Strike | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  if (!strike) return reply(world, await processed(world, incoming))
  if (unprocessed.includes(strike.kind)) return unprocessedOutcome(world, strike)
  const answer = await processed(world, stripped(incoming, strike.kind), twistOf(strike.kind))
  if (strike.kind === 'no-answer') return { kind: 'silence' }
  if (strike.kind === 'reset-after') return { kind: 'lost', code: 'ECONNRESET' }
  if (strike.kind === 'slow') await sleep(strike.ms, signal)
  return reply(world, spoil(answer, strike))
}

/** A handler that throws gives 500, with nothing settled, as in the real library. */
async function processed(world: World, incoming: Incoming, twist?: Twist): Promise<Answer> {
  try {
    return await route(world, incoming, twist)
  } catch {
    return failure(500, 'Internal server error')
  }
}

function unprocessedOutcome(world: World, { kind, status }: Strike): Outcome {
  if (kind === 'refused') return { kind: 'lost', code: 'ECONNREFUSED' }
  if (kind === 'reset-before') return { kind: 'lost', code: 'ECONNRESET' }
  const moved = text('', 307, { location: 'https://evil.example/collect' })
  return reply(world, kind === 'redirect' ? moved : failing(status))
}

/** Every answer tells the time of the sandbox. */
function reply(world: World, answer: Answer): Outcome {
  const date = new Date(world.settings.clock.now()).toUTCString()
  return { kind: 'answer', answer: { ...answer, headers: { ...answer.headers, date } } }
}

/** Without payment and proof a request is challenged again. */
function stripped(incoming: Incoming, kind: FaultKind): Incoming {
  if (kind !== 'rechallenge') return incoming
  const headers = new Headers(incoming.headers)
  for (const name of ['payment-signature', 'x-payment', 'sign-in-with-x', 'authorization'])
    headers.delete(name)
  return { ...incoming, headers }
}

function twistOf(kind: FaultKind): Twist | undefined {
  return kind === 'rejected' || kind === 'settlement-failed' || kind === 'settlement-failed-charged'
    ? kind
    : undefined
}

/** The answer as it arrives. */
function spoil(answer: Answer, { kind, status }: Strike): Answer {
  if (kind === 'status-after') return failing(status)
  if (kind === 'html') return text(page, 200, { 'content-type': 'text/html; charset=utf-8' })
  if (kind === 'truncated') return truncate(answer)
  if (kind !== 'wrong-type') return answer
  return { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain; charset=utf-8' } }
}

function failing(status: number): Answer {
  const answer = failure(status, status === 429 ? 'Too many requests' : 'Service unavailable')
  return status === 429 ? { ...answer, headers: { ...answer.headers, 'retry-after': '1' } } : answer
}

/** Half of the body; a challenge without a body loses half of its header instead. */
function truncate(answer: Answer): Answer {
  const bytes = bytesOf(answer.body)
  const { 'content-length': _whole, ...headers } = answer.headers
  const challenge = headers['payment-required']
  if (bytes.length > 0 || challenge === undefined) {
    return { ...answer, headers, body: bytes.slice(0, Math.floor(bytes.length / 2)) }
  }
  const cut = challenge.slice(0, Math.floor(challenge.length / 2))
  return { ...answer, headers: { ...headers, 'payment-required': cut } }
}
