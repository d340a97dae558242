// Failures on demand: which step fails how, how often, and with which probability.
import type { InputIssue } from '../errors.ts'
import type { Random } from './ids.ts'
import { invalidConfig } from './invalid.ts'

/**
 * A step of a generation or upload: `quote` an unpaid request for a price · `pay` the paid request · `poll` and `list`
 * the job routes · `upload` the paid request for an upload ticket · `blob` the PUT of the bytes · `confirm` the
 * upload's confirmation · `asset` the download.
 */
export type FaultStep = 'quote' | 'pay' | 'poll' | 'list' | 'upload' | 'blob' | 'confirm' | 'asset'

/**
 * How a step fails.
 *
 * Not processed: `refused` no connection · `reset-before` the connection breaks · `status` an error status ·
 * `rechallenge` a fresh challenge, whatever the request carried · `rejected` the payment is refused for lack of funds ·
 * `redirect` 307 to another host.
 *
 * Processed, money moved where it would: `reset-after` the answer is lost · `no-answer` it never comes · `slow` it comes
 * after `ms` · `status-after` it is replaced by an error status · `html` by a page · `truncated` it is cut in the middle
 * (of a quote: the challenge's header) · `wrong-type` it is sent as text/plain.
 *
 * Settlement: `settlement-failed` the job is made, no money moves, 500 · `settlement-failed-charged` the job is made,
 * the money moves, and still 500.
 */
export type FaultKind =
  | 'refused'
  | 'reset-before'
  | 'reset-after'
  | 'no-answer'
  | 'slow'
  | 'status'
  | 'status-after'
  | 'settlement-failed'
  | 'settlement-failed-charged'
  | 'rechallenge'
  | 'rejected'
  | 'redirect'
  | 'html'
  | 'truncated'
  | 'wrong-type'

/** One fault to inject. */
export type Fault = {
  step: FaultStep
  kind: FaultKind
  /** How often it strikes; `Infinity` for ever. @default 1 */
  times?: number | undefined
  /** With which probability (0 to 1) it strikes a request of its step; drawn from the seed. @default 1 */
  probability?: number | undefined
  /** Kind `slow`: how long the answer is held back, real ms. @default 1000 */
  ms?: number | undefined
  /** Kinds `status` and `status-after`: the status. 429 comes with `Retry-After: 1`. @default 503 */
  status?: number | undefined
}

/** Failures on demand. */
export type Faults = {
  /**
   * Adds a fault; of several for one step the one that was added first strikes first.
   * @returns a function that takes it away again.
   * @throws {InvalidInputError} `invalid_config`, when the step cannot fail in that way.
   */
  add(fault: Fault): () => void
  /** Takes all faults away. */
  clear(): void
}

/** A fault that strikes now. */
export type Strike = { kind: FaultKind; ms: number; status: number }

const paid: readonly FaultStep[] = ['pay', 'upload']
const every: readonly FaultStep[] = ['quote', 'pay', 'poll', 'list', 'upload', 'blob', 'confirm', 'asset']

/** On which steps a kind makes sense. */
const stepsOf: Record<FaultKind, readonly FaultStep[]> = {
  refused: every,
  'reset-before': every,
  'reset-after': every,
  'no-answer': every,
  slow: every,
  status: every,
  'status-after': every,
  'settlement-failed': paid,
  'settlement-failed-charged': paid,
  rechallenge: ['pay', 'upload', 'poll', 'list', 'confirm'],
  rejected: paid,
  redirect: every,
  html: every,
  truncated: every,
  'wrong-type': every,
}

/** The faults, and the sandbox's own way to ask for the one that strikes a request. */
export function createFaults(random: Random): {
  faults: Faults
  strike(step: FaultStep): Strike | undefined
} {
  let pending: Array<{ fault: Fault; left: number }> = []
  const faults: Faults = {
    add(fault) {
      const issues = check(fault)
      if (issues.length > 0) throw invalidConfig(issues)
      const entry = { fault: { ...fault }, left: fault.times ?? 1 }
      pending.push(entry)
      return () => {
        pending = pending.filter((one) => one !== entry)
      }
    },
    clear() {
      pending = []
    },
  }
  const strike = (step: FaultStep): Strike | undefined => {
    const hit = pending.find(({ fault }) => fault.step === step && random() < (fault.probability ?? 1))
    if (!hit) return undefined
    hit.left -= 1
    if (hit.left <= 0) pending = pending.filter((one) => one !== hit)
    const { kind, ms = 1000, status = 503 } = hit.fault
    return { kind, ms, status }
  }
  return { faults, strike }
}

function check({ step, kind, times = 1, probability = 1, ms = 0, status = 503 }: Fault): InputIssue[] {
  const issues: InputIssue[] = []
  const expect = (passes: boolean, path: string, message: string) => {
    if (!passes) issues.push({ path, message })
  }
  const steps = Object.hasOwn(stepsOf, kind) ? stepsOf[kind] : undefined
  expect(steps !== undefined, 'kind', `must be one of ${Object.keys(stepsOf).join(', ')}`)
  expect((steps ?? every).includes(step), 'step', `must be one of ${(steps ?? every).join(', ')}`)
  const isCount = Number.isInteger(times) || times === Number.POSITIVE_INFINITY
  expect(isCount && times > 0, 'times', 'must be an integer above 0 or Infinity')
  expect(probability >= 0 && probability <= 1, 'probability', 'must lie between 0 and 1')
  expect(Number.isFinite(ms) && ms >= 0, 'ms', 'must be 0 or more')
  expect(Number.isInteger(status) && status >= 400 && status <= 599, 'status', 'must lie between 400 and 599')
  return issues
}
