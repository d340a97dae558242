// The three lists: what went over the wire, what the client said, what the ledger holds.
import type { Attempt } from '../../../src/types.ts'
import type { Logged } from '../session/relay.ts'
import type { Reload, Told } from '../session/seen.ts'
import { createLog, type Line, type Log, type Word } from './log.ts'

const reloadLine: Line = { words: ['reloaded'], mood: 'mark' }
const tag = (text: string): Word => ({ text, look: 'tag' })
const quiet = (text: string): Word => ({ text, look: 'quiet' })
const name = (text: string): Word => ({ text, look: 'name' })

export const createRequestsLog = (): Log<Logged | Reload> =>
  createLog({ title: 'Requests', id: 'requests', empty: 'What the client sends.' }, (entry) =>
    'reload' in entry ? reloadLine : requestLine(entry),
  )

function requestLine({ method, path, paid, signedIn, outcome }: Logged): Line {
  const status = { open: '…', lost: 'no answer' }[outcome] ?? String(outcome)
  const words = [quiet(method), name(path)]
  if (paid) words.push(tag('payment'))
  if (signedIn) words.push(tag('proof'))
  words.push({ text: status, look: 'quiet' })
  if (outcome === 'lost') return { words, mood: 'bad' }
  return paid ? { words, mood: 'money' } : { words }
}

export const createEventsLog = (): Log<Told | Reload> =>
  createLog({ title: 'Events', id: 'events', empty: 'What the client tells its listeners.' }, (entry) =>
    'reload' in entry ? reloadLine : eventLine(entry),
  )

const bad = ['payment.unknown', 'payment.rejected', 'job.failed']

function eventLine({ name: event, facts }: Told): Line {
  const words = [name(event), quiet(factsOf(facts))]
  if (bad.includes(event)) return { words, mood: 'bad' }
  return event === 'payment.settled' ? { words, mood: 'money' } : { words }
}

/** What says most in little room. */
function factsOf({ usd, operation, status, progress, reason, left, prompts }: Told['facts']): string {
  const told = [
    usd !== undefined && `$${usd}`,
    operation,
    status,
    progress !== undefined && `${progress} %`,
    reason,
    left !== undefined && `$${left} left`,
    prompts === true && 'asks a person',
  ]
  return told.filter(Boolean).join(' · ')
}

export const createLedgerLog = (): Log<Attempt> =>
  createLog({ title: 'Ledger', id: 'ledger', empty: 'The attempts that the store holds.' }, attemptLine)

function attemptLine({ operation, usd, state, idempotencyKey }: Attempt): Line {
  const words: Line['words'] = [tag(state), name(`$${usd}`), quiet(operation)]
  if (idempotencyKey) words.push(quiet(`key ${idempotencyKey}`))
  if (state === 'settled') return { words, mood: 'money' }
  return state === 'unknown' || state === 'sent' ? { words, mood: 'bad' } : { words }
}
