// What can be made to go wrong, in words. `world.ts` and `session.ts` make it happen.

export type FaultName = 'lost' | 'greedy' | 'slow' | 'crash'

export type FaultFacts = {
  /** The label of its button. */
  label: string
  /** What happens, in a sentence. */
  says: string
}

export const faults: Record<FaultName, FaultFacts> = {
  lost: {
    label: 'Lost answer',
    says: 'The service takes the payment, and the connection breaks before its answer arrives.',
  },
  greedy: { label: '$900 offer', says: 'The service asks for $900.' },
  slow: { label: 'Slow job', says: 'The job is paid, and takes longer than the call waits.' },
  crash: {
    label: 'Crash',
    says: 'The page of the program dies right after its payment has arrived, before the answer.',
  },
}
