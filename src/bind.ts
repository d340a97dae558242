// All actions on one context, loaded with the client's first call. Errors of each one pass through the boundary.
import { balance } from './actions/balance.ts'
import { budget } from './actions/budget.ts'
import { close } from './actions/close.ts'
import { deleteJob, getJob, type JobOptions, type ListOptions, listJobs } from './actions/jobs.ts'
import { type PaymentName, payment } from './actions/payment.ts'
import { type PaymentsOptions, payments, paymentsChecks } from './actions/payments.ts'
import { type PruneOptions, prune, pruneChecks } from './actions/prune.ts'
import { type Quote, type QuoteMemory, type QuoteOptions, quote } from './actions/quote.ts'
import { type RecoverOptions, recover } from './actions/recover.ts'
import { run } from './actions/run.ts'
import { submitInput, submitQuote } from './actions/submit.ts'
import { type UploadOptions, upload } from './actions/upload.ts'
import { wait } from './actions/wait.ts'
import { bounded, boundedEach } from './boundary.ts'
import {
  type Call,
  type CallStart,
  payingOptions,
  type RunOptions,
  startCall,
  type WaitOptions,
  waitingOptions,
} from './call.ts'
import type { Config } from './config.ts'
import { createContext } from './context.ts'
import type { Events } from './events.ts'
import { own, ownString } from './internal/json.ts'
import type { Job } from './types.ts'

export type Actions = ReturnType<typeof bindActions>

export function bindActions(config: Config, events: Events) {
  const context = createContext(config, events)
  const quotes: QuoteMemory = new WeakMap()
  const begin = (start: CallStart) => startCall({ ...start, instant: context.instant })
  const within = async <value>(start: () => Call, work: (call: Call) => Promise<value>) => {
    const call = start()
    const release = context.instant?.hold()
    return bounded(context, call, () => work(call)).finally(release)
  }
  const paying = (operation: string, options: unknown, input?: unknown) => () =>
    begin({ operation, input, options, known: payingOptions })
  const asking = (operation: string, options: unknown) => () =>
    begin({ operation, options, known: ['signal', 'timeout'] })
  const waiting = (operation: string, options: unknown) => () =>
    begin({ operation, options, known: waitingOptions })
  const reading =
    (options: unknown, known: readonly string[] = ['signal', 'timeout']) =>
    () =>
      begin({ options, known, timeoutMs: context.timeouts.poll })
  return {
    run: (operation: string, input: unknown, options?: RunOptions) =>
      within(paying(operation, options, input), (call) => run(context, operation, input, call)),
    quote: (operation: string, input: unknown, options?: QuoteOptions) =>
      within(asking(operation, options), (call) => quote(context, quotes, operation, input, call)),
    submit: (operation: string, input: unknown, options?: RunOptions) =>
      within(paying(operation, options, input), (call) => submitInput(context, operation, input, call)),
    submitQuote: (quoted: Quote, options?: RunOptions) =>
      within(paying(ownString(quoted, 'operation') ?? '', options, own(quoted, 'input')), (call) =>
        submitQuote(context, quotes, quoted, call),
      ),
    wait: (job: Job | string, options?: WaitOptions) =>
      within(waiting(ownString(job, 'operation') ?? '', options), (call) => wait(context, job, call)),
    upload: (file: Parameters<typeof upload>[1], options?: UploadOptions) => {
      const known = ['signal', 'timeout', 'filename', 'mediaType']
      const start = () => begin({ operation: 'upload', options, known })
      return within(start, (call) => upload(context, file, options ?? {}, call))
    },
    recover: (options?: RecoverOptions) => {
      const known = ['signal', 'timeout', 'attemptId']
      const start = () => begin({ options, known, timeoutMs: Number.POSITIVE_INFINITY })
      return within(start, (call) => recover(context, call, options?.attemptId))
    },
    balance: (options?: JobOptions) => within(reading(options), (call) => balance(context, call)),
    budget: () => within(reading(undefined), () => budget(context)),
    close: () => within(reading(undefined), () => close(context)),
    prune: (options: PruneOptions) =>
      within(
        () => begin({ options, known: [], checks: pruneChecks }),
        () => prune(context, options ?? {}),
      ),
    payment: (name: PaymentName) => {
      const start =
        typeof name === 'string'
          ? reading({ attemptId: name }, ['attemptId'])
          : reading(name, ['idempotencyKey', 'jobId'])
      return within(start, () => payment(context, name ?? {}))
    },
    payments: (options?: PaymentsOptions) => {
      const call = begin({ options, known: [], checks: paymentsChecks, timeoutMs: context.timeouts.poll })
      return boundedEach(context, call, payments(context, options ?? {}))
    },
    getJob: (jobId: string, options?: JobOptions) =>
      within(reading(options), (call) => getJob(context, jobId, call)),
    listJobs: (options?: ListOptions) => {
      const call = reading(options, ['signal', 'timeout', 'status', 'limit'])()
      return boundedEach(context, call, listJobs(context, options ?? {}))
    },
    deleteJob: (jobId: string, options?: JobOptions) =>
      within(reading(options), (call) => deleteJob(context, jobId, call)),
  }
}
