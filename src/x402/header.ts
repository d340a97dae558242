// The x402 v2 messages (specs/x402-specification-v2.md §5) and their headers: base64 of JSON (transport:
// specs/transports-v2/http.md). Read by hand, which keeps the primitives at 3 kB.
import { OfferRefusedError } from '../errors.ts'
import { decodeText, encodeJson } from '../internal/base64.ts'
import { isRecord, own, ownString, parseJson } from '../internal/json.ts'
import { showValue } from '../internal/text.ts'

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
/** Real challenges are far smaller; a larger one is refused unread. */
export const maxChallengeBytes = 64 * 1024

/**
 * Reads a `PAYMENT-REQUIRED` header: base64 (either alphabet, padded or not) of a JSON challenge.
 *
 * @throws {OfferRefusedError} `offer_malformed` or `version_not_supported`, saying what was wrong.
 * @example
 * import { decodePaymentRequired } from 'stablestudio/x402'
 *
 * const challenge = decodePaymentRequired(response.headers.get('payment-required') ?? '')
 */
export function decodePaymentRequired(header: string): PaymentRequired {
  if (header.length > maxChallengeBytes) throw malformed(`is larger than ${maxChallengeBytes} bytes`)
  if (header.trim() === '') throw malformed('is empty')
  const text = decodeText(header)
  if (text === undefined) throw malformed('is not base64 of UTF-8 text')
  return parsePaymentRequired(text)
}

/**
 * Reads a challenge from JSON text, for instance the body of a 402 where a browser hides the header.
 *
 * @throws {OfferRefusedError} like {@link decodePaymentRequired}.
 */
export function parsePaymentRequired(text: string): PaymentRequired {
  if (text.length > maxChallengeBytes) throw malformed(`is larger than ${maxChallengeBytes} bytes`)
  const value = parseJson(text)
  if (value === undefined) throw malformed('is not JSON, or is nested too deeply')
  const version = own(value, 'x402Version')
  if (version !== undefined && version !== 2) throw unsupported(version)
  const problems = challengeProblems(value)
  if (problems.length > 0) throw malformed(`has wrong or missing fields: ${problems.join(', ')}`)
  return value as PaymentRequired
}

/** Writes a `PAYMENT-SIGNATURE` header: padded standard base64, the only form that all servers read. */
export function encodePaymentSignature(payload: unknown): string {
  return encodeJson(payload)
}

/** Reads a `PAYMENT-RESPONSE` header; `undefined` when it is missing or unreadable. */
export function decodePaymentResponse(header: string | null): PaymentResponse | undefined {
  if (!header || header.length > maxChallengeBytes) return undefined
  const text = decodeText(header)
  return text === undefined ? undefined : readPaymentResponse(parseJson(text))
}

/** The wrong or missing fields of a challenge; none when it is a {@link PaymentRequired}. */
function challengeProblems(value: unknown): string[] {
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
function readPaymentResponse(value: unknown): PaymentResponse | undefined {
  const success = own(value, 'success')
  if (typeof success !== 'boolean') return undefined
  const text = (name: string) => {
    const found = ownString(value, name)
    return found === undefined ? {} : { [name]: found }
  }
  return { success, ...text('transaction'), ...text('network'), ...text('payer'), ...text('errorReason') }
}

function malformed(why: string): OfferRefusedError {
  return new OfferRefusedError('The payment challenge is unreadable.', {
    code: 'offer_malformed',
    details: `The challenge (PAYMENT-REQUIRED header or body) ${why}.`,
    hint: 'Nothing was signed. Check that `baseUrl` is StableStudio or its proxy.',
  })
}

function unsupported(version: unknown): OfferRefusedError {
  return new OfferRefusedError('The service uses another version of x402.', {
    code: 'version_not_supported',
    details: `It asks for version ${showValue(version)}; this client pays version 2.`,
    hint: 'Nothing was signed. Look for a newer version of this package.',
  })
}
