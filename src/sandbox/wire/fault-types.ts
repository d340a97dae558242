// What a fault is: the step that fails, the way it fails, and how often.

/**
 * A step of a generation or upload: `quote` an unpaid request for a price · `pay` the paid request · `poll` and `list`
 * the job routes · `upload` the paid request for an upload ticket · `blob` the PUT of the bytes · `confirm` the
 * upload's confirmation · `output` the download.
 */
export type FaultStep = 'quote' | 'pay' | 'poll' | 'list' | 'upload' | 'blob' | 'confirm' | 'output'

/**
 * How a step fails.
 *
 * **Not processed, no money moves:**
 * - `refused`: no connection.
 * - `reset-before`: the connection breaks.
 * - `status`: an error status with JSON.
 * - `page`: an HTML page with any `status`, as from an edge in front of the service (a bot wall).
 * - `echo`: an error that repeats the request's headers, including payment and proof.
 * - `rechallenge`: a new challenge, whatever the request carried.
 * - `rejected`: the payment is refused for insufficient funds.
 * - `redirect`: 307 to another host.
 *
 * **Processed, money moves as usual:**
 * - `reset-after`: the answer is lost.
 * - `no-answer`: the answer never comes.
 * - `slow`: the answer comes after `ms`.
 * - `status-after`: the answer is replaced by an error status with JSON, without a receipt.
 * - `receipt-status`: the answer has another `status` and keeps the payment's receipt (`PAYMENT-RESPONSE`, or
 *   `Payment-Receipt` for MPP). Its body stays with a status from 200 to 299, so that 201 and 202 deliver; with any
 *   other it is JSON with an error. Strikes payments that settle, and successes of steps without payment.
 * - `html`: the answer is replaced by an HTML page with any `status`.
 * - `truncated`: only half of the body, with a matching length (of a quote: half of the challenge's header).
 * - `cut`: complete headers with the full length, and the connection breaks in the middle of the body.
 * - `wrong-type`: the answer comes as text/plain.
 * - `stale-date`: the answer comes as from a cache, with a `Date` that is `ms` old and an `Age`.
 *
 * **The job, in an answer to its owner (other answers do not use up the fault):**
 * - `no-result`: a complete job is shown without its result, once per strike.
 * - `unknown-state`: a job is shown in the state `state`, without a result, once per strike.
 * - `job-failed`: the job fails for good. It stays paid.
 *
 * **Settlement:**
 * - `settlement-failed`: the job is made, no money moves, 500.
 * - `settlement-failed-charged`: the job is made, the money moves, 500 nevertheless.
 */
export type FaultKind =
  | 'refused'
  | 'reset-before'
  | 'reset-after'
  | 'no-answer'
  | 'slow'
  | 'status'
  | 'status-after'
  | 'receipt-status'
  | 'settlement-failed'
  | 'settlement-failed-charged'
  | 'rechallenge'
  | 'rejected'
  | 'redirect'
  | 'page'
  | 'html'
  | 'echo'
  | 'truncated'
  | 'cut'
  | 'wrong-type'
  | 'stale-date'
  | 'no-result'
  | 'unknown-state'
  | 'job-failed'

/** One fault to inject. */
export type Fault = {
  /** `asset` is what `output` was called in 0.1. */
  step: FaultStep | 'asset'
  kind: FaultKind
  /** How often it strikes; `Infinity`: forever. @default 1 */
  times?: number | undefined
  /** How likely (0 to 1) it strikes a request of its step; drawn from the seed. @default 1 */
  probability?: number | undefined
  /**
   * Kind `slow`: how long the answer is held back, real ms. Kind `stale-date`: how old the answer's `Date` is, ms.
   * @default 1000 for `slow`, 600000 for `stale-date`
   */
  ms?: number | undefined
  /**
   * 400 to 599 for `status` and `status-after` (429 comes with `Retry-After: 1`), 200 to 599 for
   * `receipt-status`, `page`, `html` and `echo`.
   * @default 503 for `status` and `status-after`, 403 for `page`, 200 for `html`, 400 for `receipt-status` and `echo`
   */
  status?: number | undefined
  /** Kind `unknown-state`: the state. @default 'finalizing' */
  state?: string | undefined
  /** Kind `job-failed`: why the job failed. @default the error of a moderated prompt */
  error?: string | undefined
  /**
   * Kind `echo`: how header values are repeated: `raw` as sent · `decoded` the JSON inside payment and proof ·
   * `escaped` both, escaped as in a JSON string · `cut` without their last third.
   * @default all of them
   */
  form?: EchoForm | undefined
  /** Kind `echo`: as an HTML page instead of JSON. @default false */
  page?: boolean | undefined
}

/** How an echo repeats the values of headers. */
export type EchoForm = 'raw' | 'decoded' | 'escaped' | 'cut'

/** Failures on demand. */
export type Faults = {
  /**
   * Adds a fault. Of several for one step, the first one added strikes first.
   * @returns a function that removes it.
   * @throws {InvalidInputError} `invalid_config`, when the step cannot fail that way.
   */
  add(fault: Fault): () => void
  /** Removes all faults. */
  clear(): void
}

/** A fault with its defaults. */
export type FaultValues = Pick<Fault, 'kind' | 'error' | 'form'> &
  Required<{ [name in 'ms' | 'status' | 'state' | 'page']: NonNullable<Fault[name]> }>

/** A fault that strikes now. */
export type Strike = FaultValues & {
  /** Returns the strike: there was nothing that it could change. */
  giveBack(): void
}
