// What a facilitator's refusal of a Solana payment means. Its names say little: the cause is in the text of a simulation.
import type { RejectionCategory } from '../../errors.ts'

/** Errors of the transfer, the third instruction, as a node reports them: `{"InstructionError":["2",{"Custom":"1"}]}`. */
const transferError = /InstructionError"?\s*:\s*\["?2"?\s*,\s*(?:\{\s*"?Custom"?\s*:\s*"?(\d+)"?|"?(\w+))/

/** Reasons of `@x402/svm` and of CDP that a payment as it was signed can get. */
const categories: readonly [RejectionCategory, RegExp][] = [
  ['replay', /duplicate_settlement|settlement_pending|already_?processed/],
  ['funds', /sender_ata_not_found/],
  ['price', /receiver_ata_not_found|(mint|amount|recipient)_mismatch/],
  ['signature', /_svm_(?!.*(simulation|settle|transaction_failed|confirmation|block))|fee_payer/],
]

/**
 * The category of a refusal: nothing was charged, except for `replay`. `undecided`: it says nothing, since a node that lags
 * refuses what may still be taken. `undefined`: it is not about Solana.
 */
export function categoryOfSolana(reason: string, text: string): RejectionCategory | 'undecided' | undefined {
  const name = reason.toLowerCase()
  if (/already_?processed/i.test(text)) return 'replay'
  if (/simulation/.test(name)) return bySimulation(text)
  return categories.find(([, pattern]) => pattern.test(name))?.[0]
}

/** SPL Token: 1 is too little in the account, 17 a frozen one; an account that does not exist has no valid data. */
function bySimulation(text: string): RejectionCategory | 'undecided' {
  const [, custom, kind] = transferError.exec(text) ?? []
  if (custom === '1' || kind === 'InvalidAccountData') return 'funds'
  return custom === '17' ? 'compliance' : 'undecided'
}
