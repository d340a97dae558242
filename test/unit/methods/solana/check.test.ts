// What a wallet may return: the payment as it was asked for, with other compute limits and with assertions. Nothing else.
import { describe, expect, it } from 'vitest'
import { encode58 } from '../../../../src/internal/base58.ts'
import { programs } from '../../../../src/methods/solana/assets.ts'
import { checkReturned } from '../../../../src/methods/solana/check.ts'
import { solanaKey } from '../../../../src/methods/solana/key.ts'
import { paymentMessage, transactionOf } from '../../../../src/methods/solana/message.ts'
import { tokenAccountOf } from '../../../../src/methods/solana/token-account.ts'
import { secret, usdc } from '../../../support/solana.ts'
import {
  guard,
  type Ix,
  le,
  memo,
  type Spec,
  signedBy,
  transfer,
  unitLimit,
  unitPrice,
} from '../../../support/solana-transaction.ts'
import { failure } from '../../../support/studio.ts'

const [payer, payee, thief, facilitator] = await Promise.all(
  [1, 2, 3, 4].map(async () => solanaKey(await secret())),
)
if (!payer || !payee || !thief || !facilitator) throw new Error('no keys')
const blockhash = encode58(new Uint8Array(32).fill(9))
const nonce = '0123456789abcdef0123456789abcdef'
const amount = 130_000n
const payment = {
  payer: payer.address,
  feePayer: facilitator.address,
  payTo: payee.address,
  ...{ mint: usdc, amount, blockhash, memo: nonce },
}
const source = tokenAccountOf(payer.address, usdc)
const asked = [
  unitLimit(20_000),
  unitPrice(1),
  transfer(payer.address, payee.address, amount),
  memo(nonce),
] as const
const [limit, price, pay, note] = asked

const check = (bytes: Uint8Array, maxPrice = 5_000_000n) => checkReturned(bytes, payment, maxPrice)
const made = (instructions: readonly Ix[], change: Partial<Spec> = {}, keys = [payer]) =>
  signedBy(keys, { feePayer: facilitator.address, blockhash, instructions, ...change })

describe('a wallet may return', () => {
  it('what it was asked to sign', async () => {
    const message = paymentMessage(payment)
    await check(transactionOf(message, await payer.sign(message)))
  })

  it.each<[string, readonly Ix[]]>([
    ['the same in another order of keys', asked],
    ['one assertion before the memo', [limit, price, pay, guard, note]],
    ['three assertions behind it', [...asked, guard, guard, guard]],
    ['a unit price of 100,000', [limit, unitPrice(100_000), pay, note]],
    ['the highest unit price', [limit, unitPrice(5_000_000), pay, note]],
    ['a unit limit of 400,000', [unitLimit(400_000), price, pay, note]],
    ['an assertion that reads accounts', [...asked, { ...guard, accounts: [[source, false, false]] }]],
  ])('%s', async (_what, instructions) => {
    await check(await made(instructions))
  })
})

const approve: Ix = {
  program: programs.token,
  accounts: [
    [source, false, true],
    [thief.address, false, false],
    [payer.address, true, false],
  ],
  data: [4, ...le(10n ** 12n, 8)],
}
const setAuthority: Ix = {
  program: programs.token,
  accounts: [
    [source, false, true],
    [payer.address, true, false],
  ],
  data: [6, 2, 1, ...new Uint8Array(32).fill(3)],
}
const sendSol: Ix = {
  program: programs.system,
  accounts: [
    [payer.address, true, true],
    [thief.address, false, true],
  ],
  data: [2, 0, 0, 0, ...le(500_000_000, 8)],
}
const advanceNonce: Ix = {
  program: programs.system,
  accounts: [
    [thief.address, false, true],
    [payer.address, true, false],
  ],
  data: [4, 0, 0, 0],
}
const steal = transfer(payer.address, thief.address, 1_000_000n)

describe('a wallet may not return', () => {
  it.each<[string, readonly Ix[], Partial<Spec>?]>([
    ['four assertions', [...asked, guard, guard, guard, guard]],
    ['an assertion first', [guard, ...asked]],
    ['an assertion before the transfer', [limit, price, guard, pay, note]],
    ['a unit price above the highest', [limit, unitPrice(5_000_001), pay, note]],
    ['a unit limit above 400,000', [unitLimit(400_001), price, pay, note]],
    ['no unit price', [limit, pay, note]],
    ['no unit limit', [price, pay, note]],
    ['limit and price in each other’s place', [price, limit, pay, note]],
    ['two unit limits', [...asked, unitLimit(1)]],
    ['a second transfer', [...asked, steal]],
    ['a second transfer in place of the memo', [limit, price, pay, steal]],
    ['another transfer', [limit, price, steal, note]],
    ['a transfer to somebody else', [limit, price, transfer(payer.address, thief.address, amount), note]],
    ['a higher amount', [limit, price, transfer(payer.address, payee.address, amount + 1n), note]],
    ['a lower amount', [limit, price, transfer(payer.address, payee.address, amount - 1n), note]],
    ['other decimals', [limit, price, { ...pay, data: [...pay.data.slice(0, 9), 5] }, note]],
    ['bytes behind the transfer', [limit, price, { ...pay, data: [...pay.data, 0] }, note]],
    ['a delegate', [...asked, approve]],
    ['another owner of the account', [...asked, setAuthority]],
    ['SOL for somebody', [...asked, sendSol]],
    ['a durable nonce', [advanceNonce, ...asked]],
    ['a durable nonce at the end', [...asked, advanceNonce]],
    ['another blockhash', asked, { blockhash: encode58(new Uint8Array(32).fill(8)) }],
    ['another memo', [limit, price, pay, memo('f'.repeat(32))]],
    ['a longer memo', [limit, price, pay, memo(`${nonce} `)]],
    ['no memo', [limit, price, pay]],
    ['two memos', [...asked, note]],
    ['a memo with an account', [limit, price, pay, { ...note, accounts: [[payer.address, true, false]] }]],
    [
      'a third signer',
      [limit, price, transfer(payer.address, payee.address, amount, [[thief.address, true, false]]), note],
    ],
    [
      'the fee payer in the transfer',
      [
        limit,
        price,
        transfer(payer.address, payee.address, amount, [[facilitator.address, false, false]]),
        note,
      ],
    ],
    [
      'the fee payer in an assertion',
      [...asked, { ...guard, accounts: [[facilitator.address, true, true]] }],
    ],
    ['a payer that is written to', [...asked, { ...guard, accounts: [[payer.address, true, true]] }]],
    ['a lookup table', asked, { lookups: [thief.address] }],
    ['another fee payer', asked, { feePayer: thief.address }],
    ['itself as fee payer', asked, { feePayer: payer.address }],
  ])('%s', async (_what, instructions, change) => {
    const error = await failure(check(await made(instructions, change, [payer, thief])))
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_not_supported', payment: 'none' })
  })

  it('a price that the caller does not allow', async () => {
    const bytes = await made([limit, unitPrice(1001), pay, note])
    expect(await failure(check(bytes, 1000n))).toMatchObject({ code: 'wallet_not_supported' })
    await check(bytes, 1001n)
  })

  it('a signature of another account, or of other bytes', async () => {
    const message = paymentMessage(payment)
    const other = await payer.sign(paymentMessage({ ...payment, memo: 'f'.repeat(32) }))
    for (const signature of [await thief.sign(message), other, new Uint8Array(64)])
      expect(await failure(check(transactionOf(message, signature)))).toMatchObject({ code: 'wallet_failed' })
  })

  it('a transaction cut at any byte, or with any byte behind it', async () => {
    const bytes = await made(asked)
    for (let length = 0; length < bytes.length; length += 1)
      expect(await failure(check(bytes.slice(0, length))), String(length)).toMatchObject({
        name: 'WalletError',
      })
    expect(await failure(check(Uint8Array.from([...bytes, 0])))).toMatchObject({ name: 'WalletError' })
  })

  it('a transaction with any of its bits changed, but for the fee payer’s empty signature', async () => {
    const bytes = await made(asked)
    for (let at = 0; at < bytes.length; at += 1) {
      if (at >= 1 && at < 65) continue
      const changed = Uint8Array.from(bytes)
      changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
      expect(await failure(check(changed)), String(at)).toMatchObject({ name: 'WalletError' })
    }
  })

  it('ten megabytes', async () => {
    expect(await failure(check(new Uint8Array(10_000_000)))).toMatchObject({ code: 'wallet_not_supported' })
  })
})
