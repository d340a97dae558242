// One run of a program in a worker of its own.
import type { Start } from '../wire.ts'
import { type Relay, relay } from './relay.ts'

export type Program = {
  /** Whether it can still receive anything. */
  gone(): boolean
  /** Ends it at once, wherever it is. */
  end(): void
}

export function startProgram(start: Start, ties: Omit<Relay, 'gone'>): Program {
  const worker = new Worker(new URL('../program/worker.ts', import.meta.url), { type: 'module' })
  const { port1, port2 } = new MessageChannel()
  let gone = false
  const end = () => {
    gone = true
    worker.terminate()
    port1.close()
  }
  relay(port1, { ...ties, gone: () => gone })
  worker.onerror = ({ message }) => {
    const text = message || 'The program could not be loaded. Load this page again.'
    ties.report({ kind: 'failed', failure: { name: 'Error', message: text } })
  }
  worker.postMessage(start, [port2])
  return { gone: () => gone, end }
}
