// Waits for results: told by BullMQ's events, and looking itself now and then, because events may be lost.
import type { QueueEvents } from 'bullmq'
import { StableStudioError } from '../index.ts'
import { closeAll, type Opener } from './queues.ts'
import type { Generation } from './state.ts'

const lookMs = 2_000

type Limits = { timeout: number | undefined; signal: AbortSignal | undefined }

export function createWaiter({ QueueEvents: Events, names, shared }: Opener) {
  const waiting = new Map<string, Set<() => void>>()
  let events: QueueEvents | undefined
  const wake = (id: string) => {
    for (const look of waiting.get(id) ?? []) look()
  }
  const listen = () => {
    if (events) return
    events = new Events(names.collect, shared)
    events.on('error', () => {})
    events.on('completed', ({ jobId }) => wake(jobId))
    events.on('failed', ({ jobId }) => wake(jobId))
  }

  /** Resolves when it is told of, when it is time to look again, or when the caller gives up. */
  function pause(id: string, ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const others = waiting.get(id) ?? new Set()
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        others.delete(end)
        if (others.size === 0) waiting.delete(id)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end, { once: true })
      waiting.set(id, others.add(end))
    })
  }

  return {
    async until(
      id: string,
      /** Is told how long the caller still waits, ms. */
      look: (leftMs: number) => Promise<Generation>,
      { timeout, signal }: Limits,
    ): Promise<Generation> {
      listen()
      const end = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout
      for (;;) {
        const state = await look(end - Date.now())
        if (state.stage === 'done' || state.stage === 'failed') return state
        const left = end - Date.now()
        if (signal?.aborted || left <= 0) throw gaveUp(state, signal)
        await pause(id, Math.min(lookMs, left), signal)
      }
    },
    async close(): Promise<void> {
      if (events) await closeAll([events])
      for (const id of waiting.keys()) wake(id)
    },
  }
}

function gaveUp({ stage, job }: Generation, signal: AbortSignal | undefined): StableStudioError {
  const payment = job ? 'settled' : stage === 'queued' ? 'none' : 'unknown'
  const what = signal?.aborted ? 'The call was aborted' : 'The call timed out'
  return new StableStudioError(`${what} while the generation is ${stage}.`, {
    ...{ code: signal?.aborted ? 'aborted' : 'timeout', payment, job, attemptId: job?.attemptId },
    phase: job ? 'poll' : 'pay',
    safeToRetry: true,
    hint: 'It goes on without this call: ask for result(key) again.',
    ...(signal?.aborted && { cause: signal.reason }),
  })
}
