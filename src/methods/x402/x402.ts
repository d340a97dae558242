// `x402()` as the package exports it: checks its options. Pages that only use the default do not load it.
import { invalidOptions } from '../../errors/invalid-options.ts'
import { type Check, checkOptions, checkThat, hasMethods } from '../../internal/check.ts'
import { checkUrl } from '../../internal/url.ts'
import { assetOf, usdcAssets } from '../../x402/assets.ts'
import type { PaymentMethod } from '../method.ts'
import { exactMethod, type X402Options } from './exact-method.ts'

/**
 * Pays with x402 v2, scheme `exact`: one EIP-3009 USDC authorization per generation.
 * Specification: x402 v2, specs/schemes/exact/scheme_exact_evm.md.
 *
 * @example
 * import { StableStudioClient, x402 } from 'stablestudio'
 *
 * const studio = new StableStudioClient({ wallet, payWith: [x402({ rpc: 'https://mainnet.base.org' })] })
 */
export function x402(options: X402Options = {}): PaymentMethod {
  const issues = checkOptions(options, checks)
  if (issues.length === 0) return exactMethod(options)
  throw invalidOptions('x402', issues)
}

const checks: Readonly<Record<keyof X402Options, Check>> = {
  networks: checkThat(
    (value) => Array.isArray(value) && value.every((network) => assetOf(network) !== undefined),
    `must be among ${Object.keys(usdcAssets).join(', ')}`,
  ),
  rpc(value) {
    if (hasMethods(value, ['request'])) return undefined
    // An RPC provider's key is often part of the query.
    const problem = checkUrl(typeof value === 'string' ? value.split('?')[0] : value)
    return problem && `${problem}, or a viem PublicClient`
  },
}
