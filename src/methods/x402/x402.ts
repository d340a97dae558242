// The payment method for x402 v2 `exact`.

import { InvalidInputError } from '../../errors.ts'
import { type Check, checkOptions, checkThat, hasMethods } from '../../internal/check.ts'
import { checkUrl } from '../../internal/url.ts'
import { noWallet, type Wallet } from '../../wallet.ts'
import { assetOf, usdcAssets, type X402Network } from '../../x402/assets.ts'
import { authorizationTypedData, createAuthorization, encodeExactPayment } from '../../x402/exact.ts'
import { decodePaymentRequired, decodePaymentResponse, parsePaymentRequired } from '../../x402/header.ts'
import { type ExactOffer, maxValiditySeconds, selectExactOffer } from '../../x402/offer.ts'
import {
  type Challenge,
  type PaymentMethod,
  type PreparedPayment,
  readReceipt,
  unreadableReceipt,
} from '../method.ts'
import type { Rpc } from './chain.ts'

/** Options of {@link x402}. */
export type X402Options = {
  /**
   * Networks to pay on, in order of preference.
   * @default ['eip155:8453', 'eip155:84532'] (Base, Base Sepolia)
   */
  networks?: readonly X402Network[] | undefined
  /**
   * JSON-RPC of the payment chain: a URL or a viem `PublicClient`. Lets the token contract decide whether an open
   * attempt's authorization was used (EIP-3009 `authorizationState`). Moves no money.
   * @default none: the job list and the authorization's expiry decide
   */
  rpc?: Rpc | undefined
}

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
  if (issues.length > 0) {
    throw new InvalidInputError('Invalid options of x402().', { code: 'invalid_config', issues })
  }
  const { networks, rpc } = options
  return {
    id: 'x402',
    protocol: 'x402',
    // Loaded only if an attempt has to be checked: most never are.
    ...(rpc && { isTaken: async (...asked) => (await import('./chain.ts')).isUsedOnChain(rpc, ...asked) }),
    select(challenge) {
      const decoded = readChallenge(challenge)
      if (!decoded) return undefined
      const exact = selectExactOffer(decoded, { resources: challenge.resources, networks })
      const { amount, network, payTo, asset, validitySeconds } = exact
      const validityMs = validitySeconds * 1000
      return {
        offer: { protocol: 'x402', amount, network, payTo, asset: asset.address, validityMs },
        prepare: (wallet, now) => prepare(exact, wallet, now),
        reusable: true,
      }
    },
    settlement(headers) {
      const header = headers.get('payment-response')
      if (!header) return undefined
      const response = readReceipt(header, decodePaymentResponse)
      if (!response) return unreadableReceipt
      const { success, transaction = '', errorReason: reason } = response
      const hash = isTransactionHash(transaction) ? transaction : undefined
      return { success, transaction: hash, pending: transaction !== '', reason }
    },
  }
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

/** Anything but a hash is the server's own text, and is not passed on. */
function isTransactionHash(text: string): boolean {
  return /^0x[0-9a-fA-F]{64}$/.test(text)
}

const clockToleranceSeconds = 10

/** Reads the header, else the body: a browser may hide the header. */
function readChallenge({ headers, body }: Challenge) {
  const header = headers.get('payment-required')
  if (header !== null) return decodePaymentRequired(header)
  return body.includes('x402Version') ? parsePaymentRequired(body) : undefined
}

function prepare(exact: ExactOffer, wallet: Wallet | undefined, now: number): PreparedPayment {
  if (!wallet) throw noWallet()
  // The service's clock is known only to a few seconds. By it, too, an authorization must not exceed the maximum.
  const longest = maxValiditySeconds - clockToleranceSeconds - exact.validitySeconds
  const authorization = createAuthorization(exact, wallet.address, now + Math.min(0, longest * 1000))
  return {
    payer: wallet.address,
    nonce: authorization.nonce,
    validBefore: Number(authorization.validBefore),
    async sign(deadline) {
      const signature = await wallet.signTypedData(
        authorizationTypedData(exact.asset, authorization),
        deadline,
      )
      return { header: ['PAYMENT-SIGNATURE', encodeExactPayment(exact, authorization, signature)] }
    },
  }
}
