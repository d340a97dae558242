// The error for wrong options and arguments of a sandbox.
import { type InputIssue, InvalidInputError } from '../../errors.ts'

export function invalidConfig(issues: readonly InputIssue[]): InvalidInputError {
  return new InvalidInputError('Invalid sandbox options.', {
    code: 'invalid_config',
    issues,
  })
}
