// From an error to the exit code of the table in docs/command.md, and to what a person at a terminal can do now.
import { type ErrorCode, isStableStudioError, type StableStudioError } from '../index.ts'
import { exits } from './exit-codes.ts'

const notPaid = [
  'OfferRefusedError',
  'LimitExceededError',
  'ApprovalDeniedError',
  'WalletError',
  'PaymentRejectedError',
]

export function exitCodeOf(error: unknown): number {
  if (!isStableStudioError(error)) return exits.failed
  const { name, code, payment, job } = error
  if (name === 'JobFailedError') return exits.jobFailed
  if (name === 'OutputError') return exits.notSaved
  if (name === 'JobTimeoutError' || job) return exits.notFinished
  // What was charged and has no job is found by the same command as what may have been charged.
  if (payment === 'sent' || payment === 'unknown' || payment === 'settled') return exits.unknown
  if (code === 'aborted') return exits.interrupted
  if (name === 'InvalidInputError' || name === 'UnknownOperationError') return exits.usage
  if (notPaid.includes(name) || name === 'SignInError') return exits.notPaid
  if (name === 'ServiceError' || code === 'store_failed') return exits.tryAgain
  return exits.failed
}

/** What to do, in commands and flags. The errors' own hints speak of functions. */
export function adviceFor(error: StableStudioError): string | undefined {
  const { code, job } = error
  switch (exitCodeOf(error)) {
    case exits.notFinished:
      return `It is paid. This goes on waiting, and pays nothing:\nstablestudio wait ${job?.id ?? ''}`.trimEnd()
    case exits.notSaved:
      return job
        ? `It is paid. Save it elsewhere before it expires:\nstablestudio wait ${job.id} -o elsewhere`
        : error.hint
    case exits.unknown:
      return 'Do not pay again. This finds the job, or shows that nothing was charged:\nstablestudio recover'
    case exits.jobFailed:
      return 'It stays paid. Change the input before you try again.'
  }
  if ((error as { category?: unknown }).category === 'funds') return byCode.insufficient_funds
  const meant = code === 'unknown_operation' ? /Did you mean [^?]*\?/.exec(error.hint ?? '')?.[0] : undefined
  return [meant, byCode[code] ?? error.hint].filter(Boolean).join(' ')
}

const byCode: { [code in ErrorCode]?: string } = {
  limit_per_call: 'Nothing was signed. `stablestudio limits set per-call USD` raises the limit.',
  limit_per_day:
    'Nothing was signed. `stablestudio limits set per-day USD` raises the limit; else wait for tomorrow (UTC).',
  limit_total: 'Nothing was signed. `stablestudio limits set total USD` raises the limit.',
  price_above_max:
    'It was not paid. Run the command again to see the price; if it is right, raise `--max-price`.',
  price_changed: 'Nothing was signed. Run the command again to see the new price.',
  max_price_required: 'Nothing was signed. The price of this operation is not known: set `--max-price`.',
  unknown_operation:
    'Nothing was paid. `stablestudio models` lists them; one that this version does not know needs `--max-price`.',
  price_above_list:
    'Nothing was signed. A price far above the list often means that the service could not read the input.',
  idempotency_conflict: 'Nothing was paid. Choose another `--key` for another input.',
  insufficient_funds: 'Nothing was charged. `stablestudio fund` shows where to send USDC.',
  aborted: 'Nothing was paid.',
  network_error: 'Nothing was paid. Run the command again.',
  timeout: 'Nothing was paid. Run the command again, with a longer `--timeout`.',
}

/** An error as lines for people: what is wrong, then what to do. */
export function linesOf(error: unknown): string[] {
  if (!isStableStudioError(error)) return [error instanceof Error ? error.message : String(error)]
  const text = [error.shortMessage, error.details, adviceFor(error)]
  return text.flatMap((part) => (part ? part.split('\n') : []))
}
