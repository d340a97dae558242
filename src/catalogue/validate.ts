// Validates an operation's input locally: every problem, with the allowed values, in one error.
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { awaitIt, isPromise, unknown } from '../internal/check.ts'
import { isPlain, isRecord } from '../internal/json.ts'
import { wrongKind } from '../internal/kind.ts'
import { safeText } from '../internal/text.ts'
import type * as z from '../internal/zod.ts'
import type { InputSchema } from './operation.ts'
import { findOperation } from './operations.ts'
import { suggestOperation } from './suggest.ts'

type Issue = z.core.$ZodRawIssue

const namePattern = /^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._-]*$/i

/**
 * The body to send for an input. Fields that are `undefined` are left out; `null` and unknown fields are refused.
 *
 * @throws {InvalidInputError} listing every problem, before anything has left the machine.
 */
export function validateInput(operation: string, input: unknown): Record<string, unknown> {
  if (typeof operation !== 'string' || !namePattern.test(operation)) throw misnamed(operation)
  if (!isPlain(input) || isPromise(input)) {
    throw invalid(operation, [{ path: '', message: wrongKind(input, 'must be a plain object') }])
  }
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const known = findOperation(operation)
  if (!known) return requireJson(operation, given)
  const parsed = known.input.safeParse(given, { error: issueText })
  if (parsed.success) return parsed.data as Record<string, unknown>
  throw invalid(operation, parsed.error.issues.map(toInputIssue).filter(isFirstOfPath))
}

function misnamed(operation: unknown): InvalidInputError {
  const must = "must be named '{model}/{operation}'"
  if (typeof operation === 'string')
    return invalid(operation, [
      { path: '', message: [must, suggestOperation(operation)].filter(Boolean).join('. ') },
    ])
  const isQuote = isRecord(operation) && typeof operation.usd === 'string'
  const message = isQuote
    ? 'is a Quote: pay it with submit(quote), then wait(job)'
    : wrongKind(operation, must)
  return invalid('this operation', [{ path: 'operation', message }])
}

/** For a string in place of a list, zod also complains about its length, in characters. */
function isFirstOfPath({ path }: InputIssue, index: number, all: readonly InputIssue[]): boolean {
  return all.findIndex((one) => one.path === path) === index
}

function toInputIssue(issue: { path: readonly PropertyKey[]; message: string }): InputIssue {
  return { path: safeText(issue.path.map(String).join('.')), message: issue.message }
}

/** The message of a schema issue: `zod/mini` has none. Values are not repeated: they may be the prompt. */
function issueText(issue: Issue): string {
  if (isPromise(issue.input)) return awaitIt
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.input, typeNames[issue.expected] ?? issue.expected)
    case 'invalid_value': {
      const must = `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
      const looksRight = typeof issue.input === 'number' && issue.values.includes(String(issue.input))
      return looksRight ? `${must}, as a string` : must
    }
    case 'too_small':
      return `must be at least ${issue.minimum}${unit(issue.origin, issue.minimum)}`
    case 'too_big':
      return `must be at most ${issue.maximum}${unit(issue.origin, issue.maximum)}`
    case 'unrecognized_keys':
      return unknownFields(issue.keys, Object.keys((issue.inst as Partial<InputSchema>)?.shape ?? {}))
    case 'invalid_format':
      return `must be a valid ${issue.format}`
    default:
      return issue.message ?? 'is not allowed'
  }
}

const typeNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

function unit(origin: string, count: number | bigint): string {
  const names: Record<string, string> = { string: ' character', array: ' item' }
  const name = names[origin]
  return name ? `${name}${Number(count) === 1 ? '' : 's'}` : ''
}

function wrongType(input: unknown, expected: string): string {
  if (input === undefined) return 'is required'
  const must = `must be ${expected}`
  // A number that is no integer; or a string that may be a placeholder for bytes.
  const telling = !(Number.isFinite(input) && expected === typeNames.int) && expected !== typeNames.array
  return telling || input === null ? wrongKind(input, must) : must
}

/** Spellings differ from model to model, so the known fields are listed unless the name is only misspelt. */
function unknownFields(keys: readonly string[], known: readonly string[]): string {
  const [key = '', ...more] = keys
  if (more.length === 0) return unknown(`field: ${safeText(key)}`, key, known)
  return `unknown fields: ${safeText(keys.join(', '))}; known: ${known.join(', ')}`
}

/** The input of an unknown operation must be plain JSON, or another body would be priced. */
function requireJson(operation: string, input: Record<string, unknown>): Record<string, unknown> {
  const issues = Object.entries(input).flatMap(([path, value]) =>
    isJson(value, 0) ? [] : [{ path: safeText(path), message: 'must be plain JSON' }],
  )
  if (issues.length > 0) throw invalid(operation, issues)
  // A copy: neither later changes nor a getter may make it another body than the priced one.
  return JSON.parse(JSON.stringify(input))
}

function isJson(value: unknown, depth: number): boolean {
  if (depth > 16) return false
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every((one) => isJson(one, depth + 1))
  return isPlain(value) && Object.values(value).every((one) => isJson(one, depth + 1))
}

function invalid(operation: string, issues: InputIssue[]): InvalidInputError {
  return new InvalidInputError(`Invalid input for ${safeText(operation)}.`, {
    issues,
    hint: 'Nothing was paid. Correct the fields above and call again.',
  })
}
