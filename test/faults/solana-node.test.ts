// A node of Solana that lies, lags or is of another cluster: it never brings a second payment about.
import { describe, expect, it } from 'vitest'
import { decodeTransaction } from '../../src/methods/solana/decode.ts'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, paymentIn, solanaRpc, withExtra } from '../support/solana.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

type Results = Record<string, unknown>

/** The node's answers, with some results exchanged; a function gets the true one. */
const bentNode = (results: Results) => async (response: Response, request: Request) => {
  if (request.url !== solanaRpc) return response
  const { method } = (await request.clone().json()) as { method: string }
  if (!(method in results)) return response
  const answer = (await response.json()) as { result: unknown }
  const change = results[method]
  const result = typeof change === 'function' ? change(answer.result) : change
  return new Response(JSON.stringify({ ...answer, result }), {
    headers: { 'content-type': 'application/json' },
  })
}

/** An attempt that was charged, or never arrived; its job list cannot be read. */
async function openAttempt(results: Results, charged: boolean) {
  const world = await createSolanaStudio({ answer: bentNode(results), method: { rpc: solanaRpc } })
  const { studio, sandbox } = world
  sandbox.faults.add({
    step: 'pay',
    kind: charged ? 'reset-after' : 'reset-before',
    times: Number.POSITIVE_INFINITY,
  })
  sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
  await played(failure(studio.submit(operation, input, { timeout: 6_000 })))
  return world
}

const history = (change: (entry: Results) => Results) => (entries: Results[]) => entries.map(change)

describe('a node that is asked about a payment', () => {
  it('proves it dead although the job list cannot be read', async () => {
    const { studio } = await openAttempt({}, false)
    await pass(100_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    await pass(85_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it.each<[string, Results]>([
    ['is of another cluster', { getGenesisHash: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG' }],
    ['names no cluster', { getGenesisHash: null }],
    ['lags', { getBlockHeight: 1 }],
    ['has no height', { getBlockHeight: null }],
    ['has a height in words', { getBlockHeight: '99999999999' }],
    ['still takes the blockhash', { isBlockhashValid: { context: {}, value: true } }],
    ['does not know the blockhash', { isBlockhashValid: null }],
    ['has no history', { getSignaturesForAddress: null }],
    [
      'has forgotten the older part of its history',
      {
        getSignaturesForAddress: Array.from({ length: 1000 }, () => ({
          memo: null,
          err: null,
          blockTime: Date.parse('2026-11-22T12:10:00Z') / 1000,
        })),
      },
    ],
  ])('and %s proves nothing', async (_what, results) => {
    const { studio } = await openAttempt(results, false)
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })

  it('has a history that goes back far enough, though it is long', async () => {
    const old = { memo: null, err: null, blockTime: Date.parse('2026-11-22T11:00:00Z') / 1000 }
    const { studio } = await openAttempt(
      { getSignaturesForAddress: Array.from({ length: 1000 }, () => old) },
      false,
    )
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
  })

  it('takes the memo of no other payment for its own', async () => {
    const { studio } = await openAttempt(
      { getSignaturesForAddress: [{ memo: `[32] ${'0'.repeat(32)}`, err: null, blockTime: 1 }] },
      false,
    )
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
  })

  it.each<[string, Results]>([
    ['as it is', {}],
    [
      'that failed, so that it is not known to have paid',
      {
        getSignaturesForAddress: history((one) => ({
          ...one,
          err: { InstructionError: [2, { Custom: 1 }] },
        })),
      },
    ],
  ])('knows a payment %s: it is never given back', async (_what, results) => {
    const { studio, sandbox } = await openAttempt(results, true)
    expect(sandbox.settlements()).toHaveLength(1)
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })

  it('knows that it failed on chain: it is given back once the job list has no trace of it', async () => {
    const results: Results = {}
    const { studio, sandbox, requests } = await openAttempt(results, false)
    const sent = requests.map(paymentIn).find((one) => one !== undefined)
    const decoded = decodeTransaction(Buffer.from(sent.payload.transaction, 'base64'))
    const memo = new TextDecoder().decode(decoded?.instructions[3]?.data)
    expect(memo).toHaveLength(32)
    results.getSignaturesForAddress = [
      { memo: `[32] ${memo}`, err: { InstructionError: [2, {}] }, blockTime: 1 },
    ]
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
  })

  it('is not believed over a receipt', async () => {
    const world = await createSolanaStudio({
      answer: bentNode({ getSignaturesForAddress: [] }),
      method: { rpc: solanaRpc },
    })
    const { studio, sandbox } = world
    sandbox.faults.add({ step: 'pay', kind: 'truncated' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 6_000 })))
    await pass(200_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })
})

describe('a node that is asked for a blockhash', () => {
  it.each<[string, Results]>([
    ['of another cluster', { getGenesisHash: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG' }],
    ['without an answer', { getLatestBlockhash: null }],
    ['with 31 bytes', { getLatestBlockhash: { value: { blockhash: '1'.repeat(31) } } }],
    ['with a list', { getLatestBlockhash: { value: { blockhash: [] } } }],
  ])('%s: nothing is signed', async (_what, results) => {
    const bend = bentNode(results)
    const strip = withExtra({ recentBlockhash: undefined })
    const { studio, signed, sandbox } = await createSolanaStudio({
      answer: async (response, request) => strip(await bend(response, request)),
      method: { rpc: solanaRpc },
    })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'network_error',
      payment: 'none',
      safeToRetry: true,
    })
    expect(signed.payments).toEqual([])
    expect(sandbox.settlements()).toEqual([])
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it.each<[string, Response]>([
    ['redirects', new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
    ['answers with ten megabytes', new Response('x'.repeat(10_000_000))],
    ['answers with a page', new Response('<html>', { status: 200 })],
    ['fails', new Response(null, { status: 500 })],
  ])('that %s is no node', async (_what, answer) => {
    const strip = withExtra({ recentBlockhash: undefined })
    const { studio, signed, requests } = await createSolanaStudio({
      answer: (response, request) => (request.url === solanaRpc ? answer.clone() : strip(response)),
      method: { rpc: solanaRpc },
    })
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'network_error' })
    expect(await played(failure(studio.balance()))).toMatchObject({ code: 'network_error' })
    expect(signed.payments).toEqual([])
    expect(requests.some(({ url }) => url.includes('evil'))).toBe(false)
  })

  it('is asked after the approval, so that its blockhash is fresh', async () => {
    const strip = withExtra({ recentBlockhash: undefined })
    const { studio, sandbox } = await createSolanaStudio({
      answer: (response) => strip(response),
      method: { rpc: solanaRpc },
      client: { approve: () => new Promise((done) => setTimeout(() => done(true), 100_000)) },
    })
    await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a balance', () => {
  it.each<[string, Results]>([
    ['of another cluster', { getGenesisHash: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG' }],
    ['that is no number', { getTokenAccountBalance: { value: { amount: 'x' } } }],
    ['that is negative', { getTokenAccountBalance: { value: { amount: '-1' } } }],
    ['that is missing', { getTokenAccountBalance: null }],
  ])('%s is an error, and never zero', async (_what, results) => {
    const { studio } = await createSolanaStudio({ answer: bentNode(results), method: { rpc: solanaRpc } })
    expect(await played(failure(studio.balance()))).toMatchObject({ code: 'network_error', payment: 'none' })
  })
})
