// The error for wrong options and arguments of what callers make before any call.
import { type InputIssue, InvalidInputError } from '../errors.ts'

/** @param of whose they are, such as `fileStore`. */
export function invalidOptions(of: string, issues: readonly InputIssue[]): InvalidInputError {
  return new InvalidInputError(`Invalid ${of} options.`, {
    code: 'invalid_config',
    issues,
    hint: 'Correct the options above.',
  })
}
