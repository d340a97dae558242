// One run of a program in a worker of its own.
import type { Report, Start } from '../wire.ts'
import { type Relay, relay } from './relay.ts'

export type Program = {
  /** Whether it can still receive anything. */
  gone(): boolean
  /** Ends it at once, wherever it is. */
  end(): void
}

type Ties = Omit<Relay, 'gone'> & { report(report: Report): void }

export function startProgram(start: Start, { report, ...ties }: Ties): Program {
  const worker = new Worker(new URL('../program/worker.ts', import.meta.url), { type: 'module' })
  const { port1, port2 } = new MessageChannel()
  let gone = false
  const end = () => {
    gone = true
    worker.terminate()
    port1.close()
  }
  relay(port1, { ...ties, gone: () => gone })
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    if (!gone) report(data)
  }
  worker.onerror = ({ message }) => {
    const text = message || 'The program could not be loaded. Load this page again.'
    report({ kind: 'failed', failure: { name: 'Error', message: text } })
  }
  worker.postMessage(start, [port2])
  return { gone: () => gone, end }
}
