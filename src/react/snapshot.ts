// What a component sees of a generation, and how the client's phases become it.
import {
  type AnyStableStudioError,
  isStableStudioError,
  type Job,
  type Output,
  type Phase,
  type Progress,
  type Quote,
} from '../index.ts'

export type GenerationState = 'idle' | 'pricing' | 'approving' | 'paying' | 'working' | 'done' | 'failed'

/** A generation at one moment. */
export type GenerationSnapshot = {
  /**
   * `pricing`: the price is asked for, files are uploaded. `approving`: `approve` or the wallet is asked. `paying`: the
   * payment is on its way. `working`: paid, the job runs. `failed`: see `error`.
   */
  readonly state: GenerationState
  /** The price, once it is known. */
  readonly quote: Quote | undefined
  /** Once it is paid. */
  readonly job: Job | undefined
  /** The last step that the client reported. */
  readonly progress: Progress | undefined
  /** Once the file is there. */
  readonly output: Output | undefined
  readonly error: AnyStableStudioError | undefined
}

export const idle: GenerationSnapshot = Object.freeze({
  state: 'idle',
  quote: undefined,
  job: undefined,
  progress: undefined,
  output: undefined,
  error: undefined,
})

const stateOf: Record<Phase, GenerationState> = {
  input: 'pricing',
  quote: 'pricing',
  upload: 'pricing',
  check: 'approving',
  approve: 'approving',
  sign: 'approving',
  pay: 'paying',
  poll: 'working',
  output: 'working',
}

export function afterProgress(before: GenerationSnapshot, progress: Progress): GenerationSnapshot {
  return { ...before, state: stateOf[progress.phase] ?? before.state, progress }
}

/**
 * Whether nothing is left to collect or to find out about after an error.
 * @param isOpen whether a payment may have been made before the call that failed.
 */
export function isOver(error: unknown, isOpen: boolean): boolean {
  if (!isStableStudioError(error)) return false
  if (error.name === 'JobFailedError' || error.code === 'output_expired' || error.code === 'delivery_lost')
    return true
  return !isOpen && error.job === undefined && (error.payment === 'none' || error.payment === 'rejected')
}
