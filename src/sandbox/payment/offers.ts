// The 402 of a paid route: the x402 challenge with its offers, like the live service's.
import { encodeJson } from '../../internal/base64.ts'
import type * as z from '../../internal/zod.ts'
import { usdcAssets, type X402Network } from '../../x402/assets.ts'
import type { PaymentRequirements } from '../../x402/schemas.ts'
import { agentIdentity } from '../routes/agent-identity.ts'
import { bazaar } from '../routes/extensions.ts'
import type { World } from '../state/world.ts'
import { type Answer, json, text } from '../wire/messages.ts'

/** What is charged, and for what. */
export type Charge = {
  url: URL
  description: string
  tag: string
  amount: bigint
  schema: z.core.$ZodType
}

/** The Solana network next to each EVM network. The service offers it; the sandbox verifies EVM payments only. */
export const solana: Record<X402Network, { network: string; asset: string }> = {
  'eip155:8453': {
    network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
    asset: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  },
  'eip155:84532': {
    network: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
    asset: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU',
  },
}

const maxTimeoutSeconds = 300

/** The offers that a payment must match: EVM first, as on the live service. */
export function createOffers({ settings }: World, amount: bigint): readonly PaymentRequirements[] {
  const offer = (network: string, asset: string, payTo: string, extra: Record<string, unknown>) => {
    const terms = { scheme: 'exact', network, amount: amount.toString(), asset, payTo }
    return { ...terms, maxTimeoutSeconds, extra }
  }
  const { address, name, version } = usdcAssets[settings.network]
  const beside = solana[settings.network]
  return [
    offer(settings.network, address, settings.payTo, { name, version }),
    offer(beside.network, beside.asset, 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c', {
      feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
      recentBlockhash: 'osmbte271YsgrZNVpzybhtxa5vkEJmKqJ5cXi2JUstJ',
      lastValidBlockHeight: '430352420',
    }),
  ]
}

/** The answer to an unpaid request: declared as JSON but empty, as the real library sends it. */
export async function unpaid(world: World, charge: Charge): Promise<Answer> {
  const headers = await challengeHeaders(world, charge)
  return text('', 402, { 'content-type': 'application/json', ...headers })
}

/** The answer to a refused payment: nothing was charged, and it carries a new challenge. */
export async function rejected(world: World, charge: Charge, reason: string, detail = ''): Promise<Answer> {
  const error = detail ? `Payment rejected (${reason}): ${detail}` : `Payment rejected: ${reason}`
  return json({ error, reason }, 402, await challengeHeaders(world, charge))
}

async function challengeHeaders(world: World, charge: Charge): Promise<Record<string, string>> {
  const { url, amount, description, tag, schema } = charge
  const { payTo, clock } = world.settings
  const now = clock.now()
  const resource = {
    url: url.href,
    method: 'POST',
    description,
    mimeType: 'application/json',
    tags: [tag],
    serviceName: 'StableStudio',
  }
  const accepts = createOffers(world, amount)
  const challenge = { x402Version: 2, resource, accepts, extensions: { bazaar: bazaar(schema) } }
  return {
    'cache-control': 'no-store',
    'payment-required': encodeJson(challenge),
    'www-authenticate': await world.mpp.issue({ realm: url.host, amount, recipient: payTo, now }),
    'x-agent-identity': agentIdentity(url, now),
  }
}
