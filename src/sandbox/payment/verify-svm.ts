// Verification of an x402 payment on Solana, with the facilitator's reasons in its order (`@x402/svm`, exact).
import { fromBase64 } from '../../internal/base64.ts'
import { own, ownString } from '../../internal/json.ts'
import { programs } from '../../methods/solana/assets.ts'
import { sameBytes } from '../../methods/solana/bytes.ts'
import { computeSetting, type DecodedTransaction, decodeTransaction } from '../../methods/solana/decode.ts'
import { verifies } from '../../methods/solana/ed25519.ts'
import type { Instruction } from '../../methods/solana/message.ts'
import { keyOf, tokenAccountOf } from '../../methods/solana/token-account.ts'
import type { PaymentRequirements } from '../../x402/header.ts'
import type { SolanaChain, SolanaTransfer } from '../chains/solana-chain.ts'
import { feePayer } from './offers.ts'

/** A verified payment that matches an offer. */
export type VerifiedTransfer = { network: string; transfer: SolanaTransfer }

type Refusal = { reason: string; detail?: string }

const payloadReason = (problem: string) => `invalid_exact_svm_payload_${problem}`
const computeReason = (problem: string) => payloadReason(`transaction_instructions_compute_${problem}`)

/** @param payload with `accepted`, which matched the offer but for `extra`. */
export async function verifySvm(
  payload: unknown,
  offer: PaymentRequirements,
  chain: SolanaChain,
): Promise<VerifiedTransfer | Refusal> {
  const named = own(own(own(payload, 'accepted'), 'extra'), 'feePayer')
  if (typeof named !== 'string') return { reason: payloadReason('missing_fee_payer') }
  if (named !== feePayer) return { reason: 'invalid_exact_svm_fee_payer_not_managed_by_facilitator' }
  const bytes = fromBase64(ownString(own(payload, 'payload'), 'transaction') ?? '')
  const transaction = bytes && decodeTransaction(bytes)
  if (!transaction) return { reason: payloadReason('transaction_could_not_be_decoded') }
  if (transaction.keys[0] !== feePayer) return { reason: 'invalid_exact_svm_fee_payer_mismatch' }
  if (!(await isSigned(transaction))) return { reason: payloadReason('signature_invalid') }
  const problem = layoutProblem(transaction) ?? transferProblem(transaction, offer, chain)
  if (problem) return { reason: problem }
  return simulated(transaction, offer, chain)
}

async function isSigned({ header, keys, signatures, message }: DecodedTransaction): Promise<boolean> {
  for (let at = 1; at < header[0]; at += 1) {
    const [key, signature] = [keys[at], signatures[at]]
    if (key === undefined || !signature) return false
    if (!(await verifies(keyOf(key), signature, message).catch(() => false))) return false
  }
  return true
}

function layoutProblem({ instructions }: DecodedTransaction): string | undefined {
  const [units, price] = instructions
  if (instructions.length < 3 || instructions.length > 7 || !units || !price)
    return payloadReason('transaction_instructions_length')
  if (computeSetting(units, 2) === undefined) return computeReason('limit_instruction')
  const offered = computeSetting(price, 3)
  if (offered === undefined) return computeReason('price_instruction')
  return offered > 5_000_000n ? computeReason('price_instruction_too_high') : undefined
}

function transferProblem(
  { instructions }: DecodedTransaction,
  offer: PaymentRequirements,
  { asset }: SolanaChain,
): string | undefined {
  const [, , transfer, ...others] = instructions
  const { program, data, accounts } = transfer ?? noInstruction
  const [, mint, destination, authority] = accounts
  if (program !== programs.token || data[0] !== 12 || data.length < 10 || authority === undefined)
    return payloadReason('no_transfer_instruction')
  if (authority === feePayer) return payloadReason('transaction_fee_payer_transferring_funds')
  if (mint !== asset.mint) return payloadReason('mint_mismatch')
  if (destination !== tokenAccountOf(offer.payTo, asset.mint)) return payloadReason('recipient_mismatch')
  if (amountOf(data) !== BigInt(offer.amount)) return payloadReason('amount_mismatch')
  const allowed: readonly string[] = [programs.memo, programs.lighthouse]
  const unknown = others.findIndex((one) => !allowed.includes(one.program))
  const ordinal = ['fourth', 'fifth', 'sixth', 'seventh'][unknown]
  return unknown < 0 ? undefined : payloadReason(`unknown_${ordinal}_instruction`)
}

const noInstruction: Instruction = { program: '', accounts: [], data: new Uint8Array() }

function amountOf(data: Uint8Array): bigint {
  return data.slice(1, 9).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

/** The node's verdict. Its errors reach the client as JSON with numbers in quotes, as `@solana/kit` writes them. */
function simulated(
  { instructions, keys, header, message, blockhash }: DecodedTransaction,
  offer: PaymentRequirements,
  chain: SolanaChain,
): VerifiedTransfer | Refusal {
  const [, , transfer = noInstruction, ...others] = instructions
  const from = transfer.accounts[3] ?? ''
  const memo = others.find(({ program }) => program === programs.memo)?.data ?? new Uint8Array()
  const refused = (error: unknown) => {
    const text = JSON.stringify(error, (_name, value) => (typeof value === 'number' ? String(value) : value))
    return { reason: 'invalid_exact_svm_transaction_simulation_failed', detail: `Simulation failed: ${text}` }
  }
  // Only who signs may be an authority; others' accounts, and other decimals, are the token program's to refuse.
  const isSigner = keys.slice(0, header[0]).includes(from)
  if (!isSigner) return refused({ InstructionError: [2, 'MissingRequiredSignature'] })
  if (transfer.accounts[0] !== tokenAccountOf(from, chain.asset.mint))
    return refused({ InstructionError: [2, 'InvalidAccountData'] })
  if (!sameBytes(transfer.data.slice(9), Uint8Array.of(6)))
    return refused({ InstructionError: [2, { Custom: 18 }] })
  const payment = {
    ...{ from, to: offer.payTo, amount: BigInt(offer.amount), blockhash, message },
    memo: new TextDecoder().decode(memo),
  }
  const error = chain.simulate(payment)
  return error ? refused(error) : { network: chain.network, transfer: payment }
}
