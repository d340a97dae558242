// `run`: from prompt to file. Submits, then waits.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import type { Output } from '../types.ts'
import { waitFor } from '../waiting/wait.ts'
import { submitInput } from './submit.ts'

export async function run(context: Context, operation: string, input: unknown, call: Call): Promise<Output> {
  return waitFor(context, await submitInput(context, operation, input, call), call)
}
