// The error for a call that its caller aborted.
import { StableStudioError } from '../errors.ts'
import { adviceAfterPayment, type ErrorFacts, mayHavePaid } from './facts.ts'

/** @param facts the phase, and the payment if the call has made one. */
export function abortedError(
  { signal }: { signal?: AbortSignal | undefined },
  facts: ErrorFacts,
): StableStudioError {
  const moved = mayHavePaid(facts.payment ?? 'none')
  return new StableStudioError('The call was aborted.', {
    cause: signal?.reason,
    ...facts,
    code: 'aborted',
    safeToRetry: !moved,
    hint: moved ? adviceAfterPayment(facts) : 'Nothing was paid.',
  })
}
