// What options must look like. Each check says what is wrong with a value, or nothing.
import { didYouMean } from './did-you-mean.ts'
import { isRecord } from './json.ts'
import { isAbortSignal } from './realm.ts'
import { readIsoTime } from './time.ts'
import { parseUsd } from './usd.ts'

export type Check = (value: unknown) => string | undefined

/** Every problem of some options, by name; an option that is `undefined` counts as not given. */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
): { path: string; message: string }[] {
  if (!isRecord(options)) return [{ path: '', message: 'options must be an object' }]
  if (isPromise(options)) return [{ path: '', message: `options ${awaitIt}` }]
  return Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    // A name may be a key that landed in the wrong place.
    const path = name.slice(0, 60)
    if (!check) return [{ path, message: unknown('option', path, Object.keys(checks)) }]
    const message = value === undefined ? undefined : check(value)
    return message ? [{ path, message: isPromise(value) ? awaitIt : message }] : []
  })
}

/** What is wrong with a name that is not known: what it most likely means, else what there is. */
export function unknown(what: string, name: unknown, known: readonly string[]): string {
  const meant = typeof name === 'string' ? didYouMean(name, known) : undefined
  return `unknown ${what}${meant ? `. Did you mean ${meant}?` : `; known: ${known.join(', ')}`}`
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

/** One of some words. @param what what they name, such as `event`. */
export function checkWord(what: string, words: readonly string[]): Check {
  return (value) => (words.includes(value as string) ? undefined : unknown(what, value, words))
}

export const checkFunction = checkThat((value) => typeof value === 'function', 'must be a function')

export const checkFlag = checkThat((value) => typeof value === 'boolean', 'must be true or false')

export const checkSignal = checkThat(isAbortSignal, 'must be an AbortSignal')

export const checkUsd = checkThat(
  (value) => typeof value === 'string' && parseUsd(value) !== undefined,
  "must be USD as a decimal string with at most 6 decimals, such as '0.50'",
)

export const checkMs = checkThat(
  (value) => typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1,
  'must be a positive number of milliseconds, at most 2147483647',
)

export const checkTime = checkThat(
  (value) => typeof value === 'string' && !Number.isNaN(readIsoTime(value)),
  "must be a time in ISO 8601 with a zone, such as '2026-11-22T12:00:00Z'",
)

export function checkInteger(min: number, max: number): Check {
  const passes = (value: unknown) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max
  return checkThat(passes, `must be an integer from ${min} to ${max}`)
}

/** One prompt to pay, and at least one to collect. */
export const checkPromptBudget = checkInteger(2, 100)

/** Whether a value has these methods. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

export const isPromise = (value: unknown) => hasMethods(value, ['then'])

export const awaitIt = 'is a Promise: await it'
