// Payments as an attacker or a sloppy client would send them.
import { type Hex, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import {
  base64,
  body,
  buy,
  type Change,
  decoded,
  expectUntouched,
  generateUrl,
  offerOf,
  pay,
  post,
  reasonOf,
  seconds,
  setup,
} from './kit.ts'

const stranger = privateKeyToAccount(generatePrivateKey())
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** The same point of the curve, written the other way: valid ECDSA, refused by the token. */
function highS(signature: Hex): Hex {
  const s = curveOrder - BigInt(`0x${signature.slice(66, 130)}`)
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex
}

describe('a good payment', () => {
  test('moves exactly the offered amount once and makes the job', async () => {
    const kit = setup()
    const response = await buy(kit)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('private')
    const answer = await response.text()
    const { jobId } = JSON.parse(answer)
    expect(answer).toBe(
      `{"type":"gpt-image-1-generate","jobId":"${jobId}","status":"pending","success":true}`,
    )
    expect(jobId).toMatch(/^c[0-9a-z]{24}$/)
    const [settlement, ...more] = kit.sandbox.settlements()
    expect(more).toEqual([])
    expect(settlement).toEqual({
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      network: 'eip155:8453',
      from: kit.wallet.address,
      to: '0x07F067959297767c887dbfA3C72379c66E82a045',
      amount: '170000',
      usd: '0.17',
      nonce: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      operation: 'gpt-image-1/generate',
      jobId,
      settledAt: new Date(kit.now()).toISOString(),
    })
    expect(decoded(response.headers.get('payment-response'))).toEqual({
      success: true,
      payer: kit.wallet.address,
      transaction: settlement?.transaction,
      network: 'eip155:8453',
    })
    expect(kit.sandbox.balance(kit.wallet.address)).toBe('4.83')
    expect(kit.sandbox.balance('0x07F067959297767c887dbfA3C72379c66E82a045')).toBe('0.17')
  })

  test('of another model answers with a pollUrl, in the other order', async () => {
    const kit = setup()
    const answer = await (await buy(kit, generateUrl.replace('gpt-image-1', 'gpt-image-1.5'))).text()
    const { jobId } = JSON.parse(answer)
    const pollUrl = `https://stablestudio.dev/api/jobs/${jobId}`
    expect(answer).toBe(
      `{"success":true,"jobId":"${jobId}","status":"pending","type":"gpt-image-1.5-generate","pollUrl":"${pollUrl}"}`,
    )
  })

  test.each<[string, Change]>([
    ['extra keys in accepted.extra', { accepted: { extra: { name: 'USD Coin', version: '2', more: 1 } } }],
    ['unknown top-level keys', { top: { whatever: true } }],
    ['a validAfter of ten minutes ago', { authorization: { validAfter: '1' } }],
    ['a validity of a year', { authorization: { validBefore: '2000000000' } }],
  ])('may have %s', async (_what, change) => {
    expect((await buy(setup(), generateUrl, body, change)).status).toBe(200)
  })

  test('may name its payer in lower case', async () => {
    const kit = setup()
    const from = kit.wallet.address.toLowerCase() as Hex
    expect((await buy(kit, generateUrl, body, { sent: { from } })).status).toBe(200)
  })

  test('may come in X-PAYMENT', async () => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    expect((await kit.sandbox.fetch(...post(generateUrl, body, { 'x-payment': header }))).status).toBe(200)
  })

  test('works on Base Sepolia with that token’s domain', async () => {
    const kit = setup({ network: 'eip155:84532' })
    expect((await buy(kit)).status).toBe(200)
    expect(kit.sandbox.settlements()[0]?.network).toBe('eip155:84532')
  })

  test('may empty the wallet to the last unit', async () => {
    const kit = setup({}, '0.17')
    expect((await buy(kit)).status).toBe(200)
    expect(kit.sandbox.balance(kit.wallet.address)).toBe('0.00')
  })
})

describe('a bad payment is refused, and nothing happens', () => {
  test.each<[string, string, Change]>([
    [
      'a tampered signature',
      'invalid_exact_evm_signature',
      { signature: (one) => `0x${one.slice(4, 8)}${one.slice(6)}` as Hex },
    ],
    ['a signature that is none', 'invalid_exact_evm_signature', { signature: () => '0x1234' }],
    ['somebody else’s money', 'invalid_exact_evm_signature', { sent: { from: stranger.address } }],
    [
      'another nonce than the signed one',
      'invalid_exact_evm_signature',
      { sent: { nonce: toHex(1, { size: 32 }) } },
    ],
    ['a signature for another chain', 'invalid_exact_evm_signature', { domain: { chainId: 1 } }],
    ['a signature for another token name', 'invalid_exact_evm_signature', { domain: { name: 'USDC' } }],
    ['no domain', 'invalid_exact_evm_missing_eip712_domain', { accepted: { extra: undefined } }],
    [
      'another token name, signed so',
      'invalid_exact_evm_token_name_mismatch',
      { domain: { name: 'USDC' }, accepted: { extra: { name: 'USDC', version: '2' } } },
    ],
    [
      'another token version, signed so',
      'invalid_exact_evm_token_version_mismatch',
      { domain: { version: '1' }, accepted: { extra: { name: 'USD Coin', version: '1' } } },
    ],
    [
      'too little',
      'invalid_exact_evm_payload_authorization_value_mismatch',
      { authorization: { value: '169999' } },
    ],
    [
      'too much',
      'invalid_exact_evm_payload_authorization_value_mismatch',
      { authorization: { value: '170001' } },
    ],
    ['another payee', 'invalid_exact_evm_recipient_mismatch', { authorization: { to: stranger.address } }],
    [
      'yParity for v',
      'invalid_exact_evm_transaction_simulation_failed',
      { signature: (one) => `${one.slice(0, -2)}${one.endsWith('1b') ? '00' : '01'}` as Hex },
    ],
    ['a malleated signature', 'invalid_exact_evm_transaction_simulation_failed', { signature: highS }],
    [
      'payTo in other letter case',
      'requirements_mismatch',
      { accepted: { payTo: '0x07f067959297767c887dbfa3c72379c66e82a045' } },
    ],
    ['another asset', 'requirements_mismatch', { accepted: { asset: stranger.address } }],
    ['another amount', 'requirements_mismatch', { accepted: { amount: '1' } }],
    ['an amount as a number', 'requirements_mismatch', { accepted: { amount: 170000 } }],
    ['another timeout', 'requirements_mismatch', { accepted: { maxTimeoutSeconds: 301 } }],
    ['another scheme', 'requirements_mismatch', { accepted: { scheme: 'upto' } }],
    ['another network', 'requirements_mismatch', { accepted: { network: 'eip155:1' } }],
  ])('%s: %s', async (_what, reason, change) => {
    const kit = setup()
    expect(await reasonOf(await buy(kit, generateUrl, body, change))).toBe(reason)
    expectUntouched(kit)
  })

  test.each([
    ['valid_before', { validBefore: 5 }, { validBefore: 6 }],
    ['valid_after', { validAfter: 1 }, { validAfter: -1 }],
  ])('%s is exact to the second', async (name, wrong, right) => {
    const kit = setup()
    const at = (offsets: Record<string, number>) => ({
      authorization: Object.fromEntries(
        Object.entries(offsets).map(([key, offset]) => [key, seconds(kit.now(), offset)]),
      ),
    })
    const reason = `invalid_exact_evm_payload_authorization_${name}`
    expect(await reasonOf(await buy(kit, generateUrl, body, at(wrong)))).toBe(reason)
    expectUntouched(kit)
    expect((await buy(kit, generateUrl, body, at(right))).status).toBe(200)
  })

  test('validAfter of this very second: past the facilitator, reverted by the token', async () => {
    const kit = setup()
    const change = { authorization: { validAfter: seconds(kit.now(), 0) } }
    const reason = await reasonOf(await buy(kit, generateUrl, body, change))
    expect(reason).toBe('invalid_exact_evm_transaction_simulation_failed')
    expectUntouched(kit)
  })

  test('an authorization that has expired since it was signed', async () => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    kit.sandbox.clock.advance(295_000)
    const response = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(await reasonOf(response)).toBe('invalid_exact_evm_payload_authorization_valid_before')
    expectUntouched(kit)
  })

  test('one unit too little in the wallet', async () => {
    const kit = setup({}, '0.169999')
    expect(await reasonOf(await buy(kit))).toBe('invalid_exact_evm_insufficient_balance')
    expect(kit.sandbox.jobs()).toEqual([])
  })

  test('a Solana offer that is “paid” with an EVM signature', async () => {
    const kit = setup()
    const evm = await offerOf(kit.sandbox)
    const quote = await kit.sandbox.fetch(...post(generateUrl, body))
    const solana = decoded(quote.headers.get('payment-required')).accepts[1]
    const header = await pay(kit, evm, { accepted: solana })
    const response = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(await reasonOf(response)).toMatch(/^invalid_exact_svm/)
    expectUntouched(kit)
  })

  test('a cheap quote used for a dear body; the fresh challenge names the new price', async () => {
    const kit = setup()
    const cheap = { ...body, quality: 'low' }
    const header = await pay(kit, await offerOf(kit.sandbox, generateUrl, cheap))
    const response = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(decoded(response.headers.get('payment-required')).accepts[0].amount).toBe('170000')
    expect(await reasonOf(response)).toBe('requirements_mismatch')
    expectUntouched(kit)
  })

  test.each([
    ['not base64', '%%%'],
    ['base64url', Buffer.from('{"a":"??>>"}').toString('base64url')],
    ['not JSON', base64('{nope')],
  ])('a header that is %s', async (_what, header) => {
    const kit = setup()
    const response = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(await reasonOf(response)).toBe('malformed_payment_header')
  })

  test.each([
    ['null', null],
    ['JSON without accepted', { x402Version: 2, payload: {} }],
    ['a v1 payload', { x402Version: 1, scheme: 'exact', network: 'base', payload: {} }],
  ])('%s crashes the real library, and this one alike', async (_what, payload) => {
    const kit = setup()
    const response = await kit.sandbox.fetch(
      ...post(generateUrl, body, { 'payment-signature': base64(payload) }),
    )
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expectUntouched(kit)
  })

  test.each([
    ['x402Version 3', { top: { x402Version: 3 } }],
    ['no authorization', { top: { payload: { signature: '0x' } } }],
    ['an amount that is no number', { sent: { value: 'ten' } }],
  ])('%s is a 500 too', async (_what, change) => {
    const kit = setup()
    expect((await buy(kit, generateUrl, body, change)).status).toBe(500)
    expectUntouched(kit)
  })

  test.each([
    ['{', 'Invalid JSON'],
    [JSON.stringify({ prompt: '' }), 'Validation failed'],
    [JSON.stringify({ ...body, n: 2 }), 'Validation failed'],
  ])('a good payment with the bad body %s is 400 and unused', async (bad, error) => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    const response = await kit.sandbox.fetch(...post(generateUrl, bad, { 'payment-signature': header }))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ success: false, error, issues: expect.any(Array) })
    expectUntouched(kit)
    const right = await kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect(right.status).toBe(200)
  })
})
