// The x402 v2 headers: base64 of JSON (transport: specs/transports-v2/http.md).
import { OfferRefusedError } from '../errors.ts'
import { decodeText, encodeJson } from '../internal/base64.ts'
import { own, parseJson } from '../internal/json.ts'
import { showValue } from '../internal/text.ts'
import {
  challengeProblems,
  type PaymentRequired,
  type PaymentResponse,
  readPaymentResponse,
} from './schemas.ts'

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
