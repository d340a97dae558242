// The `WWW-Authenticate: Payment` challenge (MPP, method tempo, intent charge) that stands beside x402 offers.
import { encodeJson, toBase64 } from '../internal/base64.ts'
import { canonicalJson } from '../internal/json.ts'

/** USDC on Tempo, as the service names it. */
const currency = '0x20c000000000000000000000b9537d11c60e8b50'
const tempoChainId = 4217
const lifeMs = 5 * 60_000

/** Makes challenges under one secret, like a stateless server. */
export type MppChallenger = (charge: {
  realm: string
  /** Atomic units. */
  amount: bigint
  recipient: string
  now: number
}) => Promise<string>

export function createMppChallenger(): MppChallenger {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const secret = crypto.getRandomValues(new Uint8Array(32))
  return async ({ realm, amount, recipient, now }) => {
    const charge = {
      amount: amount.toString(),
      currency,
      methodDetails: { chainId: tempoChainId },
      recipient,
    }
    const request = urlSafe(encodeJson(JSON.parse(canonicalJson(charge))))
    const expires = new Date(now + lifeMs).toISOString()
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
    // Digest and opaque are bound too; this service sends neither.
    const bound = new TextEncoder().encode([realm, 'tempo', 'charge', request, expires, '', ''].join('|'))
    const id = urlSafe(toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, bound))))
    const fields = { id, realm, method: 'tempo', intent: 'charge', request, expires }
    const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
    return `Payment ${list.join(', ')}`
  }
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
