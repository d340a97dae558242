import { getAddress } from 'viem'
import { describe, expect, it } from 'vitest'
import { assetOf, usdcAssets } from '../../../src/x402/assets.ts'

describe('usdcAssets', () => {
  it('is USDC as Circle publishes it', () => {
    expect(usdcAssets).toEqual({
      'eip155:8453': {
        chainId: 8453,
        address: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
        name: 'USD Coin',
        version: '2',
        decimals: 6,
      },
      'eip155:84532': {
        chainId: 84532,
        address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
        name: 'USDC',
        version: '2',
        decimals: 6,
      },
    })
  })

  it.each(Object.entries(usdcAssets))(
    'names %s by its own chain id and a checksummed address',
    (network, asset) => {
      expect(network).toBe(`eip155:${asset.chainId}`)
      expect(asset.address).toBe(getAddress(asset.address))
      expect(assetOf(network)).toBe(asset)
    },
  )

  it.each(['', 'base', 'eip155:1', 'eip155:8453 ', 'constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'knows no asset of %j',
    (network) => {
      expect(assetOf(network)).toBeUndefined()
    },
  )
})
