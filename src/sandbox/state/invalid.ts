// The error of every wrong option or argument of a sandbox.
import { type InputIssue, InvalidInputError } from '../../errors.ts'

export function invalidConfig(issues: readonly InputIssue[]): InvalidInputError {
  return new InvalidInputError('The sandbox was asked for something that it cannot be.', {
    code: 'invalid_config',
    phase: 'input',
    safeToRetry: true,
    issues,
  })
}
