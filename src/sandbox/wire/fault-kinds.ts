// What each kind of fault takes: the steps where it makes sense, its statuses, and its defaults.
import type { InputIssue } from '../../errors.ts'
import type { EchoForm, Fault, FaultKind, FaultStep, FaultValues } from './fault-types.ts'

type Rule = {
  steps: readonly FaultStep[]
  /** The lowest and the default status, of the kinds that take one. */
  status?: readonly [least: number, usual: number]
  /** Default. */
  ms?: number
}

const every: readonly FaultStep[] = ['quote', 'pay', 'poll', 'list', 'upload', 'blob', 'confirm', 'asset']
const answered = every.filter((step) => step !== 'quote')
const paid: readonly FaultStep[] = ['pay', 'upload']
const jobs: readonly FaultStep[] = ['poll', 'list']

const rules: Record<FaultKind, Rule> = {
  refused: { steps: every },
  'reset-before': { steps: every },
  'reset-after': { steps: every },
  'no-answer': { steps: every },
  slow: { steps: every, ms: 1000 },
  status: { steps: every, status: [400, 503] },
  'status-after': { steps: every, status: [400, 503] },
  'receipt-status': { steps: answered, status: [200, 400] },
  'settlement-failed': { steps: paid },
  'settlement-failed-charged': { steps: paid },
  rechallenge: { steps: ['pay', 'upload', 'poll', 'list', 'confirm'] },
  rejected: { steps: paid },
  redirect: { steps: every },
  page: { steps: every, status: [200, 403] },
  html: { steps: every, status: [200, 200] },
  echo: { steps: every, status: [200, 400] },
  truncated: { steps: every },
  cut: { steps: every },
  'wrong-type': { steps: every },
  'stale-date': { steps: every, ms: 600_000 },
  'no-result': { steps: jobs },
  'unknown-state': { steps: jobs },
  'job-failed': { steps: ['poll'] },
}

const maxStatus = 599
/** For kinds that have none of their own: every error. */
const anyStatus = [400, 503] as const

const forms: readonly EchoForm[] = ['raw', 'decoded', 'escaped', 'cut']

/** A fault as it strikes. */
export function withDefaults({ kind, ms, status, state, error, form, page }: Fault): FaultValues {
  const rule = rules[kind]
  return {
    kind,
    error,
    form,
    ms: ms ?? rule.ms ?? 0,
    status: status ?? (rule.status ?? anyStatus)[1],
    state: state ?? 'finalizing',
    page: page ?? false,
  }
}

/** Everything that is wrong with a fault. */
export function checkFault(fault: Fault): InputIssue[] {
  const { step, kind, times = 1, probability = 1, ms = 0, status } = fault
  const issues: InputIssue[] = []
  const expect = (passes: boolean, path: string, message: string) => {
    if (!passes) issues.push({ path, message })
  }
  const rule = Object.hasOwn(rules, kind) ? rules[kind] : undefined
  const steps = rule?.steps ?? every
  expect(rule !== undefined, 'kind', `must be one of ${Object.keys(rules).join(', ')}`)
  expect(steps.includes(step), 'step', `must be one of ${steps.join(', ')}`)
  const isCount = Number.isInteger(times) || times === Number.POSITIVE_INFINITY
  expect(isCount && times > 0, 'times', 'must be an integer above 0 or Infinity')
  expect(probability >= 0 && probability <= 1, 'probability', 'must lie between 0 and 1')
  expect(Number.isFinite(ms) && ms >= 0, 'ms', 'must be 0 or more')
  const [least, usual] = rule?.status ?? anyStatus
  const isStatus = Number.isInteger(status ?? usual) && (status ?? usual) >= least
  expect(isStatus && (status ?? usual) <= maxStatus, 'status', `must lie between ${least} and ${maxStatus}`)
  return [...issues, ...checkTexts(fault)]
}

function checkTexts({ state, error, form, page }: Fault): InputIssue[] {
  const isText = (value: unknown) => value === undefined || (typeof value === 'string' && value !== '')
  return [
    ...(isText(state) ? [] : [{ path: 'state', message: 'must be a string that is not empty' }]),
    ...(isText(error) ? [] : [{ path: 'error', message: 'must be a string that is not empty' }]),
    ...(form === undefined || forms.includes(form)
      ? []
      : [{ path: 'form', message: `must be one of ${forms.join(', ')}` }]),
    ...(['undefined', 'boolean'].includes(typeof page)
      ? []
      : [{ path: 'page', message: 'must be a boolean' }]),
  ]
}
