// Payments whose JSON is not what a client of this protocol writes, but what a server that reads it may take.
import { describe, expect, test } from 'vitest'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import {
  type Authorization,
  challenge,
  input,
  path,
  pay,
  post,
  seconds,
  type Wrong,
} from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

type Odd = Record<string, unknown>
type Result = { seen: Seen; balance: string; settlements: unknown[] }

async function attempt(stack: Stack, wrong: Wrong, body: unknown = input): Promise<Result> {
  const payer = await stack.wallet('payer', '1')
  const header = await pay(await challenge(stack), payer, wrong)
  const seen = await see(stack, path, post(body, { 'payment-signature': header }))
  const settlements = (await stack.settlements(payer.address)).map(({ to, amount }) => ({ to, amount }))
  return { seen, balance: await stack.balance(payer.address), settlements }
}

/** Signed as it should be, and then written otherwise. */
const written = (fields: Odd): Wrong => ({ tampered: fields as Partial<Authorization> })
/** Signed as it is written. */
const signed = (fields: Odd): Wrong => ({ authorization: fields as Partial<Authorization> })

const soon = () => seconds() + 300

describe('an authorization', () => {
  test.each<[string, () => Wrong]>([
    ['value: a number', () => written({ value: 70_000 })],
    ['value: hexadecimal', () => written({ value: '0x11170' })],
    ['value: leading zeros', () => written({ value: '00070000' })],
    ['value: spaces', () => written({ value: ' 70000 ' })],
    ['value: empty', () => written({ value: '' })],
    ['value: none', () => written({ value: undefined })],
    ['value: null', () => written({ value: null })],
    ['value: true', () => written({ value: true })],
    ['value: a list', () => written({ value: ['70000'] })],
    ['value: an object', () => written({ value: {} })],
    ['value: a word', () => written({ value: 'all' })],
    ['value: a fraction', () => written({ value: '70000.0' })],
    ['value: a fractional number', () => written({ value: 70_000.5 })],
    ['value: an exponent', () => written({ value: '7e4' })],
    ['value: negative', () => written({ value: '-70000' })],
    ['value: negative number', () => written({ value: -70_000 })],
    ['value: negative hexadecimal', () => written({ value: '-0x11170' })],
    ['value: too large', () => written({ value: '9'.repeat(100) })],
    ['value: binary', () => written({ value: '0b10001000101110000' })],
    [
      'validBefore: a number',
      () => {
        const validBefore = soon()
        return signed({ validBefore })
      },
    ],
    ['validBefore: hexadecimal', () => signed({ validBefore: `0x${soon().toString(16)}` })],
    ['validBefore: empty', () => written({ validBefore: '' })],
    ['validBefore: none', () => written({ validBefore: undefined })],
    ['validBefore: null', () => written({ validBefore: null })],
    ['validBefore: a word', () => written({ validBefore: 'never' })],
    ['validBefore: a fractional number', () => written({ validBefore: soon() + 0.5 })],
    ['validBefore: negative', () => written({ validBefore: '-1' })],
    ['validBefore: too large', () => written({ validBefore: '9'.repeat(100) })],
    ['validAfter: a number', () => written({ validAfter: 0 })],
    ['validAfter: hexadecimal', () => written({ validAfter: '0x0' })],
    ['validAfter: empty', () => written({ validAfter: '' })],
    ['validAfter: none', () => written({ validAfter: undefined })],
    ['validAfter: false', () => written({ validAfter: false })],
    ['validAfter: negative', () => written({ validAfter: '-1' })],
    ['validAfter: a word', () => written({ validAfter: 'now' })],
    ['nonce: none', () => written({ nonce: undefined })],
    ['nonce: short', () => written({ nonce: '0x12' })],
    ['nonce: a number', () => written({ nonce: 12 })],
    ['nonce: in upper case', () => signed({ nonce: `0x${'AB'.repeat(32)}` })],
    ['from: none', () => written({ from: undefined })],
    ['from: a number', () => written({ from: 5 })],
    ['from: null', () => written({ from: null })],
    ['from: empty', () => written({ from: '' })],
    ['to: null', () => written({ to: null })],
    ['nonce: null', () => written({ nonce: null })],
    ['from: a word', () => written({ from: 'me' })],
    ['to: none', () => written({ to: undefined })],
    ['to: a number', () => written({ to: 5 })],
    ['to: a word', () => written({ to: 'you' })],
    ['to: in lower case', () => written({ to: '0x07f067959297767c887dbfa3c72379c66e82a045' })],
    ['to: in upper case', () => written({ to: '0x07F067959297767C887DBFA3C72379C66E82A045' })],
    ['more fields', () => written({ memo: 'hello' })],
  ])('with %s is answered alike', async (_what, wrong) => {
    const { balance, settlements } = await same((stack) => attempt(stack, wrong()))
    expect(balance).toBe(settlements.length === 1 ? '0.93' : '1')
  })
})

describe('a payload', () => {
  const accept = (change: (accepted: unknown) => unknown): Wrong => ({
    payload: ({ accepted, ...whole }) => ({ ...whole, accepted: change(accepted) }),
  })
  const inner = (change: (payload: Odd) => unknown): Wrong => ({
    payload: ({ payload, ...whole }) => ({ ...whole, payload: change(payload as Odd) }),
  })
  test.each<[string, Wrong]>([
    ['accepts a list', accept((one) => [one])],
    ['accepts an empty list', accept(() => [])],
    ['accepts a word', accept(() => 'exact')],
    ['accepts a number', accept(() => 5)],
    ['accepts true', accept(() => true)],
    ['accepts null', accept(() => null)],
    ['accepts an empty object', accept(() => ({}))],
    ['accepts a number as the amount', { accepted: { amount: 70_000 } }],
    ['accepts text as the time', { accepted: { maxTimeoutSeconds: '300' } }],
    ['accepts without extra', { accepted: { extra: undefined } }],
    ['accepts null as extra', { accepted: { extra: null } }],
    ['accepts a word as extra', { accepted: { extra: 'USDC' } }],
    ['accepts more than was offered', { accepted: { note: 'hello' } }],
    [
      'accepts without extra, with a value that is none',
      { accepted: { extra: {} }, ...written({ value: 'all' }) },
    ],
    [
      'accepts without extra, and authorizes nothing',
      { accepted: { extra: {} }, payload: (whole) => ({ ...whole, payload: {} }) },
    ],
    [
      'accepts without extra, and has no payload',
      { accepted: { extra: {} }, payload: ({ payload: _none, ...whole }) => whole },
    ],
    ['is a list', { payload: (whole) => [whole] }],
    ['is a word', { payload: () => 'pay' }],
    ['is a number', { payload: () => 5 }],
    ['is an empty object', { payload: () => ({}) }],
    ['has its version as text', { payload: (whole) => ({ ...whole, x402Version: '2' }) }],
    ['has no version', { payload: ({ x402Version: _none, ...whole }) => whole }],
    ['has no payload', { payload: ({ payload: _none, ...whole }) => whole }],
    ['has null as payload', inner(() => null)],
    ['has a list as payload', inner((one) => [one])],
    ['has a word as payload', inner(() => 'pay')],
    ['has no signature', inner(({ signature: _none, ...rest }) => rest)],
    ['has an empty signature', inner((one) => ({ ...one, signature: '' }))],
    ['has a number as signature', inner((one) => ({ ...one, signature: 5 }))],
    ['has 0x as signature', inner((one) => ({ ...one, signature: '0x' }))],
    ['has an odd signature', inner((one) => ({ ...one, signature: '0x123' }))],
    ['has a word as signature', inner((one) => ({ ...one, signature: 'yes' }))],
    ['has a longer signature', inner((one) => ({ ...one, signature: `${one.signature}00` }))],
    [
      'has a signature in upper case',
      inner((one) => ({ ...one, signature: `0x${String(one.signature).slice(2).toUpperCase()}` })),
    ],
    ['has null as authorization', inner((one) => ({ ...one, authorization: null }))],
    ['has a list as authorization', inner((one) => ({ ...one, authorization: [one.authorization] }))],
    ['has a word as authorization', inner((one) => ({ ...one, authorization: 'mine' }))],
    ['has more fields', inner((one) => ({ ...one, note: 'hello' }))],
  ])('that %s is answered alike', async (_what, wrong) => {
    const { balance, settlements } = await same((stack) => attempt(stack, wrong))
    expect(balance).toBe(settlements.length === 1 ? '0.93' : '1')
  })
})

describe('a body', () => {
  test.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a word', '"prompt"'],
    ['two values', '{}{}'],
    ['a byte order mark', `\uFEFF${JSON.stringify(input)}`],
  ])('that is %s is answered alike', async (_what, body) => {
    await same((stack) => attempt(stack, {}, body))
  })
})
