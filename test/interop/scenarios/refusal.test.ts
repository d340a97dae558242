// Payments that are refused: each for its own reason, none of them charged.
import { describe, expect, test } from 'vitest'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { challenge, input, path, pay, post, seconds, type Wrong } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

type Refusal = { seen: Seen; balance: string; settlements: number }

/** Pays wrongly, and looks at the money. */
async function attempt(stack: Stack, wrong: Wrong, body: unknown = input, funds = '1'): Promise<Refusal> {
  const payer = await stack.wallet('payer', funds)
  const header = await pay(await challenge(stack), payer, wrong)
  return { ...(await present(stack, header, body)), ...(await money(stack, payer.address)) }
}

async function present(stack: Stack, header: string, body: unknown = input) {
  return { seen: await see(stack, path, post(body, { 'payment-signature': header })) }
}

async function money(stack: Stack, payer: `0x${string}`) {
  const settlements = (await stack.settlements(payer)).length
  return { balance: await stack.balance(payer), settlements }
}

const other = '0x1111111111111111111111111111111111111111'

describe('a payment is refused, and nothing charged,', () => {
  test.each<[string, string, (stack: Stack) => Wrong]>([
    ['that is too low', 'value_mismatch', () => ({ authorization: { value: '69999' } })],
    ['that is too high', 'value_mismatch', () => ({ authorization: { value: '70001' } })],
    ['whose terms name another amount', 'requirements_mismatch', () => ({ accepted: { amount: '1' } })],
    ['that goes to somebody else', 'recipient_mismatch', () => ({ authorization: { to: other } })],
    ['whose terms name somebody else', 'requirements_mismatch', () => ({ accepted: { payTo: other } })],
    [
      'whose terms spell the payee in lower case',
      'requirements_mismatch',
      () => ({ accepted: { payTo: '0x07f067959297767c887dbfa3c72379c66e82a045' } }),
    ],
    [
      'whose terms have another time',
      'requirements_mismatch',
      () => ({ accepted: { maxTimeoutSeconds: 301 } }),
    ],
    ['without the domain', 'missing_eip712_domain', () => ({ accepted: { extra: {} } })],
    [
      'that has expired',
      'authorization_valid_before',
      () => ({ authorization: { validBefore: String(seconds() - 1) } }),
    ],
    [
      'that is about to expire',
      'authorization_valid_before',
      () => ({ authorization: { validBefore: String(seconds() + 3) } }),
    ],
    [
      'that is not valid yet',
      'authorization_valid_after',
      () => ({ authorization: { validAfter: String(seconds() + 60) } }),
    ],
    ['signed for another chain', 'evm_signature', () => ({ domain: { chainId: 1 } })],
    ['signed for another token', 'evm_signature', () => ({ domain: { verifyingContract: other } })],
    ['signed for another name', 'evm_signature', () => ({ domain: { name: 'USDC' } })],
    [
      'signed for another name that its terms name too',
      'token_name_mismatch',
      () => ({ domain: { name: 'USDC' }, accepted: { extra: { name: 'USDC', version: '2' } } }),
    ],
    [
      'signed for another version that its terms name too',
      'token_version_mismatch',
      () => ({ domain: { version: '1' }, accepted: { extra: { name: 'USD Coin', version: '1' } } }),
    ],
    ['whose payer was changed', 'evm_signature', () => ({ tampered: { from: other } })],
    ['whose amount was changed', 'evm_signature', () => ({ tampered: { value: '1' } })],
    [
      'with half a signature',
      'evm_signature',
      () => ({ signature: (all) => all.slice(0, 66) as `0x${string}` }),
    ],
    [
      'with the signature of another one',
      'evm_signature',
      () => ({ signature: () => `0x${'11'.repeat(64)}1b` as const }),
    ],
    [
      'with a v of 0 or 1',
      'transaction_simulation_failed',
      () => ({ signature: (all) => `${all.slice(0, 130)}0${all.endsWith('1b') ? 0 : 1}` as `0x${string}` }),
    ],
    ['with the higher of the two signatures', 'transaction_simulation_failed', () => ({ signature: higher })],
  ])('%s', async (_what, reason, wrong) => {
    const { seen, ...rest } = await same((stack) => attempt(stack, wrong(stack)))
    expect(seen.status).toBe(402)
    expect((seen.body as { reason: string }).reason).toContain(reason)
    expect(seen.headers['payment-required']).toBeDefined()
    expect(seen.headers['payment-response']).toBeUndefined()
    expect(rest).toMatchObject({ balance: '1', settlements: 0 })
  })

  test('for a body that costs more', async () => {
    const { seen, balance } = await same((stack) => attempt(stack, {}, { ...input, imageSize: '4K' }))
    expect(seen).toMatchObject({ status: 402, body: { reason: 'requirements_mismatch' } })
    expect(balance).toBe('1')
  })

  test.each([
    ['without its prompt', {}],
    ['with a field of the wrong type', { prompt: 5 }],
    ['with a value that there is not', { ...input, imageSize: '8K' }],
    ['with a field too many', { ...input, size: '1024x1024' }],
    ['that is no JSON', '{'],
  ])('for a body %s, before anything else', async (_what, body) => {
    const { seen, balance } = await same((stack) => attempt(stack, {}, body))
    expect(seen).toMatchObject({ status: 400, body: { success: false } })
    expect(balance).toBe('1')
  })

  test('from a wallet without enough of it', async () => {
    const { seen, balance } = await same((stack) => attempt(stack, {}, input, '0.06'))
    expect((seen.body as { reason: string }).reason).toBe('invalid_exact_evm_insufficient_balance')
    expect(balance).toBe('0.06')
  })

  test('from a wallet without any', async () => {
    const { seen } = await same((stack) => attempt(stack, {}, input, '0'))
    expect((seen.body as { reason: string }).reason).toBe('invalid_exact_evm_insufficient_balance')
  })

  test.each([
    ['is base64url', () => Buffer.from('{"a":"??>>"}').toString('base64url')],
    ['is not base64', () => '!'],
    ['is cut', (whole: string) => whole.slice(0, 401)],
    ['holds no JSON', () => btoa('nothing')],
    ['holds half a JSON', () => btoa('{"x402Version":2,')],
  ])('whose header %s', async (_what, spoil) => {
    const { seen, balance } = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const header = spoil(await pay(await challenge(stack), payer))
      return { ...(await present(stack, header)), ...(await money(stack, payer.address)) }
    })
    expect(seen).toMatchObject({ status: 402, body: { reason: 'malformed_payment_header' } })
    expect(balance).toBe('1')
  })

  test.each<[string, Wrong['payload']]>([
    ['is null', () => 'null'],
    [
      'is of x402 version 1',
      ({ payload }) => ({ x402Version: 1, scheme: 'exact', network: 'base', payload }),
    ],
    ['is of x402 version 3', (whole) => ({ ...whole, x402Version: 3 })],
    ['accepts nothing', ({ accepted: _none, ...whole }) => whole],
    ['authorizes nothing', (whole) => ({ ...whole, payload: {} })],
  ])('whose payload %s: the server breaks', async (_what, payload) => {
    const { seen, balance } = await same((stack) => attempt(stack, { payload } as Wrong))
    expect(seen.status).toBe(500)
    expect(balance).toBe('1')
  })
})

/** The other signature of the same message: valid to a curve, refused by the token. */
function higher(signature: `0x${string}`): `0x${string}` {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}` as `0x${string}`
}
