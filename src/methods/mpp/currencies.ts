// The only currencies to pay in on Tempo, known locally. A challenge can only pick one of them.
import type { Address } from 'viem'

/** Tempo mainnet. */
export const tempoChainId = 4217
/** CAIP-2. */
export const tempoNetwork = 'eip155:4217'

/**
 * Dollar tokens on Tempo (TIP-20, 6 decimals), in order of preference: USDC.e, which the service's documents name since
 * September 2026, and the token that its listings named in spring 2026.
 */
export const tempoCurrencies = [
  '0x20C000000000000000000000b9537d11c60E8b50',
  '0x20c0000000000000000000000000000000000001',
] as const satisfies readonly Address[]

/** A token to pay in on Tempo. */
export type TempoCurrency = (typeof tempoCurrencies)[number]

/** The network fee may be paid in these; pathUSD is the chain's own token. */
export const feeTokens: readonly Address[] = [
  ...tempoCurrencies,
  '0x20c0000000000000000000000000000000000000',
]

/** The listed currency with this address, in the list's spelling. */
export function currencyOf(address: unknown, allowed: readonly TempoCurrency[]): TempoCurrency | undefined {
  const text = typeof address === 'string' ? address.toLowerCase() : undefined
  return allowed.find((one) => one.toLowerCase() === text)
}
