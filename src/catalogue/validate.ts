// Validates an operation's input locally: every problem, with the allowed values, in one error.
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import type * as z from '../internal/zod.ts'
import type { InputSchema } from './operation.ts'
import { findOperation } from './operations.ts'

type Issue = z.core.$ZodRawIssue

const namePattern = /^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._-]*$/i

/**
 * The body to send for an input. Fields that are `undefined` are left out; `null` and unknown fields are refused.
 *
 * @throws {InvalidInputError} listing every problem, before anything has left the machine.
 */
export function validateInput(operation: string, input: unknown): Record<string, unknown> {
  if (typeof operation !== 'string' || !namePattern.test(operation)) {
    throw invalid(typeof operation === 'string' ? operation : 'this operation', [
      { path: '', message: "must be named '{model}/{operation}'" },
    ])
  }
  if (!isPlain(input)) throw invalid(operation, [{ path: '', message: 'must be a plain object' }])
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const known = findOperation(operation)
  if (!known) return requireJson(operation, given)
  const parsed = known.input.safeParse(given, { error: issueText })
  if (parsed.success) return parsed.data as Record<string, unknown>
  throw invalid(operation, parsed.error.issues.map(toInputIssue).filter(isFirstOfPath))
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
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is required'
        : `must be ${typeNames[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `must be at least ${issue.minimum}${unit(issue.origin, issue.minimum)}`
    case 'too_big':
      return `must be at most ${issue.maximum}${unit(issue.origin, issue.maximum)}`
    case 'unrecognized_keys':
      return `unknown field${issue.keys.length > 1 ? 's' : ''}: ${safeText(issue.keys.join(', '))}${knownFields(issue)}`
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

/** Spellings differ from model to model, so the known fields are listed. */
function knownFields({ inst }: Issue): string {
  const shape = (inst as Partial<InputSchema> | undefined)?.shape
  return shape ? `; known: ${Object.keys(shape).join(', ')}` : ''
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

/** Not a class instance such as a Map or FormData, which would look empty. Objects of other realms are plain too. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
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
