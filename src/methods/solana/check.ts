// What a wallet returned, compared with what it was asked to sign. Nothing else is sent.
import { WalletError } from '../../errors.ts'
import { programs } from './assets.ts'
import { sameBytes } from './bytes.ts'
import { computeSetting, type DecodedTransaction, decodeTransaction } from './decode.ts'
import { verifies } from './ed25519.ts'
import { type Instruction, type Payment, transferOf } from './message.ts'
import { keyOf } from './token-account.ts'

/** The most compute units that a wallet may ask for; two assertions and a memo need less. */
const maxUnits = 400_000n
/** Assertions that a wallet may insert; the facilitator takes seven instructions at most. */
const maxInstructions = 7

/**
 * Throws unless the transaction is the payment, signed: the same transfer, payer, fee payer, blockhash and memo. A wallet may
 * only set other compute limits, and insert assertions.
 *
 * @param maxPrice micro-lamports for each compute unit.
 * @throws {WalletError} `wallet_not_supported` for another transaction, `wallet_failed` for another signature.
 */
export async function checkReturned(bytes: Uint8Array, payment: Payment, maxPrice: bigint): Promise<void> {
  const transaction = decodeTransaction(bytes)
  const problem = transaction
    ? problemOf(transaction, payment, maxPrice)
    : 'is not a transaction of version 0'
  if (!transaction || problem) throw changed(problem ?? '')
  const [, signature] = transaction.signatures
  if (signature && (await verifies(keyOf(payment.payer), signature, transaction.message))) return
  throw new WalletError('The wallet signed with another account.', {
    code: 'wallet_failed',
    details: `The signature is not one of ${payment.payer} over this transaction.`,
    hint: 'Nothing was sent. Select the expected account in the wallet.',
  })
}

function problemOf(transaction: DecodedTransaction, payment: Payment, maxPrice: bigint): string | undefined {
  const { signatures, header, keys, blockhash, instructions } = transaction
  const [units, price, transfer, ...others] = instructions
  if (signatures.length !== 2 || header[0] !== 2 || header[1] !== 1) return 'has other signers'
  if (keys[0] !== payment.feePayer || keys[1] !== payment.payer) return 'has another payer or fee payer'
  if (new Set(keys).size !== keys.length) return 'names a key twice'
  if (blockhash !== payment.blockhash) return 'has another blockhash'
  if (instructions.length > maxInstructions || !units || !price || !transfer) return 'has other instructions'
  const [limit, offered] = [computeSetting(units, 2), computeSetting(price, 3)]
  if (limit === undefined || limit > maxUnits) return 'sets another unit limit'
  if (offered === undefined || offered > maxPrice) return `offers more than ${maxPrice} micro-lamports a unit`
  if (!isSame(transfer, transferOf(payment))) return 'makes another transfer'
  const memos = others.filter(({ program }) => program !== programs.lighthouse)
  const memo = { program: programs.memo, accounts: [], data: new TextEncoder().encode(payment.memo) }
  if (memos.length !== 1 || !memos[0] || !isSame(memos[0], memo))
    return 'has other instructions behind the transfer'
  return instructions.some(({ accounts }) => accounts.includes(payment.feePayer))
    ? 'has the fee payer in an instruction'
    : undefined
}

function isSame(one: Instruction, other: Instruction): boolean {
  const accounts = String(one.accounts) === String(other.accounts)
  return one.program === other.program && accounts && sameBytes(one.data, other.data)
}

function changed(problem: string): WalletError {
  return new WalletError('The wallet changed the payment.', {
    code: 'wallet_not_supported',
    details: `The transaction that it returned ${problem}.`,
    hint: 'Nothing was sent. Use a wallet that signs the transaction as it is.',
  })
}
