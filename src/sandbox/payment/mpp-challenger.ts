// The `WWW-Authenticate: Payment` challenge (MPP, method tempo, intent charge) next to the x402 offers.
import { encodeJson, toBase64, toBase64Url } from '../../internal/base64.ts'
import { canonicalJson } from '../../internal/json.ts'
import { tempoChainId } from '../../methods/mpp/currencies.ts'

/** USDC on Tempo, as the service spells it. */
const currency = '0x20c000000000000000000000b9537d11c60e8b50'
const lifeMs = 5 * 60_000

/** What is charged. */
export type MppCharge = {
  realm: string
  /** Atomic units. */
  amount: bigint
  recipient: string
}

/** Makes challenges under one secret, like a stateless server, and recognises its own. */
export function createMppChallenger() {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const idOf = async (parts: readonly unknown[]) => {
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
    const bound = new TextEncoder().encode(parts.map((part) => part ?? '').join('|'))
    return toBase64Url(toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, bound))))
  }
  let last = 0
  return {
    requestOf,
    /** The header's value. */
    async issue({ now, ...charge }: MppCharge & { now: number }) {
      const { realm } = charge
      const request = requestOf(charge)
      // A proof consumes its challenge, and only the time tells challenges apart, even if a test's clock stands still.
      const isProof = charge.amount === 0n
      if (isProof) last = Math.max(now + lifeMs, last + 1)
      const expires = new Date(isProof ? last : now + lifeMs).toISOString()
      // Digest and opaque are bound too, but this service sends neither.
      const id = await idOf([realm, 'tempo', 'charge', request, expires, '', ''])
      const fields = { id, realm, method: 'tempo', intent: 'charge', request, expires }
      const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
      return `Payment ${list.join(', ')}`
    },
    /** Whether an echoed challenge was issued here, in every bound part. */
    async isIssued({ id, realm, method, intent, request, expires, digest, opaque }: Record<string, unknown>) {
      return id === (await idOf([realm, method, intent, request, expires, digest, opaque]))
    },
  }
}

/** The auth-param `request` of a charge. */
function requestOf({ amount, recipient }: MppCharge): string {
  const methodDetails = { chainId: tempoChainId }
  const charge = { amount: amount.toString(), currency, methodDetails, recipient }
  return toBase64Url(encodeJson(JSON.parse(canonicalJson(charge))))
}
