// Checks an offer on Solana against local knowledge, before any account is asked.

import { decode58 } from '../../internal/base58.ts'
import { own, ownString } from '../../internal/json.ts'
import type { PaymentRequired, PaymentRequirements } from '../../x402/header.ts'
import { checkAmount, checkFlow, checkValidity, refuse, selectFrom } from '../../x402/offer.ts'
import { decimals, programs, type SolanaAsset } from './assets.ts'
import { tokenAccountOf } from './token-account.ts'

/** An offer that passed every check except price and payee. */
export type SolanaOffer = {
  amount: bigint
  payTo: string
  feePayer: string
  /** As the service fetched it for this offer; `undefined` when it did not. */
  blockhash: string | undefined
  /** The last block that takes it. Only the service's word. */
  lastValidBlockHeight: string | undefined
  /** The offer verbatim, which the payment must repeat. */
  accepted: PaymentRequirements
  challenge: PaymentRequired
}

type Expectation = { resources: readonly string[]; asset: SolanaAsset; payer: string }

/**
 * Picks and checks the offer to pay: scheme `exact` on this cluster, its USDC under the Token program, an amount of 64 bits,
 * a payee and a fee payer that are accounts of their own, and no memo of the seller's. Signs nothing.
 *
 * @throws {OfferRefusedError} whose `code` says which check failed.
 */
export function selectSolanaOffer(challenge: PaymentRequired, expected: Expectation): SolanaOffer {
  const { resources, asset } = expected
  const wanted = { resources, networks: [asset.network] }
  return selectFrom(challenge, wanted, (offer) => checkOffer(offer, challenge, expected))
}

function checkOffer(
  accepted: PaymentRequirements,
  challenge: PaymentRequired,
  { asset, payer }: Expectation,
): SolanaOffer {
  const { mint } = asset
  const { extra } = accepted
  if (accepted.asset !== mint)
    throw refuse('asset_not_allowed', 'asks for a token other than USDC', accepted.asset, mint)
  checkTransfer(extra)
  checkValidity(accepted.maxTimeoutSeconds)
  const amount = checkAmount(accepted.amount)
  if (amount >= 2n ** 64n)
    throw refuse('offer_malformed', 'has no valid amount', accepted.amount, 'at most 64 bits')
  const feePayer = checkFeePayer(own(extra, 'feePayer'), { mint, payer })
  const payTo = checkPayee(accepted.payTo, { mint, payer, feePayer })
  if ([tokenAccountOf(payTo, mint), payTo].includes(feePayer) && feePayer !== payTo)
    throw malformedFeePayer(feePayer)
  return { amount, payTo, feePayer, ...checkLife(extra), accepted, challenge }
}

function checkTransfer(extra: unknown): void {
  const transfer = 'transfer_method_not_allowed'
  const program = own(extra, 'tokenProgram') ?? programs.token
  if (program !== programs.token)
    throw refuse(transfer, 'asks for another token program', program, programs.token)
  const digits = own(extra, 'decimals') ?? decimals
  if (digits !== decimals) throw refuse(transfer, 'asks for other decimals', digits, decimals)
  const memo = own(extra, 'memo')
  // The memo is the identity of a payment: with the seller's, two equal payments would be one.
  if (memo !== undefined) throw refuse(transfer, 'asks for a memo of its own', memo, 'none')
  checkFlow(extra)
}

/** What no payee and no fee payer can be. */
const known: readonly string[] = Object.values(programs)

/** A fee payer that is the payer would leave a transaction that anyone could send. */
function checkFeePayer(value: unknown, { mint, payer }: { mint: string; payer: string }): string {
  if (typeof value !== 'string' || !decode58(value, 32)) throw malformedFeePayer(value)
  if ([payer, mint, tokenAccountOf(payer, mint), ...known].includes(value)) throw malformedFeePayer(value)
  return value
}

function malformedFeePayer(value: unknown) {
  return refuse('offer_malformed', 'has no valid fee payer', value, "the facilitator's own account")
}

type Others = { mint: string; payer: string; feePayer: string }

function checkPayee(payTo: string, { mint, payer, feePayer }: Others): string {
  const mine = [payer, tokenAccountOf(payer, mint), tokenAccountOf(feePayer, mint)]
  if (decode58(payTo, 32) && ![mint, ...mine, ...known].includes(payTo)) return payTo
  throw refuse('payee_not_allowed', 'has no valid payee', payTo, 'an account of Solana that is not the payer')
}

function checkLife(extra: unknown): Pick<SolanaOffer, 'blockhash' | 'lastValidBlockHeight'> {
  const blockhash = own(extra, 'recentBlockhash')
  if (blockhash !== undefined && !decode58(blockhash, 32))
    throw refuse('offer_malformed', 'has no valid blockhash', blockhash, '32 bytes in base58')
  const height = own(extra, 'lastValidBlockHeight')
  const isHeight = ['string', 'number'].includes(typeof height) && /^[1-9]\d{0,18}$/.test(String(height))
  const lastValidBlockHeight = isHeight ? String(height) : undefined
  return { blockhash: ownString(extra, 'recentBlockhash'), lastValidBlockHeight }
}
