// The reasons of facilitators, by category: what decides, and what decides nothing.
import { describe, expect, it } from 'vitest'
import { categoryOf } from '../../../src/payment/answer.ts'
import { answer, verdictOn } from './answers.ts'
import { cdpReasons } from './reasons.ts'

const rejection = (reason: string) => verdictOn(answer(402, { error: `Payment rejected: ${reason}`, reason }))

const family = (prefix: string, names: string) => names.split(' ').map((name) => `${prefix}${name}`)

describe('a refusal by reason', () => {
  it.each([
    ['funds', ['insufficient_funds', 'permit2_insufficient_balance', 'invalid_exact_evm_insufficient_funds']],
    ['funds', ['invalid_exact_evm_insufficient_balance']],
    ['time', family('invalid_exact_evm_payload_authorization_valid_', 'before after')],
    ['time', ['permit2_deadline_expired']],
    ['signature', ['invalid_exact_evm_signature', 'invalid_exact_evm_payload_signature']],
    [
      'signature',
      ['invalid_exact_evm_payload_signature_address', 'invalid_exact_evm_failed_to_parse_signature'],
    ],
    [
      'signature',
      family('invalid_exact_evm_', 'token_name_mismatch token_version_mismatch missing_eip712_domain'),
    ],
    ['signature', family('invalid_exact_evm_', 'scheme network_mismatch')],
    ['signature', family('invalid_', 'scheme network payload x402_version permit2_signature')],
    ['signature', ['malformed_payment_header', 'invalid_exact_evm_payload_authorization_typed_data_message']],
    ['price', ['requirements_mismatch', 'amount_too_low', 'invalid_amount', 'permit2_amount_mismatch']],
    ['price', ['invalid_exact_evm_payload_authorization_value', 'invalid_payment_requirements']],
    [
      'price',
      ['invalid_exact_evm_payload_authorization_value_mismatch', 'invalid_exact_evm_authorization_value'],
    ],
    ['price', ['invalid_exact_evm_recipient_mismatch', 'invalid_exact_evm_payload_recipient_mismatch']],
    ['compliance', ['kyt_risk_detected', 'request_blocked_by_location', 'self_send_not_allowed']],
    ['compliance', family('invalid_exact_evm_payload_authorization_', 'from_address_kyt to_address_kyt')],
  ] as const)('is %s: %j', (category, reasons) => {
    for (const reason of reasons) {
      expect(rejection(reason)).toEqual({ kind: 'rejected', reason, category })
      expect(categoryOf(reason.toUpperCase())).toBe(category)
    }
  })

  it.each(['invalid_exact_evm_nonce_already_used', 'duplicate_settlement', 'settlement_pending'])(
    'is a payment that counts as made: %s',
    (reason) => {
      expect(categoryOf(reason)).toBe('replay')
      expect(rejection(reason)).toMatchObject({ kind: 'unclear', alreadyPaid: true, answered: true })
    },
  )

  it.each([
    ...family('invalid_exact_evm_', 'transaction_failed transaction_simulation_failed transaction_state'),
    ...family('settle_exact_', 'evm_transaction_confirmation_timed_out node_failure failed_onchain'),
    ...['invalid_transaction_state', 'unknown_error', 'unexpected_verify_error', 'unexpected_settle_error'],
    // Failed on the chain or for reasons unknown, whatever else it names.
    ...family('transaction_failed_', 'insufficient_balance signature amount expired'),
    ...['settle_exact_insufficient_funds', 'unexpected_signature_error', 'simulation_insufficient_balance'],
    ...['smart_wallet_deployment_failed', 'something_new', '', ' ', 'null', 'permit2_simulation_failed'],
  ])('decides nothing: %j', (reason) => {
    expect(categoryOf(reason)).toBeUndefined()
    expect(rejection(reason)).toMatchObject({ kind: 'unclear', alreadyPaid: false, answered: true })
  })

  it('is classified for every reason that the facilitator of the service knows', () => {
    const unclear = cdpReasons.filter((reason) => rejection(reason).kind === 'unclear')
    expect(cdpReasons.length).toBeGreaterThan(200)
    expect(unclear).toMatchInlineSnapshot(`
      [
        "invalid_exact_evm_permit2_payload_allowance_required",
        "invalid_exact_evm_permit2_payload_spender",
        "invalid_exact_evm_permit2_payload_recipient",
        "invalid_exact_svm_payload_transaction",
        "invalid_exact_svm_payload_transaction_create_ata_instruction",
        "invalid_exact_svm_payload_transaction_create_ata_instruction_incorrect_payee",
        "invalid_exact_svm_payload_transaction_create_ata_instruction_incorrect_asset",
        "invalid_exact_svm_payload_transaction_instructions",
        "invalid_exact_svm_payload_transaction_instructions_length",
        "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction",
        "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction",
        "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction_too_high",
        "invalid_exact_svm_payload_transaction_instruction_not_spl_token_transfer_checked",
        "invalid_exact_svm_payload_transaction_instruction_not_token_2022_transfer_checked",
        "invalid_exact_svm_payload_transaction_not_a_transfer_instruction",
        "invalid_exact_svm_payload_transaction_cannot_derive_receiver_ata",
        "invalid_exact_svm_payload_transaction_receiver_ata_not_found",
        "invalid_exact_svm_payload_transaction_sender_ata_not_found",
        "invalid_exact_svm_payload_transaction_simulation_failed",
        "invalid_exact_svm_payload_transaction_transfer_to_incorrect_ata",
        "invalid_exact_svm_payload_transaction_fee_payer_included_in_instruction_accounts",
        "invalid_exact_svm_payload_transaction_fee_payer_transferring_funds",
        "invalid_batch_settlement_evm_scheme",
        "invalid_batch_settlement_evm_network_mismatch",
        "invalid_batch_settlement_evm_payload_type",
        "invalid_batch_settlement_evm_channel_not_found",
        "invalid_batch_settlement_evm_deposit_simulation_failed",
        "invalid_batch_settlement_evm_channel_id_mismatch",
        "invalid_batch_settlement_evm_channel_state_read_failed",
        "invalid_batch_settlement_evm_cumulative_below_claimed",
        "invalid_batch_settlement_evm_cumulative_exceeds_balance",
        "invalid_batch_settlement_evm_eip2612_asset_mismatch",
        "invalid_batch_settlement_evm_eip2612_invalid_format",
        "invalid_batch_settlement_evm_eip2612_owner_mismatch",
        "invalid_batch_settlement_evm_eip2612_spender_mismatch",
        "invalid_batch_settlement_evm_erc20_approval_asset_mismatch",
        "invalid_batch_settlement_evm_erc20_approval_from_mismatch",
        "invalid_batch_settlement_evm_erc20_approval_invalid_format",
        "invalid_batch_settlement_evm_erc20_approval_unavailable",
        "invalid_batch_settlement_evm_erc20_approval_wrong_spender",
        "invalid_batch_settlement_evm_erc3009_authorization_required",
        "invalid_batch_settlement_evm_deposit_payload",
        "invalid_batch_settlement_evm_refund_payload",
        "invalid_batch_settlement_evm_voucher_payload",
        "invalid_batch_settlement_evm_permit2_allowance_required",
        "invalid_batch_settlement_evm_permit2_authorization_required",
        "invalid_batch_settlement_evm_permit2_invalid_spender",
        "invalid_batch_settlement_evm_receiver_authorizer_mismatch",
        "invalid_batch_settlement_evm_receiver_mismatch",
        "invalid_batch_settlement_evm_rpc_read_failed",
        "invalid_batch_settlement_evm_token_mismatch",
        "invalid_batch_settlement_evm_withdraw_delay_mismatch",
        "invalid_batch_settlement_evm_withdraw_delay_out_of_range",
        "invalid_exact_evm_failed_to_get_network_config",
        "invalid_exact_evm_failed_to_check_nonce",
        "invalid_exact_evm_nonce_already_used",
        "invalid_exact_evm_failed_to_get_balance",
        "invalid_exact_evm_transaction_simulation_failed",
        "invalid_exact_evm_verification_failed",
        "invalid_exact_evm_failed_to_check_deployment",
        "invalid_exact_evm_failed_to_execute_transfer",
        "invalid_exact_evm_failed_to_get_receipt",
        "invalid_exact_evm_transaction_failed",
        "smart_wallet_deployment_failed",
        "invalid_erc20_approval_extension_format",
        "erc20_approval_tx_failed",
        "erc20_approval_from_mismatch",
        "erc20_approval_asset_mismatch",
        "erc20_approval_spender_not_permit2",
        "erc20_approval_tx_parse_failed",
        "erc20_approval_tx_wrong_target",
        "erc20_approval_tx_wrong_selector",
        "erc20_approval_tx_wrong_spender",
        "erc20_approval_tx_signer_mismatch",
        "invalid_exact_evm_transaction_state",
        "invalid_permit2_spender",
        "permit2_not_yet_valid",
        "permit2_token_mismatch",
        "permit2_allowance_required",
        "permit2_invalid_destination",
        "permit2_invalid_owner",
        "permit2_payment_too_early",
        "permit2_invalid_nonce",
        "permit2_simulation_failed",
        "permit2_proxy_not_deployed",
        "erc20_approval_insufficient_eth_for_gas",
        "erc20_approval_broadcast_failed",
        "invalid_exact_solana_network_mismatch",
        "invalid_exact_solana_payload_missing_fee_payer",
        "invalid_exact_solana_fee_payer_not_managed_by_facilitator",
        "invalid_exact_solana_payload_transaction",
        "invalid_exact_solana_payload_transaction_could_not_be_decoded",
        "invalid_exact_solana_payload_transaction_instructions_length",
        "invalid_exact_solana_payload_unknown_fourth_instruction",
        "invalid_exact_solana_payload_unknown_fifth_instruction",
        "invalid_exact_solana_payload_unknown_sixth_instruction",
        "invalid_exact_solana_payload_transaction_instructions_compute_limit_instruction",
        "invalid_exact_solana_payload_transaction_instructions_compute_price_instruction",
        "invalid_exact_solana_payload_transaction_instructions_compute_price_instruction_too_high",
        "invalid_exact_solana_payload_no_transfer_instruction",
        "invalid_exact_solana_payload_transaction_fee_payer_transferring_funds",
        "invalid_exact_solana_payload_mint_mismatch",
        "invalid_exact_solana_invalid_fee_payer",
        "invalid_exact_solana_transaction_signing_failed",
        "invalid_exact_solana_transaction_simulation_failed",
        "invalid_exact_solana_payload_memo_mismatch",
        "invalid_exact_solana_payload_memo_count",
        "invalid_exact_solana_verification_failed",
        "invalid_exact_solana_fee_payer_mismatch",
        "invalid_exact_solana_transaction_failed",
        "invalid_exact_solana_transaction_confirmation_failed",
        "duplicate_settlement",
        "invalid_exact_solana_extra_field",
        "batch_settlement_channel_busy",
        "missing_batch_settlement_channel",
        "batch_settlement_charge_exceeds_signed_cumulative",
        "batch_settlement_refund_no_balance",
        "permit2_disabled",
        "preflight_validation_failed",
        "invalid_bazaar_extension",
        "unknown_error",
        "settle_exact_evm_transaction_confirmation_timed_out",
        "settle_exact_node_failure",
        "settle_exact_failed_onchain",
        "settle_exact_svm_block_height_exceeded",
        "settle_exact_svm_transaction_confirmation_timed_out",
        "settlement_pending",
        "invalid_batch_settlement_evm_unknown_settle_action",
        "invalid_batch_settlement_evm_claim_payload",
        "invalid_batch_settlement_evm_settle_payload",
        "invalid_batch_settlement_evm_authorizer_address_mismatch",
        "invalid_batch_settlement_evm_claim_simulation_failed",
        "invalid_batch_settlement_evm_claim_transaction_failed",
        "invalid_batch_settlement_evm_deposit_transaction_failed",
        "invalid_batch_settlement_evm_refund_simulation_failed",
        "invalid_batch_settlement_evm_refund_transaction_failed",
        "invalid_batch_settlement_evm_settle_simulation_failed",
        "invalid_batch_settlement_evm_settle_transaction_failed",
        "invalid_batch_settlement_evm_transaction_reverted",
        "invalid_batch_settlement_evm_wait_for_receipt_failed",
        "invalid_batch_settlement_evm_erc20_approval_broadcast_failed",
      ]
    `)
  })
})
