// What the tests of a payment share: a service that a test answers for, a wallet that counts, and attempts in any state.
import { type Call, payingOptions, type RunOptions, startCall } from '../../../src/call.ts'
import type { ClientOptions } from '../../../src/config.ts'
import type { Context } from '../../../src/context.ts'
import type { StudioEventName } from '../../../src/events.ts'
import { type AttemptHandle, createAttemptId } from '../../../src/ledger/attempt.ts'
import type { AttemptRecord } from '../../../src/ledger/records.ts'
import { memoryStore, type PaymentStore } from '../../../src/ledger/store.ts'
import { generationRequest, type PaidRequest } from '../../../src/payment/price.ts'
import { counted } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { countingWallet } from '../../support/hostile.ts'
import { baseOffer, header } from '../x402/kit.ts'

export const operation = 'gpt-image-1/generate'
export const input = { prompt: 'a lighthouse at dusk, secretly', quality: 'high', size: '1024x1024' }
export const request = generationRequest(operation, input)
export const transaction = `0x${'ab'.repeat(32)}`
export const payTo = baseOffer.payTo

/** A request as the service saw it, with its payment. */
export type Sent = { method: string; path: string; body: string; payment: string | null; at: number }

export type Service = {
  /** What the job list shows, newest first. */
  jobs: Record<string, unknown>[]
  /** The answer to a paid request. */
  pay: (sent: Sent) => Response | Promise<Response>
  /** The answer to a question for the price. */
  quote: (sent: Sent) => Response | Promise<Response>
  list: (sent: Sent) => Response | Promise<Response>
}

export type Till = {
  context: Context
  service: Service
  store: PaymentStore
  wallet: ReturnType<typeof countingWallet>
  sent: Sent[]
  /** The requests that carried a payment. */
  paid(): Sent[]
  told(name: StudioEventName): unknown[]
}

/** A client's context on a service whose answers a test writes. By default it accepts every payment. */
export function createTill(options: ClientOptions = {}, answers: Partial<Service> = {}): Till {
  const wallet = countingWallet()
  const store = options.store ?? memoryStore()
  const sent: Sent[] = []
  const service: Service = {
    jobs: [],
    pay: () => accepted(),
    quote: ({ path }) => challenge({}, path),
    list: () => Response.json({ items: service.jobs }),
    ...answers,
  }
  const fetch = counted(async (target, init) => {
    const asked = new Request(target, init)
    const one: Sent = {
      method: asked.method,
      path: new URL(asked.url).pathname,
      body: await asked.text(),
      payment: asked.headers.get('payment-signature'),
      at: Date.now(),
    }
    sent.push(one)
    if (one.path.startsWith('/api/jobs')) return service.list(one)
    return one.payment === null ? service.quote(one) : service.pay(one)
  })
  const context = contextOf({ wallet, fetch, ...options, store })
  const events: [string, unknown][] = []
  for (const name of watched) context.events.on(name, (payload) => void events.push([name, payload]))
  return {
    context,
    service,
    store,
    wallet,
    sent,
    paid: () => sent.filter(({ payment }) => payment !== null),
    told: (name) => events.filter(([one]) => one === name).map(([, payload]) => payload),
  }
}

const watched = [
  'payment.reserved',
  'payment.signed',
  'payment.settled',
  'payment.rejected',
  'payment.unknown',
  'job.created',
] as const

/** The answer that accepts a generation. */
export function accepted(jobId = 'cjob1', headers: Record<string, string> = {}): Response {
  return Response.json({ success: true, jobId }, { headers: { ...receipt(), ...headers } })
}

/** The header of a receipt. */
export function receipt(more: Record<string, unknown> = {}): Record<string, string> {
  const settled = { success: true, transaction, network: 'eip155:8453', payer: payTo }
  return { 'payment-response': header({ ...settled, ...more }) }
}

/** The refusal of a facilitator. */
export const rejected = (reason: string) =>
  Response.json({ error: `Payment rejected: ${reason}`, reason }, { status: 402 })

/** A 402 with one offer, changed. */
export function challenge(
  change: Record<string, unknown> = {},
  path = request.path,
  origin = 'https://stablestudio.dev',
): Response {
  const offer = { ...baseOffer, amount: '170000', ...change }
  const required = { x402Version: 2, resource: { url: `${origin}${path}` }, accepts: [offer] }
  return Response.json(required, { status: 402, headers: { 'payment-required': header(required) } })
}

/** A job as the list shows it. */
export function job(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const createdAt = new Date().toISOString()
  const type = operation.replace('/', '-')
  return { id, type, status: 'pending', progress: 0, input: { ...input, model: 'x' }, createdAt, ...more }
}

export function callOf(options: RunOptions = {}): Call {
  return startCall({ operation, input, options, known: payingOptions })
}

const signedHeader: [string, string] = ['PAYMENT-SIGNATURE', header({ payload: { signature: 'the-one' } })]

/** An attempt that was sent a moment ago, and not answered; or in another state. */
export async function openAttempt(
  { context, wallet }: Till,
  change: Partial<AttemptRecord> = {},
  asked: PaidRequest = request,
): Promise<AttemptHandle> {
  const now = Date.now()
  const handle = await context.ledger.reserve({
    id: createAttemptId(),
    operation: asked.operation,
    origin: context.origin,
    path: asked.path,
    protocol: 'x402',
    method: 'x402',
    amount: '170000',
    network: 'eip155:8453',
    asset: baseOffer.asset,
    payTo,
    payer: wallet.address,
    createdAt: new Date(now).toISOString(),
    nonce: `0x${'1'.repeat(64)}`,
    validBefore: Math.floor(now / 1000) + 300,
    idempotencyKey: change.idempotencyKey,
  })
  const sentAt = new Date(now).toISOString()
  const kept = { body: asked.body, header: signedHeader }
  await handle.update({ state: 'unknown', sentAt, request: kept, inFlightUntil: undefined, ...change })
  return handle
}

/** The record as another process would read it. */
export async function recordOf({ context }: Till, { record }: AttemptHandle): Promise<AttemptRecord> {
  const found = await context.ledger.find(record.id)
  if (!found) throw new Error(`no record of ${record.id}`)
  return found.record
}
