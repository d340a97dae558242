// Transactions are read to the last byte, in their only form; whatever else a wallet signed is no payment.
import { describe, expect, it } from 'vitest'
import { encode58 } from '../../../../src/internal/base58.ts'
import { checkReturned } from '../../../../src/methods/solana/check.ts'
import { decodeTransaction } from '../../../../src/methods/solana/decode.ts'
import { solanaKey } from '../../../../src/methods/solana/key.ts'
import { paymentMessage, transactionOf } from '../../../../src/methods/solana/message.ts'
import { secret, usdc } from '../../../support/solana.ts'
import { failure } from '../../../support/studio.ts'

const payer = await solanaKey(await secret())
const keyOf = (byte: number) => encode58(new Uint8Array(32).fill(byte))
const payment = {
  ...{ payer: payer.address, feePayer: keyOf(4), payTo: keyOf(5), mint: usdc, amount: 130_000n },
  ...{ blockhash: keyOf(9), memo: '0123456789abcdef0123456789abcdef' },
}
const message = paymentMessage(payment)

/** Signed as it is: only the reading can find fault with it. */
const signed = async (bytes: Uint8Array) => transactionOf(bytes, await payer.sign(bytes))

const replaced = (at: number, ...bytes: number[]) =>
  Uint8Array.from([...message.slice(0, at), ...bytes, ...message.slice(at + bytes.length)])
const keysEnd = 5 + 8 * 32

describe('a transaction', () => {
  it('is read whole', async () => {
    const decoded = decodeTransaction(await signed(message))
    expect(decoded).toMatchObject({ header: [2, 1, 4], blockhash: payment.blockhash })
    expect(decoded?.keys).toHaveLength(8)
    expect(decoded?.instructions.map(({ data }) => data.length)).toEqual([5, 9, 10, 32])
    expect(decoded?.message).toEqual(message)
  })

  it.each<[string, Uint8Array]>([
    ['with a byte behind it', Uint8Array.from([...message, 0])],
    ['of a later version', replaced(0, 0x81)],
    ['of the first version, which has none', message.slice(1)],
    [
      'with a length in two bytes where one is enough',
      Uint8Array.from([...message.slice(0, 4), 0x88, 0, ...message.slice(5)]),
    ],
    ['with a program that it has no key for', replaced(keysEnd + 33, 8)],
    ['with a lookup table', Uint8Array.from([...message.slice(0, -1), 1, ...new Uint8Array(32), 0, 0])],
    ['with a key less', replaced(4, 7)],
    ['with an endless list of keys', replaced(4, 0xff, 0xff, 0x03)],
    ['that is longer than a packet', Uint8Array.from([...message, ...new Uint8Array(1_000)])],
  ])('%s is not read', async (_what, bytes) => {
    expect(decodeTransaction(await signed(bytes))).toBeUndefined()
    expect(await failure(checkReturned(await signed(bytes), payment, 1n))).toMatchObject({
      code: 'wallet_not_supported',
    })
  })

  it('that names a key twice is no payment: no node would take it', async () => {
    const twice = replaced(5 + 6 * 32, ...message.slice(5 + 5 * 32, 5 + 6 * 32))
    const more = Uint8Array.from([
      ...message.slice(0, 3),
      5,
      9,
      ...message.slice(5, keysEnd),
      ...message.slice(5 + 2 * 32, 5 + 3 * 32),
      ...message.slice(keysEnd),
    ])
    for (const bytes of [twice, more]) {
      expect(decodeTransaction(await signed(bytes))).toBeDefined()
      expect(await failure(checkReturned(await signed(bytes), payment, 1n))).toMatchObject({
        code: 'wallet_not_supported',
      })
    }
  })

  it('of other lists of signatures is no payment', async () => {
    const signature = await payer.sign(message)
    for (const count of [0, 1, 3]) {
      const list = Array.from({ length: count }, () => [...signature]).flat()
      const bytes = Uint8Array.from([count, ...list, ...message])
      expect(await failure(checkReturned(bytes, payment, 1n))).toMatchObject({ name: 'WalletError' })
    }
  })
})
