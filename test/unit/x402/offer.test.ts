import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OfferRefusedError } from '../../../src/errors.ts'
import { usdcAssets } from '../../../src/x402/assets.ts'
import type { PaymentRequired } from '../../../src/x402/header.ts'
import { selectExactOffer } from '../../../src/x402/offer.ts'
import {
  baseOffer,
  liveChallenge,
  offering,
  payee,
  resource,
  select,
  solanaOffer,
  thrownBy,
  usdc,
} from './kit.ts'

fc.configureGlobal({ seed: 20261122 })

const zero = '0x0000000000000000000000000000000000000000'
const fakeToken = '0x1111111111111111111111111111111111111111'
const sepolia = {
  network: 'eip155:84532',
  asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
  extra: { name: 'USDC', version: '2' },
}

function refusal(challenge: PaymentRequired, expected?: Partial<Parameters<typeof selectExactOffer>[1]>) {
  const error = thrownBy(() => selectExactOffer(challenge, { resources: [resource], ...expected }))
  if (!(error instanceof OfferRefusedError)) throw error
  expect(error).toMatchObject({ phase: 'check', payment: 'none' })
  expect(error.message).toContain('Nothing was signed')
  return error
}

describe('an offer that is accepted', () => {
  it('is the one of the live service', () => {
    expect(select(liveChallenge)).toEqual({
      network: 'eip155:8453',
      asset: usdcAssets['eip155:8453'],
      amount: 130_000n,
      payTo: payee,
      validitySeconds: 300,
      accepted: baseOffer,
      challenge: liveChallenge,
    })
  })

  it('names USDC and its payee in any letter case, and is echoed in the same', () => {
    const offer = { asset: usdc.toLowerCase(), payTo: payee.toLowerCase() }
    const { asset, payTo, accepted } = select(offering(offer))
    expect(asset.address).toBe(usdc)
    expect(payTo).toBe(payee)
    expect(accepted).toMatchObject(offer)
  })

  it('says eip3009, the authorization flow and the right contract, or leaves them out', () => {
    const said = {
      ...baseOffer.extra,
      assetTransferMethod: 'eip3009',
      paymentFlow: 'authorization',
      verifyingContract: usdc.toLowerCase(),
    }
    expect(select(offering({ extra: said })).amount).toBe(130_000n)
  })

  it('is on Base Sepolia with its other domain name', () => {
    expect(select(offering(sepolia)).asset).toBe(usdcAssets['eip155:84532'])
    expect(refusal(offering({ ...sepolia, extra: { name: 'USD Coin', version: '2' } })).code).toBe(
      'domain_mismatch',
    )
  })

  it('stands second, behind one that must not be signed', () => {
    for (const bad of [{ asset: fakeToken }, { amount: '0' }, { scheme: 'upto' }, { payTo: zero }]) {
      expect(select(offering(bad, {})).accepted).toEqual(baseOffer)
    }
    expect(select({ ...liveChallenge, accepts: [null, 7, {}, solanaOffer, baseOffer] }).accepted).toEqual(
      baseOffer,
    )
  })

  it('is on the preferred network, whatever the order of the offers', () => {
    const both = offering({}, sepolia)
    expect(select(both).network).toBe('eip155:8453')
    const networks = ['eip155:84532', 'eip155:8453'] as const
    expect(selectExactOffer(both, { resources: [resource], networks }).network).toBe('eip155:84532')
  })

  it.each([
    [10, 10],
    [300, 300],
    [600, 600],
    [601, 600],
    [3600, 600],
  ])('may ask for %i s, and gets an authorization of %i s', (maxTimeoutSeconds, validitySeconds) => {
    expect(select(offering({ maxTimeoutSeconds })).validitySeconds).toBe(validitySeconds)
  })

  it('may differ from the called URL in query, fragment, default port and spelling', () => {
    for (const url of [`${resource}?x=1`, `${resource}#x`, resource.replace('.dev', '.dev:443')]) {
      expect(select({ ...liveChallenge, resource: { url } }).amount).toBe(130_000n)
    }
    const url = resource.replace('https://stablestudio.dev', 'HTTPS://STABLESTUDIO.DEV')
    expect(select({ ...liveChallenge, resource: { url } }).amount).toBe(130_000n)
  })
})

describe('an offer that is refused', () => {
  it.each([
    ['another token', { asset: fakeToken }],
    ['a fake token with the right name', { asset: fakeToken, extra: { name: 'USD Coin', version: '2' } }],
    ['USDC of another chain', { asset: sepolia.asset }],
    ['bridged USDbC', { asset: '0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA' }],
    ['no token', { asset: '' }],
    ['the zero token', { asset: zero }],
    ['USDC with a trailing space', { asset: `${usdc} ` }],
  ])('asset_not_allowed: %s', (_name, change) => {
    expect(refusal(offering(change)).code).toBe('asset_not_allowed')
  })

  it.each([
    ['Ethereum', { network: 'eip155:1' }],
    ['a test chain', { network: 'eip155:31337' }],
    ['a version 1 name', { network: 'base' }],
    ['a padded chain id', { network: 'eip155:08453' }],
    ['another spelling', { network: 'EIP155:8453' }],
    ['a property of every object', { network: 'constructor' }],
    ['the prototype', { network: '__proto__' }],
    ['no network', { network: '' }],
  ])('network_not_allowed: %s', (_name, change) => {
    expect(refusal(offering(change)).code).toBe('network_not_allowed')
  })

  it('network_not_allowed: only Solana, and it says what was offered', () => {
    const error = refusal({ ...liveChallenge, accepts: [solanaOffer] })
    expect(error.code).toBe('network_not_allowed')
    expect(error.details).toContain('exact on solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp')
    expect(error.details).toContain('eip155:8453')
  })

  it('network_not_allowed: Base, where only Base Sepolia may be paid', () => {
    expect(refusal(liveChallenge, { networks: ['eip155:84532'] }).code).toBe('network_not_allowed')
  })

  it.each([
    ['only upto', [{ ...baseOffer, scheme: 'upto' }]],
    ['another spelling of exact', [{ ...baseOffer, scheme: 'EXACT' }]],
    ['nothing', []],
  ])('no_usable_offer: %s', (_name, accepts) => {
    expect(refusal({ ...liveChallenge, accepts }).code).toBe('no_usable_offer')
  })

  it.each([
    ['permit2', { assetTransferMethod: 'permit2' }],
    ['erc7710', { assetTransferMethod: 'erc7710' }],
    ['an unknown method', { assetTransferMethod: true }],
    ['paying upfront', { paymentFlow: 'upfront' }],
    ['escrow', { paymentFlow: 'escrow' }],
    ['an unknown flow', { paymentFlow: '' }],
  ])('transfer_method_not_allowed: %s', (_name, extra) => {
    const code = refusal(offering({ extra: { ...baseOffer.extra, ...extra } })).code
    expect(code).toBe('transfer_method_not_allowed')
  })

  it.each([
    ['another name', { name: 'Permit2', version: '2' }],
    ['the name of the other network', { name: 'USDC', version: '2' }],
    ['another letter case', { name: 'usd coin', version: '2' }],
    ['a look-alike name', { name: 'USD Сoin', version: '2' }],
    ['another version', { name: 'USD Coin', version: '1' }],
    ['a version as a number', { name: 'USD Coin', version: 2 }],
    ['no version', { name: 'USD Coin' }],
    ['nothing', {}],
    ['another contract', { name: 'USD Coin', version: '2', verifyingContract: fakeToken }],
  ])('domain_mismatch: %s', (_name, extra) => {
    expect(refusal(offering({ extra })).code).toBe('domain_mismatch')
  })

  it('domain_mismatch: no extra at all', () => {
    expect(refusal(offering({ extra: undefined })).code).toBe('domain_mismatch')
  })

  it.each([
    '0',
    '-1',
    '1.5',
    '1e6',
    '01',
    '',
    ' 1',
    '1 ',
    '0x10',
    '+1',
    '1_0',
    'NaN',
    '1n',
    '1'.repeat(31),
    '١',
  ])('offer_malformed: %j', (amount) => {
    expect(refusal(offering({ amount })).code).toBe('offer_malformed')
  })

  it.each([
    ['zero', zero],
    ['a bad checksum', payee.replace('07F0', '07f0')],
    ['upper case', `0x${payee.slice(2).toUpperCase()}`],
    ['too short', payee.slice(0, -1)],
    ['too long', `${payee}0`],
    ['no address', 'stablestudio.eth'],
    ['nothing', ''],
    ['a Solana address', solanaOffer.payTo],
    ['a line break', `${payee}\n`],
  ])('payee_not_allowed: %s', (_name, payTo) => {
    expect(refusal(offering({ payTo })).code).toBe('payee_not_allowed')
  })

  it.each([3601, 86_400, 315_360_000, Number.MAX_SAFE_INTEGER, 1e300])(
    'validity_too_long: %d s',
    (maxTimeoutSeconds) => {
      expect(refusal(offering({ maxTimeoutSeconds })).code).toBe('validity_too_long')
    },
  )

  it.each([0, -1, -300, 1.5, 9, 299.999, 1e-9])('offer_malformed: %d s', (maxTimeoutSeconds) => {
    expect(refusal(offering({ maxTimeoutSeconds })).code).toBe('offer_malformed')
  })

  it.each([
    ['an amount as a number', { amount: 130000 }],
    ['a timeout as a text', { maxTimeoutSeconds: '300' }],
    ['no payee', { payTo: undefined }],
    ['a payee as a list', { payTo: [payee] }],
    ['extra as a list', { extra: ['USD Coin', '2'] }],
    ['extra as a text', { extra: 'USD Coin' }],
  ])('offer_malformed: %s', (_name, change) => {
    expect(refusal(offering(change)).code).toBe('offer_malformed')
  })

  it.each([
    ['another origin', 'https://evil.example/api/generate/nano-banana-pro/generate'],
    ['a longer host', resource.replace('.dev', '.dev.evil.example')],
    ['another scheme', resource.replace('https', 'http')],
    ['another port', resource.replace('.dev', '.dev:8443')],
    ['another path', resource.replace('nano-banana-pro', 'veo-3')],
    ['a longer path', `${resource}/more`],
    ['a trailing slash', `${resource}/`],
    ['another letter case of the path', resource.replace('generate/nano', 'Generate/nano')],
    ['a user name that looks like the host', resource.replace('://', '://stablestudio.dev@')],
    ['a user name', resource.replace('://', '://user@')],
    ['a password', resource.replace('://', '://:secret@')],
    ['a path only', '/api/generate/nano-banana-pro/generate'],
    ['no URL', 'nano-banana-pro'],
    ['nothing', ''],
  ])('resource_mismatch: %s', (_name, url) => {
    expect(refusal({ ...liveChallenge, resource: { url } }).code).toBe('resource_mismatch')
  })

  it('resource_mismatch: no resource, or nothing that it may be', () => {
    const { resource: _gone, ...bare } = liveChallenge
    expect(refusal(bare as PaymentRequired).code).toBe('resource_mismatch')
    expect(refusal(liveChallenge, { resources: [] }).code).toBe('resource_mismatch')
    expect(refusal(liveChallenge, { resources: ['not a url'] }).code).toBe('resource_mismatch')
  })

  it('is refused for the reason of the first usable one when none can be paid', () => {
    expect(refusal(offering({ amount: '0' }, { payTo: zero })).code).toBe('offer_malformed')
  })

  it('shows the text of the server shortened and without control characters', () => {
    const error = refusal(offering({ asset: `\u001b[31m\n${'x'.repeat(10_000)}\u202e` }))
    for (const hidden of ['\u001b', '\u202e']) expect(error.message).not.toContain(hidden)
    expect(error.message.length).toBeLessThan(1000)
  })
})
