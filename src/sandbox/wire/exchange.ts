// One request and the fault that strikes it: what is processed, and what arrives of the answer.
import { type Twist, twists } from '../payment/route.ts'
import { route } from '../routes/router.ts'
import type { World } from '../state/world.ts'
import type { FaultKind } from './fault-kinds.ts'
import type { Strike } from './fault-types.ts'
import { type Answer, failure, type Incoming, text } from './messages.ts'
import { botWall, echo, failing, secretHeaders, spoil } from './spoil.ts'

/** How a request ends on the wire. `cut`: the connection breaks in the middle of the answer's body. */
export type Outcome =
  | { kind: 'answer' | 'cut'; answer: Answer }
  | { kind: 'lost'; code: 'ECONNREFUSED' | 'ECONNRESET' }
  | { kind: 'silence' }

/** Only a slow answer heeds `signal`: a server goes on processing when its client has left. */
export async function exchange(
  world: World,
  incoming: Incoming,
  strike: Strike | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  if (!strike) return reply(world, await processed(world, incoming))
  const { kind, ms } = strike
  const instead = unprocessed(world, incoming, strike)
  if (instead) return instead
  const twist = twists.find((one) => one === kind)
  const answer = await processed(world, stripped(incoming, kind), twist)
  if (kind === 'no-answer') return { kind: 'silence' }
  if (kind === 'reset-after') return { kind: 'lost', code: 'ECONNRESET' }
  if (kind === 'slow') await world.settings.pause(ms, signal)
  const arrives = reply(world, spoil(world, incoming, answer, strike), kind === 'stale-date' ? ms : undefined)
  return kind === 'cut' ? { ...arrives, kind } : arrives
}

/** If a handler throws, the answer is 500 and nothing is settled, as in the real library. */
async function processed(world: World, incoming: Incoming, twist?: Twist): Promise<Answer> {
  try {
    return await route(world, incoming, twist)
  } catch {
    return failure(500, 'Internal server error')
  }
}

/** The outcome of a request that never reaches its route; `undefined` if it does. */
function unprocessed(world: World, incoming: Incoming, strike: Strike): Outcome | undefined {
  const { kind, status } = strike
  if (kind === 'refused') return { kind: 'lost', code: 'ECONNREFUSED' }
  if (kind === 'reset-before') return { kind: 'lost', code: 'ECONNRESET' }
  if (kind === 'status') return reply(world, failing(status))
  if (kind === 'page') return reply(world, botWall(status))
  if (kind === 'echo') return reply(world, echo(incoming, strike))
  if (kind !== 'redirect') return undefined
  return reply(world, text('', 307, { location: 'https://evil.example/collect' }))
}

/** Every answer has the sandbox's time as its `Date`; one from a cache, the time when it was made. */
function reply(world: World, answer: Answer, ageMs?: number): Extract<Outcome, { answer: Answer }> {
  const date = new Date(world.settings.clock.now() - (ageMs ?? 0)).toUTCString()
  const age = ageMs === undefined ? {} : { age: String(Math.round(ageMs / 1000)) }
  return { kind: 'answer', answer: { ...answer, headers: { ...answer.headers, date, ...age } } }
}

/** Without payment and proof, so that it is challenged again. */
function stripped(incoming: Incoming, kind: FaultKind): Incoming {
  if (kind !== 'rechallenge') return incoming
  const headers = new Headers(incoming.headers)
  for (const name of secretHeaders) headers.delete(name)
  return { ...incoming, headers }
}
