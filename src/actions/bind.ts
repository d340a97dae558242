// All actions on one context: what a client loads with its first call.
import type { Config } from '../config.ts'
import { createContext } from '../context.ts'
import type { Events } from '../events.ts'
import { ownString } from '../internal/json.ts'
import { type RunOptions, startCall, type WaitOptions } from './call.ts'
import { deleteJob, getJob, type ListOptions, listJobs } from './jobs.ts'
import { type Quote, type QuoteMemory, quote, submitQuote } from './quote.ts'
import { type RecoverOptions, recover } from './recover.ts'
import { submitInput } from './submit-input.ts'
import { type UploadOptions, upload } from './upload.ts'
import { wait, waitFor } from './wait.ts'

export type Actions = ReturnType<typeof bindActions>

export function bindActions(config: Config, events: Events) {
  const context = createContext(config, events)
  const quotes: QuoteMemory = new WeakMap()
  return {
    async run(operation: string, input: unknown, options?: RunOptions) {
      const call = startCall(operation, options)
      return waitFor(context, await submitInput(context, operation, input, call), call)
    },
    quote: (operation: string, input: unknown, options?: Parameters<typeof quote>[4]) =>
      quote(context, quotes, operation, input, options),
    submit: async (operation: string, input: unknown, options?: RunOptions) =>
      submitInput(context, operation, input, startCall(operation, options)),
    submitQuote: async (quoted: Quote, options?: RunOptions) =>
      submitQuote(context, quotes, quoted, startCall(ownString(quoted, 'operation') ?? '', options)),
    wait: (job: Parameters<typeof wait>[1], options?: WaitOptions) => wait(context, job, options),
    upload: (file: Parameters<typeof upload>[1], options?: UploadOptions) => upload(context, file, options),
    recover: (options?: RecoverOptions) => recover(context, options),
    payments: () => context.ledger.all(),
    getJob: (jobId: string) => getJob(context, jobId),
    listJobs: (options?: ListOptions) => listJobs(context, options),
    deleteJob: (jobId: string) => deleteJob(context, jobId),
  }
}
