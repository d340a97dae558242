// The only assets to pay with: USDC, with the EIP-712 domain of its contract, known locally.

/** A token contract and the EIP-712 domain under which it verifies transfers. */
export type Asset = {
  chainId: number
  /** EIP-55 checksummed. */
  address: `0x${string}`
  /** EIP-712 domain name; differs between networks. */
  name: string
  version: string
  decimals: number
}

/**
 * USDC by CAIP-2 network. A server's `extra` is compared with this table and never trusted instead of it.
 * Source: Circle's contract addresses; domains as returned by the contracts' `name()` and `version()`.
 */
export const usdcAssets = {
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
} as const satisfies Record<string, Asset>

/** A network on which this package pays: Base or Base Sepolia. */
export type X402Network = keyof typeof usdcAssets

/** The asset of a network; `undefined` for every network that is not in the table. */
export function assetOf(network: string): Asset | undefined {
  return Object.hasOwn(usdcAssets, network) ? usdcAssets[network as X402Network] : undefined
}
