// Header values that were sent and must never be shown: payments, proofs, tickets.
import { decodeText } from './base64.ts'
import { parseJson } from './json.ts'

export type Secrets = {
  /** Remembers what of a request's headers is secret. */
  add(headers: Record<string, string> | undefined): void
  /** The last ones that were sent, in every form in which they might come back. */
  recent(): string[]
}

/** A service echoes what it was just sent; what has been sent long ago is dead. */
const remembered = 64
/** Headers whose values say nothing of the payer. */
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

/** What of a request's headers must not be shown, in every form in which it might come back. */
export function secretsIn(headers: Record<string, string> | undefined): string[] {
  return secretValues(headers).flatMap(formsOf)
}

/** A header value as it was sent, without its scheme, and what is secret inside its base64. */
function formsOf(value: string): string[] {
  const bare = value.replace(/^(Payment|Bearer) /i, '')
  return [value, bare, ...secretsInside(parseJson(decodeText(bare) ?? ''))]
}

const shortestSecret = 16
/** Addresses, URLs, dates, names and texts are no secrets, and may stand in an error. */
const known = /^0x[0-9a-fA-F]{40}$|:\/\/|\s|^\d{4}-\d\d-\d\dT|^[a-z0-9]+:[A-Za-z0-9]+$/

/** The signatures, nonces and signed transactions in a decoded payment or proof. */
function secretsInside(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= shortestSecret && !known.test(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  // The hash of a transaction that was sent is public, and what its payer needs to know.
  return Object.entries(value).flatMap(([name, inner]) => (name === 'hash' ? [] : secretsInside(inner)))
}
