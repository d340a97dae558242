// Sent header values that must never be shown: payments, proofs, tickets.
import { decodeText } from './base64.ts'
import { parseJson } from './json.ts'

export type Secrets = {
  /** Remembers the secret values of a request's headers. */
  add(headers: Record<string, string> | undefined): void
  /** The last ones, in every form in which a service might echo them. */
  recent(): string[]
}

/** A service echoes what it was just sent; older values are useless by now. */
const remembered = 64
/** Headers whose values say nothing about the payer. */
const plain: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'range',
  'if-range',
  'x-api-version',
  'x-content-type',
])

export function createSecrets(): Secrets {
  const values = new Set<string>()
  return {
    add(headers) {
      for (const value of secretValues(headers)) {
        // Sent again, or answered only now: it counts as new.
        values.delete(value)
        values.add(value)
        const [oldest] = values
        if (values.size > remembered && oldest !== undefined) values.delete(oldest)
      }
    },
    recent: () => [...values].flatMap(formsOf),
  }
}

function secretValues(headers: Record<string, string> = {}): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === '' || plain.has(name.toLowerCase()) ? [] : [value],
  )
}

/** The secret values of a request's headers, in every form in which a service might echo them. */
export function secretsIn(headers: Record<string, string> | undefined): string[] {
  return secretValues(headers).flatMap(formsOf)
}

/** A header value as sent, without its scheme, and the secrets inside its base64. */
function formsOf(value: string): string[] {
  const bare = value.replace(/^(Payment|Bearer) /i, '')
  return [value, bare, ...secretsInside(parseJson(decodeText(bare) ?? ''))]
}

const shortestSecret = 16
/** Addresses, URLs, hosts, dates, names and sentences are not secret, and may appear in an error. */
const known =
  /^0x[0-9a-fA-F]{40}$|:\/\/|\s|^\d{4}-\d\d-\d\dT|^[a-z0-9]+:[A-Za-z0-9]+$|^([a-z0-9-]{1,30}\.)+[a-z]{2,10}$/

/** The signatures, nonces and signed transactions in a decoded payment or proof. */
function secretsInside(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= shortestSecret && !known.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  // The hash of a transaction that was sent is public, and what its payer needs to know.
  return Object.entries(value).flatMap(([name, inner]) => (name === 'hash' ? [] : secretsInside(inner)))
}
