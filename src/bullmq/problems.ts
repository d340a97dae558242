// What is wrong with options and arguments: every problem in one error, before anything is queued.
import { type ErrorCode, type InputIssue, InvalidInputError } from '../index.ts'

export type Check = (value: unknown) => string | undefined

/** Adds a problem for each wrong or unknown option. */
export function checkAll(
  given: unknown,
  checks: Readonly<Record<string, Check>>,
  issues: InputIssue[],
  path = '',
): void {
  if (typeof given !== 'object' || given === null) {
    issues.push({ path, message: 'must be an object' })
    return
  }
  for (const name of Object.keys(given))
    if (!Object.hasOwn(checks, name))
      issues.push({
        path: `${path}${name.slice(0, 60)}`,
        message: `unknown option; known: ${Object.keys(checks).join(', ')}`,
      })
  for (const [name, check] of Object.entries(checks)) {
    const message = check((given as Record<string, unknown>)[name])
    if (message) issues.push({ path: `${path}${name}`, message })
  }
}

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value)

export const integer = (least: number, most: number): Check =>
  optional((value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`,
  )

export const oneOf = (...words: readonly string[]): Check =>
  optional((value) => (words.includes(value as string) ? undefined : `must be ${words.join(' or ')}`))

export const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')

export function throwIfAny(
  subject: string,
  issues: readonly InputIssue[],
  code: ErrorCode = 'invalid_config',
): void {
  if (issues.length === 0) return
  throw new InvalidInputError(`Invalid ${subject}.`, {
    code,
    issues,
    hint: 'Nothing was queued and nothing was paid. Correct the values above.',
  })
}
