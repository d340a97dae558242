// `balance`: what the payer holds, for each way to pay that can ask its network.
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { formatUsd } from '../internal/usd.ts'
import type { Balance } from '../types.ts'
import { noWallet } from '../wallet.ts'

export async function balance(context: Context, { deadline }: Call): Promise<Balance[]> {
  const { payWith, payer, fetch } = context
  if (!payer) throw noWallet()
  const asked = payWith.map(async (method) => {
    const held = await method.holding?.(payer.address, { fetch, signal: deadline.signal })
    return (
      held && {
        protocol: method.protocol,
        ...held,
        amount: held.amount.toString(),
        usd: formatUsd(held.amount),
      }
    )
  })
  return (await Promise.all(asked)).filter((one) => one !== undefined)
}
