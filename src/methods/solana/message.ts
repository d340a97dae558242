// The transaction that pays (specs/schemes/exact/scheme_exact_svm.md): one token transfer, and a memo that is its identity.
import { decimals, programs } from './assets.ts'
import { concat, counted, littleEndian } from './bytes.ts'
import { keyOf, tokenAccountOf } from './token-account.ts'

/** What a payment's transaction says. Keys and blockhash are 32 bytes in base58, checked before. */
export type Payment = {
  payer: string
  /** Signs first, sends the transaction and pays its fee: the facilitator. */
  feePayer: string
  payTo: string
  mint: string
  /** Atomic units. */
  amount: bigint
  blockhash: string
  /** 32 hexadecimal digits. */
  memo: string
}

/** Compute units: a transfer with its memo uses about 12,000. */
const unitLimit = 20_000n
/** Millionths of a lamport for each compute unit. */
const unitPrice = 1n

export type Instruction = { program: string; accounts: readonly string[]; data: Uint8Array }

/** The one instruction that moves money: `TransferChecked`. */
export function transferOf({ payer, payTo, mint, amount }: Payment): Instruction {
  const accounts = [tokenAccountOf(payer, mint), mint, tokenAccountOf(payTo, mint), payer]
  return {
    program: programs.token,
    accounts,
    data: concat([12], littleEndian(amount, 8), [decimals]),
  }
}

/** The v0 message: what the payer signs. Its keys are in the order of `@solana/kit`. */
export function paymentMessage(payment: Payment): Uint8Array<ArrayBuffer> {
  const transfer = transferOf(payment)
  const [source = '', mint = '', destination = ''] = transfer.accounts
  const plain = (program: string, data: Uint8Array) => ({ program, accounts: [], data })
  const instructions: Instruction[] = [
    plain(programs.compute, concat([2], littleEndian(unitLimit, 4))),
    plain(programs.compute, concat([3], littleEndian(unitPrice, 8))),
    transfer,
    plain(programs.memo, new TextEncoder().encode(payment.memo)),
  ]
  const { compare } = new Intl.Collator('en', { caseFirst: 'lower' })
  const written = [source, destination].sort(compare)
  const read = [mint, programs.compute, programs.token, programs.memo].sort(compare)
  const keys = [payment.feePayer, payment.payer, ...written, ...read]
  const encode = ({ program, accounts, data }: Instruction) =>
    concat([keys.indexOf(program)], counted(accounts.map((account) => keys.indexOf(account))), counted(data))
  return concat(
    // Version 0; two signers, of which the payer only signs; four more keys that are only read.
    [0x80, 2, 1, read.length, keys.length],
    ...keys.map(keyOf),
    keyOf(payment.blockhash),
    [instructions.length],
    ...instructions.map(encode),
    // No lookup tables.
    [0],
  )
}

/** The transaction with the payer's signature. The fee payer's is added when it is settled. */
export function transactionOf(message: Uint8Array, signature: Uint8Array = new Uint8Array(64)) {
  return concat([2], new Uint8Array(64), signature, message)
}
