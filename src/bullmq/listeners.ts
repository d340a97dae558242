// The listeners of the workers of one process.
import type { WorkerEvents } from './crew.ts'

export type Subscribe = <event extends keyof WorkerEvents>(
  event: event,
  listener: (payload: WorkerEvents[event]) => void,
) => () => void

export function createListeners() {
  const listeners = new Map<string, Set<(payload: never) => void>>()
  const on: Subscribe = (event, listener) => {
    const all = listeners.get(event) ?? new Set()
    listeners.set(event, all.add(listener))
    return () => all.delete(listener)
  }
  /** Resolves to whether anyone listens. */
  const emit = <event extends keyof WorkerEvents>(event: event, payload: WorkerEvents[event]): boolean => {
    const all = listeners.get(event) ?? new Set()
    for (const listener of all) {
      try {
        listener(payload as never)
      } catch {
        // A listener never disturbs a payment.
      }
    }
    return all.size > 0
  }
  return { on, emit }
}
