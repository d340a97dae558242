// Options of a single call, validated before anything leaves the machine.
import { timingOf } from './catalogue/operations.ts'
import { abortedError } from './errors/aborted.ts'
import type { PaymentState } from './errors/facts.ts'
import { type InputIssue, InvalidInputError } from './errors.ts'
import {
  type Check,
  checkFunction,
  checkInteger,
  checkMs,
  checkOptions,
  checkPromptBudget,
  checkSignal,
  checkThat,
  checkUsd,
  checkWord,
} from './internal/check.ts'
import { createDeadline, type Deadline, type Instant } from './internal/time.ts'
import { parseUsd } from './internal/usd.ts'
import type { Job, Phase, StatusName } from './types.ts'

/** The progress of a call. */
export type Progress = {
  /** `quote`, `approve`, `sign`, `pay`; `poll` while the job works; `output` once its asset is ready. */
  phase: Phase
  /** The job's status, once there is one. */
  status?: string
  /** 0 to 100, as the service reports it. */
  progress?: number
  /** ms since the call began. */
  elapsedMs: number
  /** ms that such a job typically takes. */
  expectedMs?: number
  /** ms until the next poll. With a wallet that prompts a person, ms until the next prompt. */
  nextPollInMs?: number
}

/** Options of `wait`. */
export type WaitOptions = {
  /** Ends the call. A payment already sent is not undone: the error carries the attempt or the job. */
  signal?: AbortSignal | undefined
  /**
   * Time limit of the whole call, ms, at most 2147483647 (24 days).
   * @default depends on operation and input: images 5 min (4K 10), gpt-image 10 min, videos 15 min (long ones 20)
   */
  timeout?: number | undefined
  /** Called on every step. Errors that it throws are ignored. */
  onProgress?: ((progress: Progress) => void) | undefined
  /**
   * How often the wallet should prompt a person for this generation, including the payment; 2 to 100.
   * @default the client's `promptBudget`
   */
  promptBudget?: number | undefined
}

/** Options of `run` and `submit`. */
export type RunOptions = WaitOptions & {
  /** The most that this call may cost, as a USD decimal string. Replaces the list price check, never `limits`. */
  maxPrice?: string | undefined
  /**
   * Makes the call repeatable: the same key with the same input is the same attempt, and pays once. Works across all
   * processes that share the store.
   */
  idempotencyKey?: string | undefined
}

/** What a call has paid so far, and its phase. Updated as the call goes on, and reported in errors. */
export type Trace = {
  phase: Phase
  /** `unknown` from the moment a payment may have been sent. */
  payment: PaymentState
  attemptId?: string | undefined
  job?: Job | undefined
  /** What its uploads cost so far, atomic units: they stay paid if the generation fails. */
  uploads?: bigint | undefined
  /** Whether repeating the call continues the same attempt. */
  keyed: boolean
}

/** Clears an attempt that moved no money. */
export function traceNothing(trace: Trace): void {
  Object.assign(trace, { payment: 'none', attemptId: undefined, job: undefined })
}

/** One call's options, ready for use. */
export type Call = {
  trace: Trace
  deadline: Deadline
  startedAt: number
  maxPrice: bigint | undefined
  idempotencyKey: string | undefined
  promptBudget: number | undefined
  /** ms that such a job typically takes. */
  expectedMs: number
  /** Whether `expectedMs` already reflects the input. If not, the job reports the input later. */
  knowsInput: boolean
  onProgress: WaitOptions['onProgress']
  report(progress: Report): void
}

/** A {@link Progress} as actions report it. The times are added if there is a listener. */
export type Report = Omit<Progress, 'elapsedMs' | 'expectedMs'>

/** Option names of calls that wait, and of calls that pay. */
export const waitingOptions: readonly string[] = ['signal', 'timeout', 'onProgress', 'promptBudget']
export const payingOptions: readonly string[] = [...waitingOptions, 'maxPrice', 'idempotencyKey']

/** The start of a call. */
export type CallStart = {
  /** Sets the typical time and the deadline. @default those of an unknown operation */
  operation?: string
  /** As the caller passed it, unchecked. Only used to estimate how long the job takes. */
  input?: unknown
  options: unknown
  /** Names of the options that this call accepts. */
  known: readonly string[]
  /** The time limit if `timeout` is not set. @default the operation's deadline */
  timeoutMs?: number
  /** The instant sandbox that the call works on. */
  instant?: Instant | undefined
  /** Checks of options that only this call has. */
  checks?: Readonly<Record<string, Check>>
}

/** @throws {InvalidInputError} listing every wrong option. */
export function startCall(start: CallStart): Call {
  const { operation = '', input, options, known, timeoutMs, instant } = start
  const given = readOptions(options ?? {}, known, start.checks)
  const { typicalSeconds, deadlineSeconds } = timingOf(operation, input)
  return {
    startedAt: Date.now(),
    expectedMs: typicalSeconds * 1000,
    knowsInput: input !== undefined,
    trace: { phase: 'input', payment: 'none', keyed: given.idempotencyKey !== undefined },
    deadline: createDeadline(given.timeout ?? timeoutMs ?? deadlineSeconds * 1000, given.signal, instant),
    maxPrice: given.maxPrice === undefined ? undefined : parseUsd(given.maxPrice),
    idempotencyKey: given.idempotencyKey,
    promptBudget: given.promptBudget,
    onProgress: given.onProgress,
    report,
  }
}

function readOptions(options: unknown, known: readonly string[], own: CallStart['checks']): RunOptions {
  const shared = Object.entries(checks).filter(([name]) => known.includes(name))
  const issues = checkOptions(options, { ...Object.fromEntries(shared), ...own })
  if (issues.length > 0) throw wrongOptions(issues)
  return options as RunOptions
}

export function wrongOptions(issues: readonly InputIssue[]): InvalidInputError {
  return new InvalidInputError('Invalid options for this call.', {
    issues,
    hint: 'Nothing was sent and nothing was paid.',
  })
}

/** Shared by all calls, since a thousand may wait at once. */
function report(this: Call, progress: Report): void {
  const { onProgress, expectedMs, startedAt, trace } = this
  trace.phase = progress.phase
  if (!onProgress) return
  try {
    const returned: unknown = onProgress({ ...progress, expectedMs, elapsedMs: Date.now() - startedAt })
    Promise.resolve(returned).catch(() => {})
  } catch {
    // A listener never disturbs a payment.
  }
}

const checkKey = checkThat(
  (value) => typeof value === 'string' && value.length > 0 && value.length <= 256,
  'must be a string of 1 to 256 characters',
)

const checkString = checkThat((value) => typeof value === 'string', 'must be a string')

/** A status that the service does not have would list nothing, without a word. */
const statuses: Record<StatusName, true> = { pending: true, loading: true, complete: true, failed: true }

const checks: Readonly<Record<string, Check>> = {
  timeout: checkMs,
  maxPrice: checkUsd,
  promptBudget: checkPromptBudget,
  onProgress: checkFunction,
  signal: checkSignal,
  idempotencyKey: checkKey,
  attemptId: checkKey,
  jobId: checkKey,
  filename: checkString,
  mediaType: checkString,
  status: checkWord('status', Object.keys(statuses)),
  limit: checkInteger(1, 100),
}

/** Throws if the call's signal has aborted. */
export function throwIfAborted(deadline: Deadline, phase: Phase): void {
  if (deadline.signal?.aborted) throw abortedError(deadline, { phase })
}
