// Any change to the live challenge is either harmless or refused.
import fc from 'fast-check'
import { getAddress } from 'viem'
import { describe, expect, it } from 'vitest'
import { StableStudioError } from '../../../src/errors.ts'
import { assetOf } from '../../../src/x402/assets.ts'
import type { PaymentRequired } from '../../../src/x402/header.ts'
import { baseOffer, liveChallenge, payee, select, solanaOffer, usdc } from './kit.ts'

fc.configureGlobal({ seed: 20261122 })

const zero = '0x0000000000000000000000000000000000000000'
const sepolia = {
  network: 'eip155:84532',
  asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
  extra: { name: 'USDC', version: '2' },
}

describe('any change to the live challenge', () => {
  const odd = fc.oneof(
    // A value of the right kind that is nearly right, or anything at all.
    fc.constantFrom<unknown>(
      'exact',
      'upto',
      'eip155:8453',
      'eip155:84532',
      usdc,
      sepolia.asset,
      payee,
      zero,
    ),
    fc.constantFrom<unknown>(
      '1',
      '0',
      '130000',
      300,
      0,
      1e9,
      null,
      'USD Coin',
      'USDC',
      '2',
      'permit2',
      [],
      {},
    ),
    fc.jsonValue(),
  )
  const field = fc.constantFrom(...Object.keys(baseOffer), 'extra.name', 'extra.version', 'extra.paymentFlow')
  const extraField = fc.constantFrom('extra.assetTransferMethod', 'resource', 'resource.url', 'accepts')
  const harmless = fc.constantFrom('extra.features', 'extra.decimals', 'description', 'resource.tags')
  const change = fc.tuple(fc.oneof(field, extraField, harmless), odd)

  function changed(changes: [string, unknown][]): PaymentRequired {
    const challenge = structuredClone(liveChallenge) as Record<string, unknown>
    const offer: Record<string, unknown> = structuredClone(baseOffer)
    challenge.accepts = [offer, solanaOffer]
    for (const [path, value] of changes) {
      const [first = '', second] = path.split('.')
      const owner = first in challenge ? challenge : offer
      if (second === undefined) owner[first] = value
      else owner[first] = { ...(owner[first] as object), [second]: value }
    }
    return challenge as PaymentRequired
  }

  it('gives an offer of USDC to the named payee, or an error of this package', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const challenge = changed(changes as [string, unknown][])
        if (!Array.isArray(challenge.accepts) || typeof challenge.resource !== 'object') return
        try {
          const offer = select(challenge)
          const named = offer.accepted
          accepted += 1
          expect(challenge.accepts).toContain(named)
          expect(offer.asset).toBe(assetOf(offer.network))
          expect(named.network).toBe(offer.network)
          expect(named.asset.toLowerCase()).toBe(offer.asset.address.toLowerCase())
          expect(named.extra).toMatchObject({ name: offer.asset.name, version: offer.asset.version })
          expect(offer.payTo).toBe(getAddress(named.payTo))
          expect(offer.payTo).not.toBe(zero)
          expect(String(offer.amount)).toBe(named.amount)
          expect(offer.amount).toBeGreaterThan(0n)
          expect(offer.validitySeconds).toBeLessThanOrEqual(Math.min(600, named.maxTimeoutSeconds))
        } catch (error) {
          if (!(error instanceof StableStudioError)) throw error
        }
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
