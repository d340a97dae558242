// The rules for each kind of fault: its steps, its statuses, and its defaults.
import type { InputIssue } from '../../errors.ts'
import {
  type Check,
  checkFlag,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkThat,
} from '../../internal/check.ts'
import type { EchoForm, Fault, FaultKind, FaultStep, FaultValues } from './fault-types.ts'

type Rule = {
  steps: readonly FaultStep[]
  /** The lowest and the default status, for kinds that have one. */
  status?: readonly [least: number, usual: number]
  /** Default. */
  ms?: number
}

const every: readonly FaultStep[] = ['quote', 'pay', 'poll', 'list', 'upload', 'blob', 'confirm', 'output']
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
/** For kinds without a status of their own. */
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

const checkText = checkThat(
  (value) => typeof value === 'string' && value !== '',
  'must be a non-empty string',
)

/** Everything that is wrong with a fault. */
export function checkFault(fault: Fault): InputIssue[] {
  const rule = Object.hasOwn(rules, fault.kind) ? rules[fault.kind] : undefined
  const [leastStatus] = rule?.status ?? anyStatus
  const checks: Record<keyof Fault, Check> = {
    step: checkOneOf(rule?.steps ?? every),
    kind: checkOneOf(Object.keys(rules)),
    times: checkThat(
      (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) > 0),
      'must be an integer above 0 or Infinity',
    ),
    probability: checkThat((value) => Number(value) >= 0 && Number(value) <= 1, 'must be from 0 to 1'),
    ms: checkThat((value) => Number.isFinite(value) && Number(value) >= 0, 'must be 0 or more'),
    status: checkInteger(leastStatus, maxStatus),
    state: checkText,
    error: checkText,
    form: checkOneOf(forms),
    page: checkFlag,
  }
  // These two are required.
  return checkOptions({ ...fault, step: fault.step ?? null, kind: fault.kind ?? null }, checks)
}
