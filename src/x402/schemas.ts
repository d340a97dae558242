// Shapes of the x402 v2 messages (specs/x402-specification-v2.md §5). Read by hand, which keeps the primitives at 3 kB.
import { isRecord, own, ownString } from '../internal/json.ts'

/** One way to pay. It must be echoed verbatim, so unknown fields are kept. */
export type PaymentRequirements = {
  scheme: string
  /** CAIP-2. */
  network: string
  /** Atomic units, decimal. */
  amount: string
  asset: string
  payTo: string
  maxTimeoutSeconds: number
  extra?: Record<string, unknown>
  [field: string]: unknown
}

/** A 402 challenge. `accepts` is empty on sign-in routes; its entries are read one by one. */
export type PaymentRequired = {
  x402Version: 2
  resource?: { url: string; [field: string]: unknown }
  accepts: readonly unknown[]
  extensions?: Record<string, unknown>
  [field: string]: unknown
}

/** The facilitator's report on the settlement. */
export type PaymentResponse = {
  success: boolean
  transaction?: string
  network?: string
  payer?: string
  errorReason?: string
}

const maxOffers = 32

/** The wrong or missing fields of a challenge; none when it is a {@link PaymentRequired}. */
export function challengeProblems(value: unknown): string[] {
  if (!isRecord(value)) return ['root']
  const resource = own(value, 'resource')
  const accepts = own(value, 'accepts')
  const extensions = own(value, 'extensions')
  const problems: string[] = []
  if (own(value, 'x402Version') !== 2) problems.push('x402Version')
  if (resource !== undefined && ownString(resource, 'url') === undefined) problems.push('resource.url')
  if (!Array.isArray(accepts) || accepts.length > maxOffers) problems.push('accepts')
  if (extensions !== undefined && !isRecord(extensions)) problems.push('extensions')
  return problems
}

/** An entry of `accepts`; `undefined` when it is malformed. */
export function readRequirements(value: unknown): PaymentRequirements | undefined {
  const texts = ['scheme', 'network', 'amount', 'asset', 'payTo']
  const extra = own(value, 'extra')
  if (!texts.every((name) => ownString(value, name) !== undefined)) return undefined
  if (typeof own(value, 'maxTimeoutSeconds') !== 'number') return undefined
  return extra === undefined || isRecord(extra) ? (value as PaymentRequirements) : undefined
}

/** A `PAYMENT-RESPONSE`; `undefined` when it is malformed. */
export function readPaymentResponse(value: unknown): PaymentResponse | undefined {
  const success = own(value, 'success')
  if (typeof success !== 'boolean') return undefined
  const text = (name: string) => {
    const found = ownString(value, name)
    return found === undefined ? {} : { [name]: found }
  }
  return { success, ...text('transaction'), ...text('network'), ...text('payer'), ...text('errorReason') }
}
