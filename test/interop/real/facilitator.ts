// The reference facilitator over HTTP: verifies and settles on the chain, as a hosted one would.
import { generateKeyPairSigner } from '@solana/kit'
import { x402Facilitator } from '@x402/core/facilitator'
import type { PaymentPayload, PaymentRequirements, SettleResponse } from '@x402/core/types'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { registerExactEvmScheme } from '@x402/evm/exact/facilitator'
import { toFacilitatorSvmSigner } from '@x402/svm'
import { ExactSvmScheme } from '@x402/svm/exact/facilitator'
import type { RealChain } from './chain.ts'
import { type Served, serve } from './http.ts'
import type { RealSolana } from './solana-chain.ts'

/** How settlements go wrong on purpose. `charged`: the money moves, and the server is told that it did not. */
export type SettleFault = 'refused' | 'charged'

export type Facilitator = Served & {
  /** Sends the transactions on Solana. */
  feePayer: string
  /** Makes every settlement fail until the returned function is called. */
  fail(fault: SettleFault): () => void
}

const solanaNetwork = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'

export async function startFacilitator({ sender }: RealChain, solana: RealSolana): Promise<Facilitator> {
  const facilitator = new x402Facilitator()
  // Its types want other generics than viem's; the functions are the same.
  const signer = toFacilitatorEvmSigner({ ...sender, address: sender.account.address } as never, {})
  registerExactEvmScheme(facilitator, { signer, networks: 'eip155:8453' })
  const feePayer = await generateKeyPairSigner()
  solana.endow(feePayer.address)
  const onSolana = toFacilitatorSvmSigner(feePayer, { defaultRpcUrl: solana.rpcUrl })
  facilitator.register([solanaNetwork], new ExactSvmScheme(onSolana))
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
      // The router asks once, and repeats this blockhash for as long as it runs.
      const life = await lifeOf(solana)
      const { kinds, ...supported } = facilitator.getSupported()
      const enriched = kinds.map((kind) =>
        kind.network === solanaNetwork ? { ...kind, extra: { ...kind.extra, ...life } } : kind,
      )
      return Response.json({ ...supported, kinds: enriched })
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
    feePayer: feePayer.address,
    fail(next) {
      fault = next
      return () => {
        fault = undefined
      }
    },
  }
}

/** What the live service's offers on Solana have, too. */
async function lifeOf({ rpcUrl }: RealSolana) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getLatestBlockhash', params: [] })
  const response = await fetch(rpcUrl, { method: 'POST', body })
  const { blockhash: recentBlockhash, lastValidBlockHeight } = (await response.json()).result.value
  return { recentBlockhash, lastValidBlockHeight: String(lastValidBlockHeight) }
}
