// What options must look like. Each check says what is wrong with a value, or nothing.
import { isRecord } from './json.ts'
import { parseUsd } from './usd.ts'

export type Check = (value: unknown) => string | undefined

/** Every problem of some options, by name; an option that is `undefined` counts as not given. */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): { path: string; message: string }[] {
  if (!isRecord(options)) return [{ path: '', message: 'options must be an object' }]
  return Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    // A name may be a key that landed in the wrong place.
    const path = name.slice(0, 60)
    if (!check) return [{ path, message: `unknown option; known: ${Object.keys(checks).join(', ')}` }]
    const message = value === undefined ? undefined : check(value)
    return message ? [{ path, message }] : []
  })
}

/** An object whose fields all pass the same check. */
export function checkFields(names: readonly string[], check: Check): Check {
  return (value) => {
    if (!isRecord(value)) return `must be an object with ${names.join(', ')}`
    const checks = Object.fromEntries(names.map((name) => [name, check]))
    const problems = checkOptions(value, checks).map(
      ({ path, message }) => `${path}${names.includes(path) ? '' : ':'} ${message}`,
    )
    return problems.join('; ') || undefined
  }
}

/** A check from a test, and what to say when it fails. */
export function checkThat(passes: (value: unknown) => boolean, message: string): Check {
  return (value) => (passes(value) ? undefined : message)
}

export function checkOneOf(values: readonly unknown[]): Check {
  return checkThat((value) => values.includes(value), `must be one of ${values.join(', ')}`)
}

export const checkFunction = checkThat((value) => typeof value === 'function', 'must be a function')

export const checkFlag = checkThat((value) => typeof value === 'boolean', 'must be true or false')

export const checkUsd = checkThat(
  (value) => typeof value === 'string' && parseUsd(value) !== undefined,
  "must be USD as a decimal string with at most 6 decimals, such as '0.50'",
)

export const checkMs = checkThat(
  (value) => typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1,
  'must be a positive number of milliseconds',
)

export function checkInteger(min: number, max: number): Check {
  const passes = (value: unknown) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max
  return checkThat(passes, `must be an integer from ${min} to ${max}`)
}

/** One prompt to pay, and at least one to collect. */
export const checkPromptBudget = checkInteger(2, 100)

export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}
