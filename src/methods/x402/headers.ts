// What both methods of x402 read from an answer: the challenge, and the receipt.
import {
  decodePaymentRequired,
  decodePaymentResponse,
  type PaymentRequired,
  parsePaymentRequired,
} from '../../x402/header.ts'
import { type Challenge, readReceipt, type Settlement, unreadableReceipt } from '../method.ts'

/** Reads the header, else the body: a browser may hide the header. */
export function readChallenge({ headers, body }: Challenge): PaymentRequired | undefined {
  const header = headers.get('payment-required')
  if (header !== null) return decodePaymentRequired(header)
  return body.includes('x402Version') ? parsePaymentRequired(body) : undefined
}

/** @param hash what a transaction looks like. Anything else is the server's own text, and is not passed on. */
export function readSettlement(headers: Headers, hash: RegExp): Settlement | undefined {
  const header = headers.get('payment-response')
  if (!header) return undefined
  const response = readReceipt(header, decodePaymentResponse)
  if (!response) return unreadableReceipt
  const { success, transaction = '', errorReason: reason } = response
  return {
    success,
    transaction: hash.test(transaction) ? transaction : undefined,
    pending: transaction !== '',
    reason,
  }
}
