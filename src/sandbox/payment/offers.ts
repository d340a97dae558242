// The 402 of a paid route: the x402 challenge with its offers, like the live service's.
import { encodeJson } from '../../internal/base64.ts'
import type * as z from '../../internal/zod.ts'
import { usdcAssets } from '../../x402/assets.ts'
import type { PaymentRequirements } from '../../x402/header.ts'
import { agentIdentity, bazaar } from '../routes/extensions.ts'
import { solanaPayee } from '../state/options.ts'
import type { World } from '../state/world.ts'
import { type Answer, json, text } from '../wire/messages.ts'

/** What is charged, and for what. */
export type Charge = {
  url: URL
  description: string
  tag: string
  amount: bigint
  schema: z.core.$ZodType
}

/** The facilitator's account that sends the transactions on Solana. */
export const feePayer = 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww'

/** The offers that a payment must match: EVM first, as on the live service. */
export function createOffers({ settings, solana }: World, amount: bigint): readonly PaymentRequirements[] {
  const terms = { scheme: 'exact', amount: amount.toString(), maxTimeoutSeconds: 300 }
  const { address, name, version } = usdcAssets[settings.network]
  const { blockhash: recentBlockhash, lastValidBlockHeight } = solana.latestBlockhash()
  return [
    { ...terms, network: settings.network, asset: address, payTo: settings.payTo, extra: { name, version } },
    {
      ...terms,
      network: solana.network,
      asset: solana.asset.mint,
      payTo: solanaPayee,
      extra: { feePayer, recentBlockhash, lastValidBlockHeight: String(lastValidBlockHeight) },
    },
  ]
}

/** The answer to an unpaid request: declared as JSON but empty, as the real library sends it. */
export async function unpaid(world: World, charge: Charge): Promise<Answer> {
  const headers = await challengeHeaders(world, charge)
  return text('', 402, { 'content-type': 'application/json', ...headers })
}

/** The answer to a refused payment: nothing was charged, and it carries a new challenge. */
export async function rejected(world: World, charge: Charge, reason: string, detail = ''): Promise<Answer> {
  const error = detail ? `Payment rejected (${reason}): ${detail}` : `Payment rejected: ${reason}`
  return json({ error, reason }, 402, await challengeHeaders(world, charge))
}

async function challengeHeaders(world: World, charge: Charge): Promise<Record<string, string>> {
  const { url, amount, description, tag, schema } = charge
  const { payTo, clock } = world.settings
  const now = clock.now()
  const resource = {
    url: url.href,
    method: 'POST',
    description,
    mimeType: 'application/json',
    tags: [tag],
    serviceName: 'StableStudio',
  }
  const accepts = createOffers(world, amount)
  const challenge = { x402Version: 2, resource, accepts, extensions: { bazaar: bazaar(schema) } }
  return {
    'cache-control': 'no-store',
    'payment-required': encodeJson(challenge),
    'www-authenticate': await world.mpp.issue({ realm: url.host, amount, recipient: payTo, now }),
    'x-agent-identity': agentIdentity(url, now),
  }
}
