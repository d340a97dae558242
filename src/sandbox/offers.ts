// The 402 of a paid route: the x402 challenge with its offers, shaped like the live service's.
import { encodeJson } from '../internal/base64.ts'
import { usdcAssets, type X402Network } from '../x402/assets.ts'
import type { PaymentRequirements } from '../x402/schemas.ts'
import type { Answer } from './messages.ts'
import { json, text } from './messages.ts'
import type { World } from './world.ts'

/** What is charged for, and where. */
export type Charge = { url: URL; operation: string; description: string; tag: string; amount: bigint }

/** A challenge as sent: its offers and the headers that carry it. */
export type Challenge = { accepts: readonly PaymentRequirements[]; headers: Record<string, string> }

/** Solana beside each EVM network: the service offers it; the sandbox verifies EVM payments only. */
const solana: Record<X402Network, { network: string; asset: string }> = {
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

export async function createChallenge(world: World, charge: Charge): Promise<Challenge> {
  const { network, payTo, clock } = world.settings
  const accepts = [evmOffer(network, payTo, charge.amount), solanaOffer(network, charge.amount)]
  const { url, amount } = charge
  const mpp = await world.mpp({ realm: url.host, amount, recipient: payTo, now: clock.now() })
  const challenge = {
    x402Version: 2,
    resource: {
      url: url.href,
      method: 'POST',
      description: charge.description,
      mimeType: 'application/json',
      tags: [charge.tag],
      serviceName: 'StableStudio',
    },
    accepts,
    extensions: { bazaar: bazaar() },
  }
  const headers = {
    'cache-control': 'no-store',
    'payment-required': encodeJson(challenge),
    'www-authenticate': mpp,
  }
  return { accepts, headers }
}

/** An unpaid request's answer: JSON by its header, empty in fact, as the real library sends it. */
export function unpaid(challenge: Challenge): Answer {
  return text('', 402, { 'content-type': 'application/json', ...challenge.headers })
}

/** A refused payment's answer: nothing was charged, and a fresh challenge comes along. */
export function rejected(challenge: Challenge, reason: string, detail?: string): Answer {
  const error = detail ? `Payment rejected (${reason}): ${detail}` : `Payment rejected: ${reason}`
  return json({ error, reason }, 402, challenge.headers)
}

function evmOffer(network: X402Network, payTo: string, amount: bigint): PaymentRequirements {
  const { address, name, version } = usdcAssets[network]
  return {
    scheme: 'exact',
    network,
    amount: amount.toString(),
    asset: address,
    payTo,
    maxTimeoutSeconds,
    extra: { name, version },
  }
}

function solanaOffer(beside: X402Network, amount: bigint): PaymentRequirements {
  return {
    scheme: 'exact',
    network: solana[beside].network,
    amount: amount.toString(),
    asset: solana[beside].asset,
    payTo: 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c',
    maxTimeoutSeconds,
    extra: {
      feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
      recentBlockhash: 'osmbte271YsgrZNVpzybhtxa5vkEJmKqJ5cXi2JUstJ',
      lastValidBlockHeight: '430352420',
    },
  }
}

/** The discovery extension, without the operation's own schema: clients have the catalogue. */
function bazaar() {
  const body = { type: 'object', properties: { prompt: { type: 'string', minLength: 1 } } }
  return {
    info: { input: { type: 'http', method: 'POST', bodyType: 'json', body: {} } },
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { input: { type: 'object', properties: { body } } },
      required: ['input'],
    },
  }
}
