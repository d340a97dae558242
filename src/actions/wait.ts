// `wait`: collects a paid job, in the process that paid or in another one.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import type { Job, Output } from '../types.ts'
import { waitFor } from '../waiting/wait.ts'

export function wait(context: Context, job: Job | string, call: Call): Promise<Output> {
  return waitFor(context, job, call)
}
