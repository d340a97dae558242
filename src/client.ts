// StableStudioClient: checks its options at once and loads the actions with the first call.

import type { JobOptions, ListOptions } from './actions/jobs.ts'
import type { Quote } from './actions/quote.ts'
import type { RecoverOptions } from './actions/recover.ts'
import type { UploadOptions } from './actions/upload.ts'
import type { Actions } from './bind.ts'
import type { RunOptions, WaitOptions } from './call.ts'
import type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
import { type ClientOptions, type Config, readConfig } from './config.ts'
import { ServiceError } from './errors.ts'
import { createEvents, type Events, type StudioEventName, type StudioListener } from './events.ts'
import { snapshot } from './internal/snapshot.ts'
import type { Attempt, Job, JobStatus, Output, Receipt, Recovery, Upload } from './types.ts'

/** This wallet's jobs at the service. Reading them asks the wallet to sign in, and moves no money. */
export type Jobs = {
  /**
   * One job as the service reports it.
   *
   * @throws {SignInError} when this wallet did not pay for it.
   * @throws {ServiceError} when the service cannot be reached or does not know it.
   */
  get(jobId: string, options?: JobOptions): Promise<JobStatus>
  /**
   * The jobs of this wallet, newest first. Pages are fetched on demand.
   *
   * @example
   * for await (const job of studio.jobs.list({ status: 'complete' })) console.log(job.id, job.output?.url)
   */
  list(options?: ListOptions): AsyncIterable<JobStatus>
  /** Removes a failed job from the list. The service deletes no other jobs. */
  delete(jobId: string, options?: JobOptions): Promise<void>
}

/**
 * Client for StableStudio: generates images, videos and SVGs, paid per call in USDC by a wallet.
 *
 * @example
 * import { StableStudioClient } from 'stablestudio'
 * import { privateKeyToAccount } from 'viem/accounts'
 *
 * const studio = new StableStudioClient({
 *   wallet: privateKeyToAccount(process.env.PRIVATE_KEY as `0x${string}`),
 *   limits: { perCall: '0.50', perDay: '5', total: '50' },
 * })
 * const image = await studio.run('gpt-image-1.5/generate', { prompt: 'A cat in a spacesuit on Mars' })
 * console.log(image.url, image.receipt.usd)
 */
export class StableStudioClient {
  readonly #events = createEvents()
  readonly #actions: () => Promise<Actions>
  readonly jobs: Jobs

  /** @throws {InvalidInputError} listing every problem with the options. */
  constructor(options: ClientOptions = {}) {
    const actions = loader(readConfig(options), this.#events)
    this.#actions = actions
    this.jobs = Object.freeze({
      get: async (jobId: string, options?: JobOptions) => (await actions()).getJob(jobId, options),
      async *list(options?: ListOptions) {
        yield* (await actions()).listJobs(options)
      },
      delete: async (jobId: string, options?: JobOptions) => (await actions()).deleteJob(jobId, options),
    })
  }

  /**
   * From prompt to file: `submit`, then `wait`. Pays once.
   *
   * @throws {PaymentUnknownError} when no answer decides the payment; `recover()` does.
   * @throws {JobTimeoutError} when the job takes longer than `timeout`; it carries the job.
   * @throws {JobFailedError} when the job failed; it stays paid.
   * @throws {StableStudioError} anything else that {@link StableStudioClient.submit} throws.
   * @example
   * const image = await studio.run('nano-banana-pro/generate', { prompt: 'a lighthouse at dusk' }, { maxPrice: '0.20' })
   * await fetch(image.url)
   */
  async run<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: RunOptions,
  ): Promise<OutputOf<operation>> {
    const given = snapshot([input, options] as const)
    return (await (await this.#actions()).run(operation, ...given)) as OutputOf<operation>
  }

  /**
   * Asks for the price of exactly this input. Signs nothing, pays nothing, needs no wallet.
   *
   * @throws {OfferRefusedError} when this client would not pay the offer.
   * @example
   * const quote = await studio.quote('gpt-image-1.5/generate', { prompt: 'a lighthouse', quality: 'high' })
   * console.log(quote.usd)
   */
  async quote<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: { signal?: AbortSignal | undefined; timeout?: number | undefined },
  ): Promise<Quote<operation>> {
    const given = snapshot([input, options] as const)
    return (await this.#actions()).quote(operation, ...given) as Promise<Quote<operation>>
  }

  /**
   * Pays, and resolves as soon as the service accepts the job. Pays once: one authorization, whatever fails. With a
   * quote, pays exactly that offer without asking again.
   *
   * @throws {InvalidInputError} the input or the options are wrong; nothing was sent.
   * @throws {OfferRefusedError} the offer failed a check; nothing was signed.
   * @throws {LimitExceededError} the payment would exceed {@link ClientOptions.limits}; nothing was signed.
   * @throws {ApprovalDeniedError} {@link ClientOptions.approve} did not return `true`; nothing was signed.
   * @throws {WalletError} there is no wallet, or it refused.
   * @throws {PaymentRejectedError} the service refused the payment; nothing was charged.
   * @throws {PaymentUnknownError} sent, but no answer decides the payment; `recover()` does.
   * @example
   * const job = await studio.submit('gpt-image-1.5/generate', { prompt: 'a lighthouse' })
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
    const [given, options] = snapshot([second, third] as const)
    const actions = await this.#actions()
    return typeof first === 'string'
      ? actions.submit(first, given, options)
      : actions.submitQuote(first, given as RunOptions | undefined)
  }

  /**
   * Waits for a job, passed as `submit` returned it or by its id. Moves no money.
   *
   * @throws {JobTimeoutError} when it takes longer than `timeout`; wait again.
   * @throws {JobFailedError} when it failed.
   * @throws {SignInError} when this wallet did not pay for it.
   * @example
   * const image = await studio.wait(job, { timeout: 60_000 })
   */
  wait(job: Job, options?: WaitOptions): Promise<Output & { receipt: Receipt }>
  wait(job: Job | string, options?: WaitOptions): Promise<Output>
  async wait(job: Job | string, options?: WaitOptions): Promise<Output> {
    return (await this.#actions()).wait(job, options)
  }

  /**
   * Uploads a file to the service's blob store for use as an input: pays $0.01, uploads the bytes, confirms. The same
   * bytes are paid for only once while they are stored. Bytes passed directly in an input are uploaded automatically.
   *
   * @throws {InvalidInputError} when the service does not accept such a file; nothing was paid.
   * @throws {ServiceError} with `phase: 'upload'` when a step after the payment failed; upload again to continue.
   * @example
   * const { url } = await studio.upload(new Blob([bytes], { type: 'image/png' }))
   * await studio.run('nano-banana-pro/edit', { prompt: 'at night', images: [url] })
   */
  async upload(file: Blob | Uint8Array<ArrayBuffer> | ArrayBuffer, options?: UploadOptions): Promise<Upload> {
    const given = snapshot([file, options] as const)
    return (await this.#actions()).upload(...given)
  }

  /**
   * Settles every payment attempt that a crash or a lost answer left open: finds its job, replays the same request, or
   * proves that nothing was charged. Never signs a new payment. Safe to call at any time, repeatedly, from any process.
   *
   * @example
   * for (const { job } of await studio.recover()) if (job) await studio.wait(job)
   */
  async recover(options?: RecoverOptions): Promise<Recovery[]> {
    return (await this.#actions()).recover(options)
  }

  /**
   * The ledger: every payment attempt with its amount and state, oldest first.
   *
   * @example
   * for await (const attempt of studio.payments()) console.log(attempt.createdAt, attempt.usd, attempt.state)
   */
  async *payments(): AsyncGenerator<Attempt, void, void> {
    yield* (await this.#actions()).payments()
  }

  /**
   * Subscribes to an event and returns the function that unsubscribes. Errors in a listener are ignored.
   *
   * @example
   * const off = studio.on('payment.settled', ({ usd, transaction }) => console.log(usd, transaction))
   */
  on<event extends StudioEventName>(event: event, listener: StudioListener<event>): () => void {
    return this.#events.on(event, listener)
  }
}

/** Loads all actions with the first call, before anything is sent or paid, so that pages start without their weight. */
function loader(config: Config, events: Events): () => Promise<Actions> {
  let loading: Promise<Actions> | undefined
  const load = async () => (await import('./bind.ts')).bindActions(config, events)
  const failed = (cause: unknown): never => {
    loading = undefined
    throw new ServiceError("The client's code could not be loaded.", {
      code: 'network_error',
      phase: 'input',
      safeToRetry: true,
      hint: 'Nothing was sent and nothing was paid. Check the network, or reload the page, and call again.',
      cause,
    })
  }
  return () => {
    loading ??= load().catch(failed)
    return loading
  }
}
