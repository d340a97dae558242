// What the values of options must look like: each check says what is wrong, or nothing.
import { isRecord } from './json.ts'
import { parseUsd } from './usd.ts'

export function checkFields(
  value: unknown,
  names: readonly string[],
  check: (value: unknown) => string | undefined,
): string | undefined {
  if (!isRecord(value)) return `must be an object with ${names.join(', ')}`
  const problems = Object.entries(value).flatMap(([name, field]) => {
    if (!names.includes(name)) return [`${name.slice(0, 60)} is unknown; there are ${names.join(', ')}`]
    const problem = field === undefined ? undefined : check(field)
    return problem ? [`${name} ${problem}`] : []
  })
  return problems.length > 0 ? problems.join('; ') : undefined
}

/** What an amount must look like. */
export function checkUsd(value: unknown): string | undefined {
  if (typeof value === 'string' && parseUsd(value) !== undefined) return undefined
  return "must be USD as a decimal string with at most 6 decimals, such as '0.50'"
}

/** What a duration must look like. */
export function checkMs(value: unknown): string | undefined {
  const fine = typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1
  return fine ? undefined : 'must be a positive number of milliseconds'
}

export function checkFlag(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false'
}

export function checkCount(value: unknown): string | undefined {
  const fine = Number.isInteger(value) && (value as number) > 0 && (value as number) <= 1_000
  return fine ? undefined : 'must be a whole number from 1 to 1000'
}

/** What a number of prompts must look like: one to pay, and at least one to collect. */
export function checkPromptBudget(value: unknown): string | undefined {
  const fine = Number.isInteger(value) && (value as number) >= 2 && (value as number) <= 100
  return fine ? undefined : 'must be an integer from 2 to 100'
}

export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}
