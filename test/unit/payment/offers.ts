// An offer for a known operation, and an address that it does not pay.
import type { Offer } from '../../../src/methods/method.ts'
import { asset, payTo } from '../ledger/kit.ts'

export const known = 'gpt-image-1/generate'
export const offer: Offer = {
  protocol: 'x402',
  amount: 170_000n,
  network: 'eip155:8453',
  asset,
  payTo,
  validityMs: 300_000,
}
export const other = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
