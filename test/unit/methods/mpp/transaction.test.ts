// What a signed transaction must be, to the byte: mppx's own is taken, and every other one is not.
import { maxUint256 } from 'viem'
import { describe, expect, it } from 'vitest'
import type { ChargeOffer } from '../../../../src/methods/mpp/offer.ts'
import {
  checkCalls,
  checkTransaction,
  feeOf,
  memoOf,
  transferOf,
} from '../../../../src/methods/mpp/transaction.ts'

const now = Date.parse('2026-11-22T12:00:00.000Z')
const payer = '0x1111111111111111111111111111111111111111'
const evil = '0x00000000000000000000000000000000DeaDBeef'
const challenge = { id: 'abc', realm: 'stablestudio.dev' } as ChargeOffer['challenge']
const offer: ChargeOffer = {
  challenge,
  amount: 170_000n,
  currency: '0x20C000000000000000000000b9537d11c60E8b50',
  recipient: '0x07F067959297767c887dbfA3C72379c66E82a045',
  expiresAt: now + 300_000,
  sponsored: false,
}
const call = { to: offer.currency, data: transferOf(offer) }
const good = {
  type: 'tempo',
  chainId: 4217,
  calls: [call],
  nonceKey: maxUint256,
  nonce: 0,
  validBefore: now / 1000 + 25,
  validAfter: 5,
  gas: 60_000n,
  maxFeePerGas: 20_000_000_000n,
  from: payer,
  signature: { type: 'secp256k1' },
}
const expected = { payer, maxFee: 50_000_000_000_000_000n, now } as const
const check = (change: object, other: Partial<ChargeOffer> = {}) =>
  checkTransaction({ ...good, ...change }, { ...offer, ...other }, expected)

describe('memoOf', () => {
  it('is the memo that mppx 0.11.0 wrote for this challenge', () => {
    const id = 'JhJQRPJjxFOqFumrtPZtFRqQUUvk6LOBW_UbkNOf7ew'
    expect(memoOf({ id, realm: 'stablestudio.dev' })).toBe(
      '0xef1ed71201311d1054384cb0ad877c00000000000000000000200cf43eea8775',
    )
  })
})

describe('checkTransaction', () => {
  it('takes the payment', () => {
    expect(() => check({})).not.toThrow()
    expect(() => check({ from: undefined, signature: undefined })).not.toThrow()
    expect(() =>
      check({ calls: [{ ...call, value: 0n }], feeToken: offer.currency, accessList: [] }),
    ).not.toThrow()
    expect(feeOf(good)).toBe(1_200_000_000_000_000n)
  })

  it.each([
    ['another chain', { chainId: 42_431 }],
    ['no call', { calls: [] }],
    ['two calls', { calls: [call, call] }],
    ['an approval first', { calls: [{ to: offer.currency, data: '0x095ea7b3' }, call] }],
    ['another token', { calls: [{ ...call, to: evil }] }],
    ['another payee', { calls: [{ ...call, data: transferOf({ ...offer, recipient: evil }) }] }],
    ['another amount', { calls: [{ ...call, data: transferOf({ ...offer, amount: 170_001n }) }] }],
    [
      'another challenge',
      { calls: [{ ...call, data: transferOf({ ...offer, challenge: { ...challenge, id: 'b' } }) }] },
    ],
    ['more data', { calls: [{ ...call, data: `${call.data}00` }] }],
    ['a value', { calls: [{ ...call, value: 1n }] }],
    ['an unknown part of a call', { calls: [{ ...call, gas: 1n }] }],
    ['a nonce that waits', { nonceKey: 0n }],
    ['no end', { validBefore: undefined }],
    ['a later end than Tempo takes', { validBefore: now / 1000 + 31 }],
    ['another payer', { from: evil }],
    ['a strange fee token', { feeToken: evil }],
    ['a fee above the limit', { gas: 60_000_000n, maxFeePerGas: 20_000_000_000n }],
    ['no bound on its fee', { gas: undefined }],
    ['a delegation of the account', { authorizationList: [{}] }],
    ['anything that is new', { somethingNew: '0x01' }],
  ])('refuses %s', (_what, change) => {
    expect(() => check(change)).toThrow(
      expect.objectContaining({ code: 'response_malformed', payment: 'none' }),
    )
  })

  it('refuses one that outlives its challenge', () => {
    expect(() => check({}, { expiresAt: now + 10_000 })).toThrow('validBefore')
  })

  it('leaves the fee to the server that pays it', () => {
    expect(() => check({ gas: undefined }, { sponsored: true })).not.toThrow()
  })
})

describe('checkCalls', () => {
  it('takes exactly the payment, on Tempo', () => {
    expect(() => checkCalls({ chainId: '0x1079', calls: [{ ...call, value: '0x0' }] }, offer)).not.toThrow()
    expect(() => checkCalls({ chainId: '0x1', calls: [call] }, offer)).toThrow('chain')
    expect(() => checkCalls({ chainId: undefined, calls: [call] }, offer)).toThrow('chain')
    expect(() => checkCalls({ chainId: '0x1079', calls: [call, call] }, offer)).toThrow('calls')
    expect(() => checkCalls({ chainId: '0x1079', calls: undefined }, offer)).toThrow('calls')
  })
})
