// BullMQ waits for a lost server without end. A caller should not.
import { StableStudioError } from '../index.ts'
import { settledIn } from './queues.ts'

const answerMs = 10_000
/** However soon the caller gives up, a server that is there has this long to answer. */
const leastMs = 1_000

const askAgain = {
  payment: 'unknown',
  hint: 'Check its connection, then ask again. What is queued goes on without this call.',
} as const
/** For what is only added: nothing of it was paid. */
export const addAgain = {
  payment: 'none',
  hint: 'Check its connection. What was to be added may be queued later: add it again with the same key.',
} as const

type Facts = typeof askAgain | typeof addAgain

/** @param leftMs how long the caller still waits. */
export async function answered<value>(
  work: Promise<value>,
  facts: Facts = askAgain,
  leftMs = answerMs,
): Promise<value> {
  if (await settledIn(work, Math.min(answerMs, Math.max(leastMs, leftMs)))) return work
  throw new StableStudioError('The queue does not answer.', { code: 'timeout', safeToRetry: true, ...facts })
}

/** Each step of a list. */
export async function* answeredEach<value>(list: AsyncGenerator<value>): AsyncGenerator<value> {
  for (;;) {
    const { done, value } = await answered(list.next())
    if (done) return
    yield value
  }
}
