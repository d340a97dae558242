// Altered payments on Solana: each refused by the sandbox as by the real facilitator, in the same words.
import { describe, expect, test } from 'vitest'
import { solanaKey } from '../../../src/entries/solana.ts'
import { encode58 } from '../../../src/internal/base58.ts'
import { secret } from '../../support/solana-secret.ts'
import {
  guard,
  type Ix,
  memo,
  type Spec,
  signedBy,
  transfer,
  unitLimit,
  unitPrice,
} from '../../support/solana-transaction.ts'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { challenge, input, path, post } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

const [payer, thief] = await Promise.all([secret(), secret()].map(async (one) => solanaKey(await one)))
if (!payer || !thief) throw new Error('no keys')
const note = '0123456789abcdef0123456789abcdef'

type Case = {
  instructions?: (good: readonly Ix[], payTo: string) => readonly Ix[]
  spec?: (good: Spec, stack: Stack) => Partial<Spec>
  accepted?: (good: Record<string, unknown>) => Record<string, unknown>
  bytes?: (good: Uint8Array) => Uint8Array | string
  funds?: string
}

/** Pays wrongly, and looks at the money. */
async function attempt(stack: Stack, { instructions, spec, accepted, bytes, funds = '1' }: Case) {
  const key = await solanaKey(await secret())
  stack.solana.named.set(key.address, 'payer')
  if (funds !== '0') await stack.solana.fund(key.address, funds)
  const { accepts, resource } = await challenge(stack)
  const offer = accepts[1]
  if (!offer) throw new Error('no offer')
  const payTo = String(offer.payTo)
  const good = [
    unitLimit(20_000),
    unitPrice(1),
    transfer(key.address, payTo, BigInt(offer.amount)),
    memo(note),
  ]
  const whole: Spec = {
    feePayer: stack.solana.feePayer,
    blockhash: String(offer.extra.recentBlockhash),
    instructions: instructions?.(good, payTo) ?? good,
  }
  const made = await signedBy([key, thief as typeof key], { ...whole, ...spec?.(whole, stack) })
  const sent = bytes?.(made) ?? made
  const transaction = typeof sent === 'string' ? sent : Buffer.from(sent).toString('base64')
  const terms = { ...offer, ...accepted?.(offer) }
  const payment = { x402Version: 2, resource, accepted: terms, payload: { transaction } }
  const header = Buffer.from(JSON.stringify(payment)).toString('base64')
  const { status, body } = await see(stack, path, post(input, { 'payment-signature': header }))
  const told = status === 200 ? 'a job' : body
  return { status, told, balance: await stack.solana.balance(key.address) }
}

const unknownKey = encode58(new Uint8Array(32).fill(7))
const changed = (at: number, one: Ix) => (good: readonly Ix[]) => good.map((old, n) => (n === at ? one : old))
const pay = (change: (one: Ix) => Ix) => (good: readonly Ix[]) =>
  good.map((one, at) => (at === 2 ? change(one) : one))
const amount = (by: number) =>
  pay((one) => ({ ...one, data: one.data.map((byte, at) => (at === 1 ? byte + by : byte)) }))

describe('a payment on Solana is refused in the same words,', () => {
  test.each<[string, string, Case]>([
    ['that pays more', 'amount_mismatch', { instructions: amount(1) }],
    ['that pays less', 'amount_mismatch', { instructions: amount(-1) }],
    [
      'to somebody else',
      'recipient_mismatch',
      {
        instructions: pay((one) => ({
          ...one,
          accounts: one.accounts?.map((a, at) => (at === 2 ? [unknownKey, false, true] : a)) ?? [],
        })),
      },
    ],
    [
      'of another token',
      'mint_mismatch',
      {
        instructions: pay((one) => ({
          ...one,
          accounts: one.accounts?.map((a, at) => (at === 1 ? [unknownKey, false, false] : a)) ?? [],
        })),
      },
    ],
    ['without a unit limit', 'compute_limit_instruction', { instructions: ([, ...rest]) => rest }],
    [
      'without a unit price',
      'compute_price_instruction',
      { instructions: ([a, , ...rest]) => [a as Ix, ...rest] },
    ],
    [
      'with a unit price too high',
      'price_instruction_too_high',
      { instructions: changed(1, unitPrice(5_000_001)) },
    ],
    ['with two instructions', 'instructions_length', { instructions: (good) => good.slice(0, 2) }],
    [
      'with eight instructions',
      'instructions_length',
      { instructions: (good) => [...good, ...Array(4).fill(guard)] },
    ],
    ['without a transfer', 'no_transfer_instruction', { instructions: changed(2, memo('x')) }],
    [
      'with a fourth instruction',
      'unknown_fourth',
      { instructions: ([a, b, c]) => [a, b, c, unitLimit(1)] as Ix[] },
    ],
    ['with a fifth instruction', 'unknown_fifth', { instructions: (good) => [...good, unitLimit(1)] }],
    ['with a sixth instruction', 'unknown_sixth', { instructions: (good) => [...good, guard, unitLimit(1)] }],
    [
      'with a seventh instruction',
      'unknown_seventh',
      { instructions: (good) => [...good, guard, guard, unitLimit(1)] },
    ],
    ['with another fee payer', 'fee_payer_mismatch', { spec: () => ({ feePayer: thief.address }) }],
    [
      'whose terms name another fee payer',
      'fee_payer_not_managed',
      { accepted: ({ extra }) => ({ extra: { ...Object(extra), feePayer: unknownKey } }) },
    ],
    ['whose terms name no fee payer', 'missing_fee_payer', { accepted: () => ({ extra: {} }) }],
    ['whose terms name another amount', 'requirements_mismatch', { accepted: () => ({ amount: '1' }) }],
    [
      'whose terms spell the payee in lower case',
      'requirements_mismatch',
      { accepted: ({ payTo }) => ({ payTo: String(payTo).toLowerCase() }) },
    ],
    [
      'whose terms have another time',
      'requirements_mismatch',
      { accepted: () => ({ maxTimeoutSeconds: 301 }) },
    ],
    [
      'without a signature',
      'signature_invalid',
      { bytes: (good) => good.map((byte, at) => (at > 64 && at < 129 ? 0 : byte)) },
    ],
    [
      'with another signature',
      'signature_invalid',
      { bytes: (good) => good.map((byte, at) => (at === 70 ? byte ^ 1 : byte)) },
    ],
    [
      'changed after it was signed',
      'signature_invalid',
      { bytes: (good) => good.map((byte, at) => (at === good.length - 2 ? byte ^ 1 : byte)) },
    ],
    ['that is garbage', 'could_not_be_decoded', { bytes: () => 'AAAA' }],
    ['that is no base64', 'could_not_be_decoded', { bytes: () => '%%%' }],
    ['that is empty', 'could_not_be_decoded', { bytes: () => '' }],
    ['cut in half', 'could_not_be_decoded', { bytes: (good) => good.slice(0, 200) }],
    ['from an account with too little', 'simulation_failed', { funds: '0.01' }],
    ['from an account that never had any', 'simulation_failed', { funds: '0' }],
    ['with an invented blockhash', 'simulation_failed', { spec: () => ({ blockhash: unknownKey }) }],
    [
      'with other decimals',
      'simulation_failed',
      { instructions: pay((one) => ({ ...one, data: [...one.data.slice(0, 9), 5] })) },
    ],
  ])('%s', async (_what, reason, wrong) => {
    const seen = await same((stack) => attempt(stack, wrong))
    expect(seen.status).toBe(402)
    expect(JSON.stringify(seen.told)).toContain(reason)
  })

  test.each<[string, Case]>([
    ['as it should be', {}],
    ['with assertions of a wallet', { instructions: (good) => [...good, guard, guard] }],
    ['with a unit price of a wallet', { instructions: changed(1, unitPrice(100_000)) }],
    ['without a memo', { instructions: (good) => good.slice(0, 3) }],
    ['with a long memo', { instructions: changed(3, memo('x'.repeat(200))) }],
  ])('or accepted %s', async (_what, wrong) => {
    expect(await same((stack) => attempt(stack, wrong))).toMatchObject({ status: 200, balance: '0.93' })
  })
})
