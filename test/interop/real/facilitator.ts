// The reference facilitator over HTTP: verifies and settles on the chain, as a hosted one would.
import { x402Facilitator } from '@x402/core/facilitator'
import type { PaymentPayload, PaymentRequirements, SettleResponse } from '@x402/core/types'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { registerExactEvmScheme } from '@x402/evm/exact/facilitator'
import type { RealChain } from './chain.ts'
import { type Served, serve } from './http.ts'

/** How settlements go wrong on purpose. `charged`: the money moves, and the server is told that it did not. */
export type SettleFault = 'refused' | 'charged'

export type Facilitator = Served & {
  /** Makes every settlement fail until the returned function is called. */
  fail(fault: SettleFault): () => void
}

/** As the live service's Solana offer is enriched; nothing here settles on Solana. */
const solana = {
  x402Version: 2,
  scheme: 'exact',
  network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
  extra: {
    feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
    recentBlockhash: 'osmbte271YsgrZNVpzybhtxa5vkEJmKqJ5cXi2JUstJ',
    lastValidBlockHeight: '430352420',
  },
}

export async function startFacilitator({ sender }: RealChain): Promise<Facilitator> {
  const facilitator = new x402Facilitator()
  // Its types want other generics than viem's; the functions are the same.
  const signer = toFacilitatorEvmSigner({ ...sender, address: sender.account.address } as never, {})
  registerExactEvmScheme(facilitator, { signer, networks: 'eip155:8453' })
  let fault: SettleFault | undefined
  const settle = async (
    payload: PaymentPayload,
    requirements: PaymentRequirements,
  ): Promise<SettleResponse> => {
    if (fault !== 'refused') {
      const settled = await facilitator.settle(payload, requirements)
      if (!fault) return settled
    }
    const { network } = requirements
    return { success: false, errorReason: 'settle_exact_node_failure', transaction: '', network }
  }
  const served = await serve(async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/supported') {
      const supported = facilitator.getSupported()
      return Response.json({ ...supported, kinds: [...supported.kinds, solana] })
    }
    const { paymentPayload, paymentRequirements } = await request.json()
    return Response.json(
      pathname === '/verify'
        ? await facilitator.verify(paymentPayload, paymentRequirements)
        : await settle(paymentPayload, paymentRequirements),
    )
  })
  return {
    ...served,
    fail(next) {
      fault = next
      return () => {
        fault = undefined
      }
    },
  }
}
