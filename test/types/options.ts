// What the compiler must accept and refuse of options, values and errors. Checked by `tsc`; never run.
import {
  type Approve,
  type Attempt,
  type ErrorCode,
  isStableStudioError,
  type Job,
  type JobStatus,
  type Json,
  memoryStore,
  type PaymentStore,
  type Recovery,
  StableStudioClient,
  x402,
} from 'stablestudio'
import { createWalletClient, custom, type WalletClient } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const account = privateKeyToAccount(generatePrivateKey())
const prompt = 'a lighthouse'

export function clients(client: WalletClient, key: string) {
  new StableStudioClient()
  new StableStudioClient({})
  new StableStudioClient({ wallet: account, limits: { perCall: '0.50', perDay: '5', total: '50' } })
  new StableStudioClient({ wallet: client, store: memoryStore(), payees: ['0x07F0'] })
  new StableStudioClient({
    wallet: createWalletClient({ account, transport: custom({ request: async () => '0x' }) }),
  })
  new StableStudioClient({ approve: () => true, payWith: [x402({ networks: ['eip155:84532'] })] })
  new StableStudioClient({ approve: async ({ usd }) => Number(usd) < 1, timeouts: { pay: 60_000 }, fetch })
  new StableStudioClient({ wallet: undefined, limits: undefined, baseUrl: undefined })
  // @ts-expect-error a private key is no wallet
  new StableStudioClient({ wallet: key })
  // @ts-expect-error amounts are texts, never floats
  new StableStudioClient({ limits: { perCall: 0.5 } })
  // @ts-expect-error amounts are USD, not atomic units
  new StableStudioClient({ limits: { perCall: 500_000n } })
  // @ts-expect-error no such limit
  new StableStudioClient({ limits: { perWeek: '5' } })
  // @ts-expect-error no such option
  new StableStudioClient({ apiKey: 'x' })
  // @ts-expect-error an approval answers with a boolean
  new StableStudioClient({ approve: () => 'true' })
  // @ts-expect-error not a network on which this package pays
  new StableStudioClient({ payWith: [x402({ networks: ['eip155:1'] })] })
}

export async function calls(studio: StableStudioClient, signal: AbortSignal) {
  const options = {
    signal,
    timeout: 60_000,
    maxPrice: '0.20',
    idempotencyKey: 'order-1',
    onProgress: () => {},
  }
  await studio.run('gpt-image-1/generate', { prompt }, options)
  // @ts-expect-error a price is a text
  await studio.run('gpt-image-1/generate', { prompt }, { maxPrice: 0.2 })
  // @ts-expect-error a timeout is a number of ms
  await studio.run('gpt-image-1/generate', { prompt }, { timeout: '60s' })
  // @ts-expect-error no such option
  await studio.run('gpt-image-1/generate', { prompt }, { retries: 3 })
  const quote = await studio.quote('gpt-image-1/generate', { prompt })
  const operation: 'gpt-image-1/generate' = quote.operation
  const amount: bigint = quote.amount
  const job: Job = await studio.submit(quote, { idempotencyKey: 'order-1' })
  await studio.wait(job, { timeout: 1000 })
  await studio.wait(job.id)
  // @ts-expect-error waiting pays nothing
  await studio.wait(job, { maxPrice: '1' })
  // @ts-expect-error a job that is known by its id only is no job
  await studio.wait({ id: 'job_1' })
  const status: JobStatus = await studio.jobs.get(job.id)
  const recovered: Recovery[] = await studio.recover()
  for await (const attempt of studio.payments()) void (attempt satisfies Attempt)
  return { operation, amount, status, recovered }
}

export const plainJob = (job: Job): Json => job

export function events(studio: StableStudioClient) {
  const off: () => void = studio.on('payment.settled', ({ usd, transaction }) => [usd, transaction])
  studio.on('clock.skewed', ({ skewMs }) => skewMs.toFixed())
  // @ts-expect-error no such event
  studio.on('payment.sent', () => {})
  // @ts-expect-error no such field
  studio.on('payment.settled', ({ signature }) => signature)
  // @ts-expect-error payloads are frozen
  studio.on('payment.settled', (payload) => (payload.usd = '0'))
  return off
}

export const approve: Approve = (payment) => {
  // @ts-expect-error the snapshot is frozen
  payment.amount = 1n
  return payment.amount < 1_000_000n && payment.protocol === 'x402'
}

export function caught(error: unknown): string | undefined {
  // @ts-expect-error it may be anything
  error.code
  if (!isStableStudioError(error)) return undefined
  const code: ErrorCode = error.code
  // @ts-expect-error the set of codes is closed
  if (error.code === 'no_such_code') return code
  const job: Job | undefined = error.job
  return error.safeToRetry ? code : job?.id
}

export const store: PaymentStore = {
  get: async () => ({ value: { v: 1 }, version: '1' }),
  set: async () => true,
  delete: async () => false,
  async *keys() {
    yield 'k'
  },
}

// @ts-expect-error a Map has the names of a store's methods, but is none
export const map: PaymentStore = new Map<string, Json>()

export const json: Json = { list: [1, 'two', null, true, { deep: {} }] }
// @ts-expect-error a bigint is no JSON
export const noJson: Json = { amount: 1n }
// @ts-expect-error a function is no JSON
export const noJsonEither: Json = { blob: () => 1 }
