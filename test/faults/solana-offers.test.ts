// Attacks on Solana offers: whatever the service asks for, nothing is signed that was not checked.
import { describe, expect, it } from 'vitest'
import { decode58, encode58 } from '../../src/internal/base58.ts'
import { tokenAccountOf } from '../../src/methods/solana/token-account.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import {
  createSolanaStudio,
  network,
  type SolanaStudioOptions,
  solanaRpc,
  usdc,
  withChallenge,
  withExtra,
  withOffer,
} from '../support/solana.ts'
import { failure, input, operation } from '../support/studio.ts'

useTestClock()

const payee = 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c'
const facilitator = 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww'
const token = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
const token2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb'
const other = encode58(new Uint8Array(32).fill(7))

async function refused(options: SolanaStudioOptions) {
  const world = await createSolanaStudio(options)
  const error = await played(failure(world.studio.run(operation, input, { maxPrice: '1' })))
  expect(world.signed.payments).toEqual([])
  expect(world.sandbox.settlements()).toEqual([])
  expect(error).toMatchObject({ payment: 'none' })
  return error as { code: string; name: string }
}

const byOffer: [string, string, Record<string, unknown>][] = [
  ['another mint', 'asset_not_allowed', { asset: other }],
  [
    'the mint of the other cluster',
    'asset_not_allowed',
    { asset: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAERYPJgZJDncDU' },
  ],
  ['the mint in other letter case', 'asset_not_allowed', { asset: usdc.toLowerCase() }],
  ['another network', 'network_not_allowed', { network: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1' }],
  ['another scheme', 'network_not_allowed', { scheme: 'upto' }],
  ...['0', '-1', '0x10', '1.5', ' 1', '01', '1e3', ''].map(
    (amount): [string, string, Record<string, unknown>] => [
      `the amount '${amount}'`,
      'offer_malformed',
      { amount },
    ],
  ),
  ['an amount above 64 bits', 'offer_malformed', { amount: '18446744073709551616' }],
  ['an amount above the cap', 'price_above_max', { amount: '1000001' }],
  ['the mint as payee', 'payee_not_allowed', { payTo: usdc }],
  ['a program as payee', 'payee_not_allowed', { payTo: token }],
  ['the system program as payee', 'payee_not_allowed', { payTo: '11111111111111111111111111111111' }],
  [
    "the facilitator's token account as payee",
    'payee_not_allowed',
    { payTo: tokenAccountOf(facilitator, usdc) },
  ],
  ['a payee of 31 bytes', 'payee_not_allowed', { payTo: encode58(new Uint8Array(31).fill(7)) }],
  ['a payee of 33 bytes', 'payee_not_allowed', { payTo: encode58(new Uint8Array(33).fill(7)) }],
  ['an EVM payee', 'payee_not_allowed', { payTo: '0x07F067959297767c887dbfA3C72379c66E82a045' }],
  ['no payee', 'payee_not_allowed', { payTo: '' }],
  ['a changed payee', 'payee_changed', { payTo: other }],
  ['a payee in other letter case', 'payee_changed', { payTo: swapCase(payee) }],
  ['an endless time', 'validity_too_long', { maxTimeoutSeconds: 1e9 }],
  ['no time', 'network_not_allowed', { maxTimeoutSeconds: '300' }],
]

/** Another key of 32 bytes that differs in one letter's case. */
function swapCase(address: string): string {
  for (let at = 0; at < address.length; at += 1) {
    const letter = address.charAt(at)
    const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
    const changed = address.slice(0, at) + swapped + address.slice(at + 1)
    if (changed !== address && decode58(changed, 32)) return changed
  }
  throw new Error('none')
}

const byExtra: [string, string, Record<string, unknown>][] = [
  ['another token program', 'transfer_method_not_allowed', { tokenProgram: token2022 }],
  ['other decimals', 'transfer_method_not_allowed', { decimals: 9 }],
  ['decimals in words', 'transfer_method_not_allowed', { decimals: '6' }],
  ["a memo of the seller's", 'transfer_method_not_allowed', { memo: 'order-1' }],
  ['an empty memo', 'transfer_method_not_allowed', { memo: '' }],
  ['payment before the work', 'transfer_method_not_allowed', { paymentFlow: 'upfront' }],
  ['no fee payer', 'offer_malformed', { feePayer: undefined }],
  ['a list of fee payers', 'offer_malformed', { feePayer: [facilitator] }],
  ['a fee payer of 31 bytes', 'offer_malformed', { feePayer: encode58(new Uint8Array(31).fill(7)) }],
  ['the mint as fee payer', 'offer_malformed', { feePayer: usdc }],
  ['the token program as fee payer', 'offer_malformed', { feePayer: token }],
  ["the payee's token account as fee payer", 'offer_malformed', { feePayer: tokenAccountOf(payee, usdc) }],
  ['a blockhash of 31 bytes', 'offer_malformed', { recentBlockhash: encode58(new Uint8Array(31).fill(7)) }],
  ['a blockhash of 33 bytes', 'offer_malformed', { recentBlockhash: encode58(new Uint8Array(33).fill(7)) }],
  ['a blockhash of 44 zeros', 'offer_malformed', { recentBlockhash: '1'.repeat(44) }],
  ['a blockhash that is no base58', 'offer_malformed', { recentBlockhash: '0OIl'.repeat(11) }],
  ['a list as blockhash', 'offer_malformed', { recentBlockhash: [] }],
  ['no blockhash, without a node to ask', 'no_usable_offer', { recentBlockhash: undefined }],
]

describe('an offer on Solana is refused, and nothing signed, with', () => {
  it.each(byOffer)('%s', async (_what, code, change) => {
    expect(await refused({ answer: withOffer((offer) => Object.assign(offer, change)) })).toMatchObject({
      code,
    })
  })

  it.each(byExtra)('%s', async (_what, code, extra) => {
    expect(await refused({ answer: withExtra(extra) })).toMatchObject({ code })
  })

  it('its own payer: one signature would complete the transaction, and anyone could send it', async () => {
    const world = await createSolanaStudio()
    const { address } = world.account
    for (const answer of [
      withExtra({ feePayer: address }),
      withExtra({ feePayer: tokenAccountOf(address, usdc) }),
      withOffer((offer) => Object.assign(offer, { payTo: address })),
      withOffer((offer) => Object.assign(offer, { payTo: tokenAccountOf(address, usdc) })),
    ]) {
      const attacked = await createSolanaStudio({
        sandbox: world.sandbox,
        answer,
        method: { account: world.account },
      })
      const error = await played(failure(attacked.studio.run(operation, input)))
      expect(error).toMatchObject({ name: 'OfferRefusedError', payment: 'none' })
      expect(['offer_malformed', 'payee_not_allowed']).toContain((error as { code: string }).code)
    }
    expect(world.signed.payments).toEqual([])
  })

  it('another resource', async () => {
    const answer = withChallenge(({ resource, accepts }) => {
      if (accepts.length > 0) resource.url = 'https://evil.example/api/generate/gpt-image-1/generate'
    })
    expect(await refused({ answer })).toMatchObject({ code: 'resource_mismatch' })
  })

  it('a price above the list price', async () => {
    const { studio, signed } = await createSolanaStudio({
      answer: withOffer((offer) => Object.assign(offer, { amount: '1000000' })),
    })
    expect(await played(failure(studio.run(operation, input)))).toMatchObject({ code: 'price_above_list' })
    expect(signed.payments).toEqual([])
  })
})

describe('a payee', () => {
  it('on another origin is pinned, and a change is refused', async () => {
    let payTo = payee
    const { studio, signed } = await createSolanaStudio({
      client: { origin: 'https://elsewhere.example', baseUrl: 'https://stablestudio.dev' },
      answer: withChallenge(({ resource, accepts }) => {
        if (resource) resource.url = resource.url.replace('stablestudio.dev', 'elsewhere.example')
        if (accepts[1]) accepts[1].payTo = payTo
      }),
    })
    await played(studio.submit(operation, input))
    payTo = other
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'another' })))
    expect(error).toMatchObject({ code: 'payee_changed' })
    expect(signed.payments).toHaveLength(1)
  })

  it('in `payees` counts letter by letter', async () => {
    for (const [payees, signs] of [
      [[payee], 1],
      [[swapCase(payee)], 0],
    ] as const) {
      const { studio, signed } = await createSolanaStudio({ client: { payees } })
      await played(studio.submit(operation, input).catch(() => {}))
      expect(signed.payments).toHaveLength(signs)
    }
  })
})

describe('what does no harm in an offer', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an absurd last block', { lastValidBlockHeight: '99999999999999999999999999' }],
    ['a last block that is a number', { lastValidBlockHeight: 430352420 }],
    ['a last block that is no number', { lastValidBlockHeight: { toString: 'x' } }],
    [
      'the forms of June 2026',
      { decimals: 6, tokenProgram: token, features: { xSettlementAccountSupported: true } },
    ],
    ['a name of every object', JSON.parse('{"__proto__":{"feePayer":"x"},"constructor":1}')],
  ])('%s', async (_what, extra) => {
    const { studio, sandbox } = await createSolanaStudio({ answer: withExtra(extra) })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ network, amount: '170000', to: payee }])
  })

  it('two entries on Solana: the first that passes is paid, once', async () => {
    const answer = withChallenge(({ accepts }) => {
      if (accepts[1]) accepts.push({ ...accepts[1], payTo: other, amount: '1' })
    })
    const { studio, sandbox, signed } = await createSolanaStudio({ answer })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ to: payee, amount: '170000' }])
    expect(signed.payments).toHaveLength(1)
  })

  it('no blockhash, with a node to ask', async () => {
    const answer = withExtra({ recentBlockhash: undefined, lastValidBlockHeight: undefined })
    const { studio, sandbox } = await createSolanaStudio({ answer, method: { rpc: solanaRpc } })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a blockhash that the service keeps for too long', () => {
  const kept = () => {
    let first: string | undefined
    return withOffer((offer) => {
      first ??= offer.extra.recentBlockhash
      offer.extra.recentBlockhash = first
    })
  }

  it('is refused the second time, ten seconds later', async () => {
    const { studio, signed } = await createSolanaStudio({ answer: kept() })
    await played(studio.submit(operation, input))
    await pass(10_500)
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'later' })))
    expect(error).toMatchObject({ code: 'offer_expired', payment: 'none' })
    expect(signed.payments).toHaveLength(1)
  })

  it('is replaced by one of the own node', async () => {
    const { studio, sandbox } = await createSolanaStudio({ answer: kept(), method: { rpc: solanaRpc } })
    await played(studio.submit(operation, input))
    await pass(42_000)
    await played(studio.submit(operation, { ...input, prompt: 'later' }))
    expect(sandbox.settlements()).toHaveLength(2)
  })
})
