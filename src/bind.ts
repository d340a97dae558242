// All actions on one context: what a client loads with its first call.

import { type Quote, type QuoteMemory, type QuoteOptions, quote, submitQuote } from './actions/quote.ts'
import { type RecoverOptions, recover } from './actions/recover.ts'
import { submitInput } from './actions/submit.ts'
import { bounded, boundedEach } from './boundary.ts'
import { type Call, type RunOptions, startCall, startWait, type WaitOptions } from './call.ts'
import type { Config } from './config.ts'
import { createContext } from './context.ts'
import type { Events } from './events.ts'
import { own, ownString } from './internal/json.ts'
import { deleteJob, getJob, type ListOptions, listJobs } from './service/jobs.ts'
import type { Job } from './types.ts'
import { type UploadOptions, upload } from './uploads/upload.ts'
import { wait } from './waiting/wait.ts'

export type Actions = ReturnType<typeof bindActions>

export function bindActions(config: Config, events: Events) {
  const context = createContext(config, events)
  const quotes: QuoteMemory = new WeakMap()
  /** Each call of the client leaves by the boundary. */
  const within = <value>(call: Call, work: () => Promise<value>) => bounded(context, call, work)
  /** Calls without options of their own. */
  const plain = <value>(work: () => Promise<value>) => within(startWait('', undefined), work)
  return {
    async run(operation: string, input: unknown, options?: RunOptions) {
      const call = startCall(operation, options, undefined, input)
      return within(call, async () => wait(context, await submitInput(context, operation, input, call), call))
    },
    async quote(operation: string, input: unknown, options?: QuoteOptions) {
      const call = startWait(operation, options)
      return within(call, () => quote(context, quotes, operation, input, call))
    },
    async submit(operation: string, input: unknown, options?: RunOptions) {
      const call = startCall(operation, options, undefined, input)
      return within(call, () => submitInput(context, operation, input, call))
    },
    async submitQuote(quoted: Quote, options?: RunOptions) {
      const name = ownString(quoted, 'operation') ?? ''
      const call = startCall(name, options, undefined, own(quoted, 'input'))
      return within(call, () => submitQuote(context, quotes, quoted, call))
    },
    async wait(job: Job | string, options?: WaitOptions) {
      const call = startWait(ownString(job, 'operation') ?? '', options)
      return within(call, () => wait(context, job, call))
    },
    async upload(file: Parameters<typeof upload>[1], options?: UploadOptions) {
      return plain(() => upload(context, file, options))
    },
    recover: async (options?: RecoverOptions) => plain(() => recover(context, options)),
    payments: () => boundedEach(context, startWait('', undefined), context.ledger.all()),
    getJob: async (jobId: string) => plain(() => getJob(context, jobId)),
    listJobs: (options?: ListOptions) =>
      boundedEach(context, startWait('', undefined), listJobs(context, options)),
    deleteJob: async (jobId: string) => plain(() => deleteJob(context, jobId)),
  }
}
