// What refusals mean: only what is certain means that nothing was charged.
import { describe, expect, it } from 'vitest'
import { categoryOfSolana } from '../../../../src/methods/solana/reasons.ts'

const simulation = 'invalid_exact_svm_transaction_simulation_failed'
const svm = (name: string) => `invalid_exact_svm_${name}`
const failed = (error: unknown) =>
  `Payment rejected (${simulation}): Simulation failed: ${JSON.stringify(error)}`

describe('a simulation that failed', () => {
  it.each([
    ['too little', { InstructionError: ['2', { Custom: '1' }] }, 'funds'],
    ['too little, in numbers', { InstructionError: [2, { Custom: 1 }] }, 'funds'],
    ['no token account', { InstructionError: ['2', 'InvalidAccountData'] }, 'funds'],
    ['a frozen account', { InstructionError: ['2', { Custom: '17' }] }, 'compliance'],
    ['already taken', 'AlreadyProcessed', 'replay'],
    ['a lagging node', 'BlockhashNotFound', 'undecided'],
    ['other decimals', { InstructionError: ['2', { Custom: '18' }] }, 'undecided'],
    ['a wallet’s assertion', { InstructionError: ['4', { Custom: '1' }] }, 'undecided'],
    ['an assertion without an account', { InstructionError: ['3', 'InvalidAccountData'] }, 'undecided'],
    ['too few units', { InstructionError: ['2', 'ComputationalBudgetExceeded'] }, 'undecided'],
    ['no money for the fee, which is not ours', 'InsufficientFundsForFee', 'undecided'],
    ['code 11', { InstructionError: ['2', { Custom: '11' }] }, 'undecided'],
  ] as const)('for %s', (_what, error, category) => {
    for (const reason of [simulation, 'transaction_simulation_failed'])
      expect(categoryOfSolana(reason, failed(error))).toBe(category)
  })

  it('for nothing that it says, decides nothing', () => {
    for (const text of ['', 'Simulation failed', 'InstructionError', '{"Custom":"1"}', 'insufficient funds'])
      expect(categoryOfSolana(simulation, text)).toBe('undecided')
  })
})

describe('a reason', () => {
  it.each([
    ['duplicate_settlement', 'replay'],
    ['settlement_pending', 'replay'],
    [svm('payload_amount_mismatch'), 'price'],
    [svm('payload_recipient_mismatch'), 'price'],
    [svm('payload_mint_mismatch'), 'price'],
    [svm('payload_signature_invalid'), 'signature'],
    [svm('fee_payer_mismatch'), 'signature'],
    [svm('payload_transaction_instructions_compute_price_instruction_too_high'), 'signature'],
    ['fee_payer_not_managed_by_facilitator', 'signature'],
    ['invalid_exact_svm_payload_sender_ata_not_found', 'funds'],
    ['invalid_exact_svm_payload_receiver_ata_not_found', 'price'],
    // They leave it open whether the transaction landed.
    [svm('transaction_failed'), undefined],
    ['settle_exact_svm_block_height_exceeded', undefined],
    ['settle_exact_svm_transaction_confirmation_timed_out', undefined],
    // Left to the reasons that all chains share.
    ['requirements_mismatch', undefined],
    ['something_else', undefined],
    ['', undefined],
  ] as const)('%s', (reason, category) => {
    expect(categoryOfSolana(reason, '')).toBe(category)
  })

  it('that only looks clear in its text decides nothing', () => {
    expect(
      categoryOfSolana('settle_exact_node_failure', failed({ InstructionError: [2, { Custom: 1 }] })),
    ).toBe(undefined)
  })
})
