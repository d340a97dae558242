// An error of the program as plain data.
import type { StableStudioError } from '../../../src/index.ts'
import type { Failure } from '../wire.ts'
import { lineOf } from './compile.ts'
import { textOf } from './console.ts'

export async function failureOf(error: unknown): Promise<Failure> {
  const { isStableStudioError } = await import('../../../src/index.ts')
  if (isStableStudioError(error)) return factsOf(error)
  if (!(error instanceof Error)) return { name: 'Thrown', message: textOf(error) }
  return { name: error.name, message: error.message, line: lineOf(error) }
}

function factsOf(error: StableStudioError): Failure {
  const { name, code, shortMessage, details, hint, payment, phase, job } = error
  const message = details === undefined ? shortMessage : `${shortMessage}\n${details}`
  return { name, message, code, hint, payment, phase, job, line: lineOf(error) }
}
