// What a fault is: the step that fails, the way it fails, and how often.
import type { FaultKind, FaultStep } from './fault-kinds.ts'

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

/** How an echo repeats the values of headers. @inline */
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
