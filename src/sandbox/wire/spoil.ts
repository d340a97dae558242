// What faults change in an answer: its status, its body, its headers.

import { spoilJobs } from '../routes/job-faults.ts'
import type { World } from '../state/world.ts'
import { botWall } from './bot-wall.ts'
import type { Strike } from './fault-types.ts'
import { type Answer, failure, halfOf, type Incoming } from './messages.ts'

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

const receipts = ['payment-response', 'payment-receipt'] as const

/** Another status, with the receipt if there is one. A refusal stays as it is, and returns the strike. */
function underStatus(answer: Answer, { status, giveBack }: Strike): Answer {
  const kept = receipts.flatMap((name) => {
    const value = answer.headers[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  if (answer.status >= 300) {
    giveBack()
    return answer
  }
  if (status < 300) return { ...answer, status }
  const error = failure(status, 'Something went wrong after the payment')
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
