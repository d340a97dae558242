// StableStudioClient: checks its options at once and loads the actions with the first call.

import type { JobOptions, Jobs, ListOptions } from './actions/jobs.ts'
import type { PaymentName } from './actions/payment.ts'
import type { PaymentsOptions } from './actions/payments.ts'
import type { PruneOptions } from './actions/prune.ts'
import type { Quote } from './actions/quote.ts'
import type { RecoverOptions } from './actions/recover.ts'
import type { UploadOptions } from './actions/upload.ts'
import type { Actions } from './bind.ts'
import type { RunOptions, WaitOptions } from './call.ts'
import type { AnyOperationId, InputOf, OutputOf } from './catalogue/operations.ts'
import { type ClientOptions, type Config, readConfig } from './config.ts'
import { notLoaded } from './errors/not-loaded.ts'
import { createEvents, type Events, type StudioEventName, type StudioListener } from './events.ts'
import { snapshot } from './internal/snapshot.ts'
import type { Attempt, Balance, Budget, Job, Output, Recovery, Upload } from './types.ts'

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
  /** The address that pays and owns the jobs: the wallet's, else that of a way to pay. `undefined` without one. */
  readonly payer: string | undefined
  /** Whether the ledger ends with this process, as `memoryStore()` does: no other process can share it. */
  readonly volatile: boolean

  /** @throws {InvalidInputError} listing every problem with the options. */
  constructor(options: ClientOptions = {}) {
    const config = readConfig(options)
    const actions = loader(config, this.#events)
    this.payer = config.payer?.address
    this.volatile = config.store === undefined || config.store.volatile === true
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

  // TypeScript shows the error of the last overload: a typo in an input is likelier than a wrong quote.
  /**
   * Pays a quote: exactly its offer until `expiresAt`; after that, it asks for the price again and pays only if it is the
   * same. Pays once.
   *
   * @throws {OfferRefusedError} `price_changed` when the service now asks for anything else; nothing was signed.
   * @throws {StableStudioError} anything else that {@link StableStudioClient.submit} throws for an input.
   * @example
   * const quote = await studio.quote('gpt-image-1.5/generate', { prompt: 'a lighthouse' })
   * const image = await studio.wait(await studio.submit(quote))
   */
  submit<operation extends string>(quote: Quote<operation>, options?: RunOptions): Promise<Job<operation>>
  /**
   * Pays, and resolves as soon as the service accepts the job. Pays once: one authorization, whatever fails.
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
  ): Promise<Job<operation>>
  async submit(first: string | Quote, second?: unknown, third?: RunOptions): Promise<Job> {
    const [given, options] = snapshot([second, third] as const)
    const actions = await this.#actions()
    return typeof first === 'string'
      ? actions.submit(first, given, options)
      : actions.submitQuote(first, given as RunOptions | undefined)
  }

  /**
   * Waits for a job, passed as `submit` returned it or by its id. Moves no money. The type of the output follows the
   * job's operation; for a job read back from JSON, name it: `as Job<'veo-3.1/generate'>`.
   *
   * @throws {JobTimeoutError} when it takes longer than `timeout`; wait again.
   * @throws {JobFailedError} when it failed.
   * @throws {ServiceError} when the service knows no such job. An id that this store has not paid for is looked up twice.
   * @throws {SignInError} when this wallet did not pay for it.
   * @example
   * const image = await studio.wait(job, { timeout: 60_000 })
   */
  wait<operation extends string>(job: Job<operation>, options?: WaitOptions): Promise<OutputOf<operation>>
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
   * The ledger: every payment attempt with its amount and state, oldest first, read on demand. Moves no money.
   *
   * @throws {InvalidInputError} when an option is wrong.
   * @throws {StoreError} when the store cannot be read.
   * @example
   * for await (const attempt of studio.payments()) console.log(attempt.createdAt, attempt.usd, attempt.state)
   * for await (const { usd } of studio.payments({ state: 'settled', since: '2026-11-01T00:00:00Z' })) console.log(usd)
   */
  async *payments(options?: PaymentsOptions): AsyncGenerator<Attempt, void, void> {
    yield* (await this.#actions()).payments(options)
  }

  /**
   * One payment attempt, by its id, by the key of the call that made it, or by its job; `undefined` if this store has
   * none. Moves no money.
   *
   * @throws {InvalidInputError} when the argument is none of them.
   * @throws {StoreError} when the store cannot be read.
   * @example
   * const attempt = await studio.payment({ idempotencyKey: 'order-1' })
   * console.log(attempt?.state, attempt?.receipt?.transaction)
   */
  async payment(attempt: PaymentName): Promise<Attempt | undefined> {
    return (await this.#actions()).payment(attempt)
  }

  /**
   * The limits that are set, how much of each is spent, reserved and left over all processes that share the store, and
   * when the day ends. Moves no money, and needs no wallet.
   *
   * @throws {StoreError} when the store cannot be read.
   * @example
   * const { perDay } = await studio.budget()
   * if (perDay) console.log(`$${perDay.left} of $${perDay.limit} until ${perDay.endsAt}`)
   */
  async budget(): Promise<Budget> {
    return (await this.#actions()).budget()
  }

  /**
   * What the payer holds, for each way to pay that has an `rpc`. Moves no money.
   *
   * @throws {WalletError} `wallet_missing` when this client has no wallet.
   * @throws {ServiceError} when an RPC does not say: an RPC that fails is never a balance of zero.
   * @example
   * import { StableStudioClient, x402 } from 'stablestudio'
   *
   * const studio = new StableStudioClient({ wallet, payWith: [x402({ rpc: 'https://mainnet.base.org' })] })
   * for (const { usd, network } of await studio.balance()) console.log(usd, network)
   */
  async balance(options?: JobOptions): Promise<Balance[]> {
    return (await this.#actions()).balance(options)
  }

  /**
   * Removes closed attempts, along with the records of their keys and jobs, and resolves to how many. What they spent
   * still counts. Open attempts stay, and so do attempts that ended less than 24 h ago. A key whose attempt was removed
   * pays again: choose `olderThan` longer than anything may repeat a call. Moves no money.
   *
   * @throws {InvalidInputError} when `olderThan` is less than 24 h ago; nothing was removed.
   * @throws {StoreError} when the store cannot be read or written, or `archive` fails; call again to go on.
   * @example
   * const month = 30 * 86_400_000
   * await studio.prune({ olderThan: month, archive: (attempt) => appendFile('paid.jsonl', `${JSON.stringify(attempt)}\n`) })
   */
  async prune(options: PruneOptions): Promise<number> {
    return (await this.#actions()).prune(options)
  }

  /**
   * Gives back this client's unused shares of the budget, so that other processes on the store need not take them. Calls
   * that are still running continue; once they have ended, no timer is left. The next call opens the client again.
   * Moves no money.
   *
   * @throws {StoreError} when the store cannot be read or written.
   * @example
   * process.on('SIGTERM', () => studio.close())
   */
  async close(): Promise<void> {
    await (await this.#actions()).close()
  }

  /**
   * Subscribes to an event and returns the function that unsubscribes. Errors in a listener are ignored.
   *
   * @throws {InvalidInputError} `invalid_config` when there is no such event; it suggests the closest one.
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
    return notLoaded(cause)
  }
  return () => {
    loading ??= load().catch(failed)
    return loading
  }
}
