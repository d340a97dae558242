// Failures on demand: which step fails, how, how often, and how likely.
import { invalidOptions } from '../../errors/invalid-options.ts'
import type { InputIssue } from '../../errors.ts'
import {
  type Check,
  checkFlag,
  checkInteger,
  checkOptions,
  checkThat,
  checkWord,
} from '../../internal/check.ts'
import { checkText } from '../../internal/kind.ts'
import type { Random } from '../state/ids.ts'
import { type FaultStep, type Rule, rules, steps } from './fault-kinds.ts'
import type { EchoForm, Fault, Faults, FaultValues, Strike } from './fault-types.ts'

/** The public faults, and `strike`, which picks the one that strikes a request. */
export function createFaults(random: Random) {
  let entries: { fault: Fault; left: number }[] = []
  const faults: Faults = {
    add({ step, ...rest }) {
      const fault = { ...rest, step: step === 'asset' ? 'output' : step }
      const issues = checkFault(fault)
      if (issues.length > 0) throw invalidOptions('sandbox', issues)
      const entry = { fault, left: fault.times ?? 1 }
      entries.push(entry)
      return () => {
        entries = entries.filter((one) => one !== entry)
      }
    },
    clear() {
      entries = []
    },
  }
  const strike = (step: FaultStep): Strike | undefined => {
    const strikes = ({ fault, left }: (typeof entries)[number]) =>
      left > 0 && fault.step === step && random() < (fault.probability ?? 1)
    const hit = entries.find(strikes)
    if (!hit) return undefined
    hit.left -= 1
    const giveBack = () => {
      hit.left += 1
    }
    return { ...withDefaults(hit.fault), giveBack }
  }
  return { faults, strike }
}

/** For kinds without a status of their own. */
const anyStatus = [400, 503] as const

const forms: readonly EchoForm[] = ['raw', 'decoded', 'escaped', 'cut']

/** A fault as it strikes. */
function withDefaults({ kind, ms, status, state, error, form, page }: Fault): FaultValues {
  const rule: Rule = rules[kind]
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
function checkFault(fault: Fault): InputIssue[] {
  const rule: Rule | undefined = Object.hasOwn(rules, fault.kind) ? rules[fault.kind] : undefined
  const [leastStatus] = rule?.status ?? anyStatus
  const checks: Record<keyof Fault, Check> = {
    step: checkWord('step', rule?.steps ?? steps),
    kind: checkWord('kind', Object.keys(rules)),
    times: checkThat(
      (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) > 0),
      'must be an integer above 0 or Infinity',
    ),
    probability: checkThat((value) => Number(value) >= 0 && Number(value) <= 1, 'must be from 0 to 1'),
    ms: checkThat((value) => Number.isFinite(value) && Number(value) >= 0, 'must be 0 or more'),
    status: checkInteger(leastStatus, 599),
    state: checkText,
    error: checkText,
    form: checkWord('form', forms),
    page: checkFlag,
  }
  // These two are required.
  return checkOptions({ ...fault, step: fault.step ?? null, kind: fault.kind ?? null }, checks)
}
