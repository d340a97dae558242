// StableStudioClient: binds the actions to one frozen context.
import type { RunOptions, WaitOptions } from './actions/call.ts'
import { startCall } from './actions/call.ts'
import { deleteJob, getJob, type ListOptions, listJobs } from './actions/jobs.ts'
import { type Quote, type QuoteMemory, quote, submitQuote } from './actions/quote.ts'
import { recover } from './actions/recover.ts'
import { submitInput } from './actions/submit-input.ts'
import { type UploadOptions, upload } from './actions/upload.ts'
import { wait, waitFor } from './actions/wait.ts'
import type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
import { type ClientOptions, type Context, createContext } from './config.ts'
import type { StudioEventName, StudioListener } from './events.ts'
import type { Attempt, Job, JobStatus, Output, Recovery, Upload } from './types.ts'

/** The service's jobs of this wallet. Reading them asks the wallet to sign in, and moves no money. */
export type Jobs = {
  /**
   * One job as the service reports it.
   *
   * @throws {SignInError} when this wallet did not pay for it.
   * @throws {ServiceError} when the service cannot be reached or does not know it.
   */
  get(jobId: string): Promise<JobStatus>
  /**
   * The jobs of this wallet, newest first; a page is fetched when it is reached.
   *
   * @example
   * for await (const job of studio.jobs.list({ status: 'complete' })) console.log(job.id, job.output?.url)
   */
  list(options?: ListOptions): AsyncIterable<JobStatus>
  /** Removes a failed job from the list. The service deletes no others. */
  delete(jobId: string): Promise<void>
}

/**
 * Client of StableStudio: images, videos and SVGs, paid per call in USDC by a wallet.
 *
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { privateKeyToAccount } from 'viem/accounts'
 *
 * const studio = new StableStudioClient({
 *   wallet: privateKeyToAccount(process.env.PRIVATE_KEY as `0x${string}`),
 *   limits: { perCall: '0.50', perDay: '5', total: '50' },
 * })
 * const image = await studio.run('gpt-image-1/generate', { prompt: 'A cat in a spacesuit on Mars' })
 * console.log(image.url, image.receipt.usd)
 */
export class StableStudioClient {
  readonly #context: Context
  readonly #quotes: QuoteMemory = new WeakMap()
  readonly jobs: Jobs

  /** @throws {InvalidInputError} with every problem of the options. */
  constructor(options: ClientOptions = {}) {
    const context = createContext(options)
    this.#context = context
    this.jobs = Object.freeze({
      get: (jobId: string) => getJob(context, jobId),
      list: (options?: ListOptions) => listJobs(context, options),
      delete: (jobId: string) => deleteJob(context, jobId),
    })
  }

  /**
   * From a prompt to a file: `submit`, then `wait`. Pays once.
   *
   * @throws {PaymentUnknownError} when no answer says what became of the payment: `recover()` finds out.
   * @throws {JobTimeoutError} when the job needs longer than `timeout`; it carries the job.
   * @throws {JobFailedError} when the job failed; it stays paid.
   * @throws {StableStudioError} everything else that {@link StableStudioClient.submit} throws.
   * @example
   * const image = await studio.run('nano-banana-pro/generate', { prompt: 'a lighthouse at dusk' }, { maxPrice: '0.20' })
   * await fetch(image.url)
   */
  async run<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: RunOptions,
  ): Promise<OutputOf<operation>> {
    const call = startCall(operation, options)
    const job = await submitInput(this.#context, operation, input, call)
    return (await waitFor(this.#context, job, call)) as OutputOf<operation>
  }

  /**
   * Asks for the price of exactly this input. Signs nothing, pays nothing, needs no wallet.
   *
   * @throws {OfferRefusedError} when the offer is one that this client would not pay.
   * @example
   * const quote = await studio.quote('gpt-image-1/generate', { prompt: 'a lighthouse', quality: 'high' })
   * console.log(quote.usd)
   */
  quote<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: { signal?: AbortSignal | undefined; timeout?: number | undefined },
  ): Promise<Quote<operation>> {
    return quote(this.#context, this.#quotes, operation, input, options)
  }

  /**
   * Pays, and resolves as soon as the service has accepted the job. Pays once: one authorization, whatever fails.
   * With a quote it pays exactly that offer, without asking again.
   *
   * @throws {InvalidInputError} the input or the options are wrong; nothing was sent.
   * @throws {OfferRefusedError} the offer is not what it should be; nothing was signed.
   * @throws {LimitExceededError} {@link ClientOptions.limits} do not allow it; nothing was signed.
   * @throws {ApprovalDeniedError} {@link ClientOptions.approve} did not return `true`; nothing was signed.
   * @throws {WalletError} there is no wallet, or it refused.
   * @throws {PaymentRejectedError} the service refused the payment; nothing was charged.
   * @throws {PaymentUnknownError} sent, and no answer decides; `recover()` does.
   * @example
   * const job = await studio.submit('gpt-image-1/generate', { prompt: 'a lighthouse' })
   * // store JSON.stringify(job), and collect it in another process:
   * const image = await studio.wait(job)
   */
  submit<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: RunOptions,
  ): Promise<Job>
  submit(quote: Quote, options?: RunOptions): Promise<Job>
  async submit(first: string | Quote, second?: unknown, third?: RunOptions): Promise<Job> {
    const isQuote = typeof first !== 'string'
    const call = startCall(isQuote ? first.operation : first, isQuote ? (second as RunOptions) : third)
    return isQuote
      ? submitQuote(this.#context, this.#quotes, first, call)
      : submitInput(this.#context, first, second, call)
  }

  /**
   * Waits for a job, given as `submit` resolved to it or by its id. Moves no money.
   *
   * @throws {JobTimeoutError} when it needs longer than `timeout`; wait again.
   * @throws {JobFailedError} when it failed.
   * @throws {SignInError} when this wallet did not pay for it.
   * @example
   * const image = await studio.wait(job, { timeout: 60_000 })
   */
  wait(job: Job | string, options?: WaitOptions): Promise<Output> {
    return wait(this.#context, job, options)
  }

  /**
   * Puts a file on the service's blob store, to be used as an input: pays $0.01, puts the bytes, confirms. The same
   * bytes are paid for once while they lie there. Bytes given directly in an input are uploaded by themselves.
   *
   * @throws {InvalidInputError} when the service does not take such a file; nothing was paid.
   * @throws {ServiceError} with `phase: 'upload'` when a step after the payment failed; upload again to go on.
   * @example
   * const { url } = await studio.upload(new Blob([bytes], { type: 'image/png' }))
   * await studio.run('nano-banana-pro/edit', { prompt: 'at night', images: [url] })
   */
  upload(file: Blob | Uint8Array<ArrayBuffer> | ArrayBuffer, options?: UploadOptions): Promise<Upload> {
    return upload(this.#context, file, options)
  }

  /**
   * Settles every attempt to pay that a crash or a lost answer left open: finds its job, replays the same request, or
   * proves that nothing was charged. Never signs a new payment. Safe at any time, twice, from several processes.
   *
   * @example
   * for (const { job } of await studio.recover()) if (job) await studio.wait(job)
   */
  recover(): Promise<Recovery[]> {
    return recover(this.#context)
  }

  /**
   * The ledger: what was paid, for what, and where it stands, oldest first.
   *
   * @example
   * for await (const attempt of studio.payments()) console.log(attempt.createdAt, attempt.usd, attempt.state)
   */
  payments(): AsyncIterable<Attempt> {
    return this.#context.ledger.all()
  }

  /**
   * Listens to an event; resolves to the function that ends it. A listener that throws disturbs nothing.
   *
   * @example
   * const off = studio.on('payment.settled', ({ usd, transaction }) => console.log(usd, transaction))
   */
  on<event extends StudioEventName>(event: event, listener: StudioListener<event>): () => void {
    return this.#context.events.on(event, listener)
  }
}
