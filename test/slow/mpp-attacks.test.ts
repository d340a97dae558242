// Challenges and nodes that lie: refused before the account signs anything, each with its own code.
import { describe, expect, it } from 'vitest'
import { tempoCurrencies, tempoNetwork } from '../../src/entries/mpp.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import {
  createTempoStudio,
  type TempoOptions,
  type TempoStudio,
  withChallenge,
  withDetails,
  withParameter,
  withRequest,
} from '../support/tempo.ts'

useTestClock()

const evil = '0x00000000000000000000000000000000DeaDBeef'

function bent(change: (header: string) => string, options: TempoOptions = {}): TempoStudio {
  return createTempoStudio({ ...options, answer: (response) => withChallenge(response, change) })
}

async function refusal({ studio, signed, sandbox }: TempoStudio, options = {}): Promise<unknown> {
  const error = await played(failure(studio.run(operation, input, options)))
  expect(signed).toEqual({ transactions: [], typedData: [], messages: [] })
  expect(sandbox.requests().some(({ paid, signedIn }) => paid || signedIn)).toBe(false)
  expect(sandbox.settlements()).toEqual([])
  return error
}

const past = '2026-11-22T11:59:00.000Z'
const soon = '2026-11-22T12:00:50.000Z'
const nextYear = '2027-11-22T12:00:00.000Z'

describe('a challenge', () => {
  it.each([
    ['for another realm', withParameter('realm', 'evil.example'), 'resource_mismatch'],
    [
      'for a realm that begins like it',
      withParameter('realm', 'stablestudio.dev.evil.example'),
      'resource_mismatch',
    ],
    ['for a subdomain', withParameter('realm', 'api.stablestudio.dev'), 'resource_mismatch'],
    ['without a realm', (header: string) => header.replace(/realm="[^"]*", /, ''), 'offer_malformed'],
    ['for a testnet', withDetails({ chainId: 42431 }), 'network_not_allowed'],
    ['for no chain', withRequest({ methodDetails: undefined }), 'network_not_allowed'],
    ['for a chain as text', withDetails({ chainId: '4217' }), 'network_not_allowed'],
    ['in another currency', withRequest({ currency: evil }), 'asset_not_allowed'],
    ['in no currency', withRequest({ currency: undefined }), 'asset_not_allowed'],
    ['to no one', withRequest({ recipient: undefined }), 'payee_not_allowed'],
    ['to the zero address', withRequest({ recipient: `0x${'0'.repeat(40)}` }), 'payee_not_allowed'],
    ['to the token', withRequest((one) => ({ recipient: one.currency })), 'payee_not_allowed'],
    [
      'to a wrong checksum',
      withRequest((one) => ({ recipient: String(one.recipient).replace('F', 'f') })),
      'payee_not_allowed',
    ],
    ['for a session', withParameter('intent', 'session'), 'no_usable_offer'],
    ['for a subscription', withParameter('intent', 'subscription'), 'no_usable_offer'],
    ['by another method', withParameter('method', 'stripe'), 'no_usable_offer'],
    ['that has expired', withParameter('expires', past), 'offer_expired'],
    ['that is about to', withParameter('expires', soon), 'offer_expired'],
    ['that lives for a year', withParameter('expires', nextYear), 'validity_too_long'],
    ['that expires some day', withParameter('expires', 'tomorrow'), 'offer_malformed'],
    ['without an end', (header: string) => header.replace(/, expires="[^"]*"/, ''), 'offer_malformed'],
    ['for nothing', withRequest({ amount: '0' }), 'offer_malformed'],
    ['for a fraction', withRequest({ amount: '0.17' }), 'offer_malformed'],
    ['for a negative amount', withRequest({ amount: '-1' }), 'offer_malformed'],
    ['for a number', withRequest({ amount: 170000 }), 'offer_malformed'],
    ['for hexadecimal', withRequest({ amount: '0x10' }), 'offer_malformed'],
    ['above the list price', withRequest({ amount: '900000000' }), 'price_above_list'],
    [
      'that splits the money',
      withDetails({ splits: [{ amount: '1', recipient: evil }] }),
      'transfer_method_not_allowed',
    ],
    ['that wants a swap', withDetails({ machineTokenEnabled: true }), 'transfer_method_not_allowed'],
    [
      'that takes only the other mode',
      withDetails({ supportedModes: ['push'] }),
      'transfer_method_not_allowed',
    ],
    ['with a feePayer of its own', withDetails({ feePayer: evil }), 'offer_malformed'],
    ['for another header', (header: string) => `${header}, header="X-Else"`, 'transfer_method_not_allowed'],
    ['that cannot be read', (header: string) => header.slice(0, -1), 'offer_malformed'],
    ['that says a thing twice', (header: string) => `${header}, realm="evil.example"`, 'offer_malformed'],
  ])('%s is refused', async (_what, change, code) => {
    expect(await refusal(bent(change as (header: string) => string))).toMatchObject({
      name: 'OfferRefusedError',
      code,
      phase: 'check',
      payment: 'none',
      safeToRetry: true,
    })
  })

  it('above maxPrice, or a limit, is refused', async () => {
    expect(await refusal(createTempoStudio(), { maxPrice: '0.16' })).toMatchObject({
      code: 'price_above_max',
    })
    const limited = createTempoStudio({ client: { limits: { perCall: '0.1' } } })
    expect(await refusal(limited)).toMatchObject({ name: 'LimitExceededError', code: 'limit_per_call' })
  })

  it('to a payee that is not in the list is refused', async () => {
    const listed = createTempoStudio({ client: { payees: [evil] } })
    expect(await refusal(listed)).toMatchObject({ code: 'payee_not_allowed' })
  })

  it('to the payer itself is refused', async () => {
    const studio: TempoStudio = bent((header) => withRequest({ recipient: studio.account.address })(header))
    expect(await refusal(studio)).toMatchObject({ code: 'payee_not_allowed' })
  })

  it('to another payee than the first payment’s is refused', async () => {
    let change = (header: string) => header
    const { studio, signed, sandbox } = bent((header) => change(header))
    await played(studio.submit(operation, input))
    change = withRequest({ recipient: evil })
    const error = await played(failure(studio.submit(operation, { ...input, prompt: 'another' })))
    expect(error).toMatchObject({ code: 'payee_changed' })
    expect(signed.transactions).toHaveLength(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('that the account may not pay in is refused', async () => {
    const other = createTempoStudio({ mpp: { currencies: [tempoCurrencies[1]] } })
    expect(await refusal(other)).toMatchObject({ code: 'asset_not_allowed' })
  })

  it('that is good is paid beside others that are not', async () => {
    const { studio, sandbox } = bent((header) => {
      const session = withParameter('intent', 'session')(header)
      const dear = withRequest({ currency: evil })(header)
      return `Bearer realm="x", ${session}, ${dear}, ${header}`
    })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ network: tempoNetwork, amount: '170000' }])
  })

  it('is asked for again when an approval outlived it, and paid once on the terms that were approved', async () => {
    const approve = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 270_000))
    const slow = createTempoStudio({ client: { approve } })
    await played(slow.studio.submit(operation, input))
    expect(slow.sandbox.settlements()).toMatchObject([{ network: tempoNetwork, amount: '170000' }])
    expect(await all(slow.studio.payments())).toMatchObject([{ state: 'settled' }])
  })
})

describe('a node', () => {
  type Filled = { calls: { to: string; data: string }[]; [field: string]: unknown }

  /** A node that fills the transaction in by itself, as real ones do, but not honestly. */
  function filling(change: (transaction: Filled) => Partial<Filled>): TempoStudio {
    return createTempoStudio({
      async node(request, genuine) {
        const asked = JSON.parse(await request.clone().text())
        if (asked.method !== 'eth_fillTransaction') return genuine()
        const tx: Filled = {
          chainId: '0x1079',
          gas: '0xea60',
          maxFeePerGas: '0x4a817c800',
          maxPriorityFeePerGas: '0x0',
          ...asked.params[0],
        }
        const result = { raw: '0x', tx: { ...tx, ...change(tx) } }
        return Response.json({ jsonrpc: '2.0', id: asked.id, result })
      },
    })
  }

  it('that fills in honestly is used', async () => {
    const { studio, sandbox } = filling(() => ({}))
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it.each([
    [
      'another payee',
      (tx: Filled) => replaceData(tx, '07f067959297767c887dbfa3c72379c66e82a045', evil.slice(2)),
    ],
    ['another amount', (tx: Filled) => replaceData(tx, '29810', '2981f')],
    ['another token', (tx: Filled) => ({ calls: tx.calls.map((call) => ({ ...call, to: evil })) })],
    ['one more transfer', (tx: Filled) => ({ calls: [...tx.calls, ...tx.calls] })],
    ['another chain', () => ({ chainId: '0xa5bf' })],
  ])('that fills in %s changes nothing', async (_what, change) => {
    const { studio, sandbox } = filling(change)
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([
      { to: '0x07F067959297767c887dbfA3C72379c66E82a045', amount: '170000', network: tempoNetwork },
    ])
  })

  it.each([
    ['a fee that eats the account', { maxFeePerGas: '0x38d7ea4c68000' }],
    ['a life without end', { validBefore: '0x7fffffff' }],
    ['a nonce that queues', { nonceKey: '0x1' }],
    ['a fee in another token', { feeToken: evil }],
  ])('that fills in %s is not signed for', async (_what, change) => {
    const { studio, signed, sandbox } = filling(() => change)
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'ServiceError', code: 'response_malformed', payment: 'none' })
    expect(signed.transactions).toEqual([])
    expect(sandbox.requests().some(({ paid }) => paid)).toBe(false)
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('that does not answer, or refuses, costs nothing', async () => {
    const answers = [
      () => Promise.reject(new TypeError('fetch failed')),
      async () => new Response('busy', { status: 503 }),
      async () => new Response('<html>', { status: 200 }),
    ]
    for (const node of answers) {
      const { studio, signed } = createTempoStudio({ node })
      const error = await played(failure(studio.submit(operation, input)))
      expect(error).toMatchObject({
        code: 'network_error',
        phase: 'sign',
        payment: 'none',
        safeToRetry: true,
      })
      expect(signed.transactions).toEqual([])
      expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
    }
  })

  it('that answers after the call was ended has nothing signed behind its back', async () => {
    let late = 0
    const { studio, signed, requests } = createTempoStudio({
      async node(_request, genuine) {
        await new Promise((resolve) => setTimeout(resolve, 3_000))
        late += 1
        return genuine()
      },
    })
    const abort = new AbortController()
    const call = failure(studio.submit(operation, input, { signal: abort.signal }))
    await pass(2_000)
    abort.abort()
    expect(await played(call)).toMatchObject({ code: 'aborted', payment: 'none' })
    await pass(60_000)
    expect(late).toBeGreaterThanOrEqual(4)
    expect(signed.transactions).toEqual([])
    expect(requests.some(({ headers }) => headers.has('authorization'))).toBe(false)
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('says so when the account is empty, before anything is signed', async () => {
    const { studio, signed } = createTempoStudio({ funded: '0.10' })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({
      payment: 'none',
      hint: expect.stringContaining('Fund the account'),
    })
    expect(signed.transactions).toEqual([])
  })
})

/** The first call with other bytes. */
function replaceData({ calls }: { calls: { to: string; data: string }[] }, from: string, to: string) {
  return { calls: calls.map((call) => ({ ...call, data: call.data.replace(from, to.toLowerCase()) })) }
}
