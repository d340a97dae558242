// What the tests of x402 share: a challenge as the live service sent it, and the means to change it.

import type { PaymentRequired } from '../../../src/x402/header.ts'
import type { ExactOffer } from '../../../src/x402/offer.ts'
import { selectExactOffer } from '../../../src/x402/offer.ts'

export const resource = 'https://stablestudio.dev/api/generate/nano-banana-pro/generate'
export const usdc = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
export const payee = '0x07F067959297767c887dbfA3C72379c66E82a045'

export const baseOffer = {
  scheme: 'exact',
  network: 'eip155:8453',
  amount: '130000',
  asset: usdc,
  payTo: payee,
  maxTimeoutSeconds: 300,
  extra: { name: 'USD Coin', version: '2' },
}

export const solanaOffer = {
  scheme: 'exact',
  network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
  amount: '130000',
  asset: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  payTo: 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c',
  maxTimeoutSeconds: 300,
  extra: {
    feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
    recentBlockhash: 'osmbte271YsgrZNVpzybhtxa5vkEJmKqJ5cXi2JUstJ',
    lastValidBlockHeight: '430352420',
  },
}

/** The challenge of the live service, 2026-10-01. */
export const liveChallenge: PaymentRequired = {
  x402Version: 2,
  resource: {
    url: resource,
    method: 'POST',
    description:
      'generate with Nano Banana Pro Returns an async job with a pollUrl. Poll the returned pollUrl with SIWX until the job is complete or failed.',
    mimeType: 'application/json',
    tags: ['Generate'],
    serviceName: 'StableStudio',
  },
  accepts: [baseOffer, solanaOffer],
}

/** A challenge whose only offer is the live one with some fields changed; `undefined` removes a field. */
export function offering(...changes: Record<string, unknown>[]): PaymentRequired {
  const accepts = changes.map((change) => JSON.parse(JSON.stringify({ ...baseOffer, ...change })))
  return { ...liveChallenge, accepts }
}

export function select(challenge: PaymentRequired): ExactOffer {
  return selectExactOffer(challenge, { resources: [resource] })
}

export function header(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
