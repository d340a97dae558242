// The payment method for x402 v2 `exact`.

import { checkChain, noWallet, type Wallet } from '../../wallet.ts'
import { usdcAssets, type X402Network } from '../../x402/assets.ts'
import { authorizationTypedData, createAuthorization, encodeExactPayment } from '../../x402/exact.ts'
import { type ExactOffer, maxValiditySeconds, selectExactOffer } from '../../x402/offer.ts'
import type { PaymentMethod, PreparedPayment } from '../method.ts'
import type { Rpc } from './chain.ts'
import { readChallenge, readSettlement } from './headers.ts'

/** Options of `x402()`. */
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

const allNetworks = Object.keys(usdcAssets) as X402Network[]

/** The method, from valid options. */
export function exactMethod({ networks = allNetworks, rpc }: X402Options = {}): PaymentMethod {
  return {
    id: 'x402',
    protocol: 'x402',
    // Loaded only if an attempt has to be checked: most never are.
    ...(rpc && {
      isTaken: async (...asked) => (await import('./chain.ts')).isUsedOnChain(rpc, ...asked),
      holding: async (owner, io) => (await import('./chain.ts')).heldOnChain(rpc, owner, networks, io),
    }),
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
    settlement: (headers) => readSettlement(headers, /^0x[0-9a-fA-F]{64}$/),
  }
}

const clockToleranceSeconds = 10

function prepare(exact: ExactOffer, wallet: Wallet | undefined, now: number): PreparedPayment {
  if (!wallet) throw noWallet()
  checkChain(wallet.chainId, exact.asset.chainId)
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
