// One line of JSON for each event. Events have no prompt, no key and no signature, so the lines have none either.
import type { StableStudioClient, StudioEventName } from 'stablestudio'

const names: StudioEventName[] = [
  'payment.reserved',
  'payment.settled',
  'payment.rejected',
  'payment.unknown',
  'job.created',
  'job.completed',
  'job.failed',
  'budget.low',
]

/** @param write takes a line, such as `(line) => process.stdout.write(line)`. */
export function logEvents(studio: StableStudioClient, write: (line: string) => void): () => void {
  const off = names.map((event) =>
    studio.on(event, (payload) =>
      write(`${JSON.stringify({ at: new Date().toISOString(), event, ...payload })}\n`),
    ),
  )
  return () => {
    for (const one of off) one()
  }
}
