// What a wrong value is, in the words of an error. Never the value itself: it may be a key or a prompt.
import { awaitIt, type Check, hasMethods, isPromise } from './check.ts'
import { own, ownString } from './json.ts'
import { isBytesLike } from './realm.ts'

/** What is wrong with a value in place of another one; says what to do where that is clear. */
export function wrongKind(value: unknown, must: string): string {
  if (isPromise(value)) return awaitIt
  if (ownString(value, 'url') !== undefined)
    return own(value, 'jobId') ? 'is an Output: use output.url' : 'is an object: use its url'
  if (hasMethods(value, ['getReader']) || hasMethods(value, ['pipe']))
    return 'is a stream: read it first, as with await new Response(stream).blob()'
  return `${must}, not ${kindOf(value)}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (isBytesLike(value)) return 'bytes'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A text that is not empty. */
export const checkText: Check = (value) => {
  if (value === '') return 'must not be empty'
  return typeof value === 'string' ? undefined : wrongKind(value, 'must be a string')
}
