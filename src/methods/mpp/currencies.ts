// The only currencies to pay with on Tempo, listed here. A challenge can only pick one of them.
import type { Address } from 'viem'

/** Tempo mainnet. */
export const tempoChainId = 4217
/** CAIP-2. */
export const tempoNetwork = 'eip155:4217'

/**
 * Dollar tokens on Tempo (TIP-20, 6 decimals), in order of preference: USDC.e, which the service has documented since
 * September 2026, and the token in its listings of spring 2026.
 */
export const tempoCurrencies = [
  '0x20C000000000000000000000b9537d11c60E8b50',
  '0x20c0000000000000000000000000000000000001',
] as const satisfies readonly Address[]

/** A token to pay with on Tempo. */
export type TempoCurrency = (typeof tempoCurrencies)[number]

/** Tokens that may pay the network fee. pathUSD is the chain's own token. */
export const feeTokens: readonly Address[] = [
  ...tempoCurrencies,
  '0x20c0000000000000000000000000000000000000',
]

/** The listed currency with this address, spelled as in the list. */
export function currencyOf(address: unknown, allowed: readonly TempoCurrency[]): TempoCurrency | undefined {
  const text = typeof address === 'string' ? address.toLowerCase() : undefined
  return allowed.find((one) => one.toLowerCase() === text)
}
