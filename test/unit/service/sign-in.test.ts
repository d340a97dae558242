// Signing in for the job routes: whom a proof is for, how often the wallet is asked, and what counts as a refusal.
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/context.ts'
import { decodeText } from '../../../src/internal/base64.ts'
import { createDeadline } from '../../../src/internal/time.ts'
import type { PaymentMethod } from '../../../src/methods/method.ts'
import { x402 } from '../../../src/methods/x402/x402.ts'
import { requestSignedIn, type Turn } from '../../../src/service/sign-in.ts'
import { useTestClock } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { promptingWallet } from '../../support/job-service.ts'
import { failure } from '../../support/studio.ts'
import { createDesk, signInChallenge } from './kit.ts'

useTestClock()

const ask = (context: Context, turn?: Turn) =>
  requestSignedIn(
    context,
    { method: 'GET', path: '/api/jobs/cjob1', phase: 'poll' },
    createDeadline(60_000, undefined),
    turn,
  )

const proofOf = (request: Request | undefined) => request?.headers.get('sign-in-with-x') ?? undefined
const inside = (proof: string | undefined) => JSON.parse(decodeText(proof ?? '') ?? 'null')
const fine = () => Response.json({ id: 'cjob1', status: 'pending' })
const refuse = (error: string) => Response.json({ error }, { status: 402 })

function turn(more: Partial<Turn> = {}): Turn {
  return { untilFree: async () => {}, noteSent() {}, proofs: 0, announced: false, challenged: false, ...more }
}

describe('the client’s own proof', () => {
  it('goes with the first request, for this service and this path, and a little in the past', async () => {
    const { context, seen } = createDesk(fine)
    await ask(context)
    expect(seen).toHaveLength(1)
    const proof = inside(proofOf(seen[0]))
    expect(proof).toMatchObject({
      domain: 'stablestudio.dev',
      uri: 'https://stablestudio.dev/api/jobs/cjob1',
      address: context.wallet?.address,
    })
    expect(Date.parse(proof.issuedAt)).toBeLessThan(Date.now())
    expect(Date.parse(proof.expirationTime) - Date.parse(proof.issuedAt)).toBeLessThanOrEqual(300_000)
  })

  it('is another one each time', async () => {
    const { context, seen } = createDesk(fine)
    await ask(context)
    await ask(context)
    expect(inside(proofOf(seen[0])).nonce).not.toBe(inside(proofOf(seen[1])).nonce)
  })

  it('behind a proxy is for the service, not for the proxy', async () => {
    const { context, seen } = createDesk(fine, { baseUrl: 'https://app.example/api/stablestudio' })
    await ask(context)
    expect(seen[0]?.url).toBe('https://app.example/api/stablestudio/api/jobs/cjob1')
    expect(inside(proofOf(seen[0])).domain).toBe('stablestudio.dev')
  })

  it('is given up for good once the service wants its own challenge answered', async () => {
    const { context, seen } = createDesk((request, count) =>
      count === 1 || !proofOf(request) ? signInChallenge(request.url) : fine(),
    )
    expect(await ask(context)).toMatchObject({ status: 200 })
    expect(seen.map(proofOf).map(Boolean)).toEqual([true, true])
    expect(inside(proofOf(seen[1])).nonce).toBe('a1b2c3d4e5f6a7b8')
    await ask(context)
    expect(seen.slice(2).map(proofOf).map(Boolean)).toEqual([false, true])
  })

  it('carries no payment header, and follows no redirect', async () => {
    const location = 'https://evil.example/'
    const { context, seen } = createDesk(() => new Response(null, { status: 307, headers: { location } }))
    expect(await ask(context)).toMatchObject({ status: 307 })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.redirect).toBe('manual')
  })
})

describe('a challenge', () => {
  it.each<[string, Record<string, unknown>]>([
    ['another domain', { domain: 'evil.example' }],
    ['another address', { uri: 'https://evil.example/login' }],
    ['another chain', { chainId: 'eip155:1' }],
    ['a text that could forge a line', { statement: 'hello\nURI: https://evil.example' }],
    ['a life of a day', { expirationTime: '2026-11-23T12:00:00.000Z' }],
  ])('for %s is not signed', async (_name, change) => {
    const { context, seen } = createDesk((request) => signInChallenge(request.url, change))
    context.signIn.ownProofs = false
    const error = await failure(ask(context))
    expect(error).toMatchObject({ name: 'SignInError', code: 'signin_mismatch', payment: 'none' })
    expect(seen.map(proofOf).filter(Boolean)).toEqual([])
  })

  it('that is refused after it was answered ends it, with what the service said', async () => {
    const { context, seen } = createDesk((request) =>
      proofOf(request) ? refuse('siwx_invalid_signature') : signInChallenge(request.url),
    )
    context.signIn.ownProofs = false
    expect(await failure(ask(context))).toMatchObject({
      code: 'signin_refused',
      details: expect.stringContaining('siwx_invalid_signature'),
    })
    expect(seen).toHaveLength(2)
  })

  it('that is a page, or cut off, is no refusal: a look may come again', async () => {
    const { context } = createDesk(() => new Response('<html>', { status: 402 }))
    expect(await ask(context)).toMatchObject({ kind: 'answer', status: 402 })
  })

  it('is not answered without a wallet', async () => {
    const context = contextOf({ fetch: () => expect.fail('asked') })
    expect(await failure(ask(context))).toMatchObject({ code: 'wallet_missing' })
  })
})

describe('a person', () => {
  const service = (request: Request) => (proofOf(request) ? fine() : signInChallenge(request.url))

  it('is asked once, to answer the service’s own challenge, and told ahead', async () => {
    const { client, prompts } = promptingWallet()
    const { context, seen } = createDesk(service, { wallet: client })
    const told: unknown[] = []
    context.events.on('signin.needed', (event) => void told.push(event))
    await ask(context)
    expect(seen.map(proofOf).map(Boolean)).toEqual([false, true])
    expect(prompts).toHaveLength(1)
    expect(told).toMatchObject([{ path: '/api/jobs/cjob1', prompts: true }])
  })

  it('who signed already is not asked while the service may not have seen the proof', async () => {
    const { client, prompts } = promptingWallet()
    const state = { lost: true }
    const { context, seen } = createDesk(
      (request) => {
        if (!proofOf(request)) return signInChallenge(request.url)
        if (state.lost) throw new TypeError('fetch failed')
        return fine()
      },
      { wallet: client },
    )
    const held = turn({ challenged: true })
    await ask(context, held)
    expect(held.held).toBe(proofOf(seen[1]))
    state.lost = false
    expect(await ask(context, held)).toMatchObject({ status: 200 })
    expect(prompts).toHaveLength(1)
    expect(seen.map(proofOf).at(-1)).toBe(held.held)
  })

  it.each(['siwx_expired', 'siwx_nonce_used'])(
    'whose held proof is refused as %s needs another one; that is no refusal of the wallet',
    async (error) => {
      const { client, prompts } = promptingWallet()
      const { context } = createDesk(() => refuse(error), { wallet: client })
      expect(await ask(context, turn({ held: 'old' }))).toMatchObject({ status: 402 })
      expect(prompts).toEqual([])
      expect(await failure(ask(context, turn()))).toMatchObject({ code: 'signin_refused' })
    },
  )

  it('waits for the turn of each request', async () => {
    const steps: string[] = []
    const { context } = createDesk(fine)
    await ask(
      context,
      turn({
        untilFree: async () => void steps.push('free'),
        noteSent: () => void steps.push('sent'),
      }),
    )
    expect(steps).toEqual(['free', 'sent'])
  })
})

describe('a payment method that proves who asks', () => {
  const account = { address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8', prompts: false } as const
  const asks = () => new Response(null, { status: 402, headers: { 'www-authenticate': 'Payment realm="x"' } })

  function createProver(prove: NonNullable<PaymentMethod['prove']>, reply: Parameters<typeof createDesk>[0]) {
    const payWith = [{ ...x402(), account, prove }]
    return createDesk(reply, { wallet: undefined, payWith })
  }

  it('answers the challenge, with a header of its own', async () => {
    const { context, seen } = createProver(
      async () => ['Authorization', 'Payment proof'],
      (request) => (request.headers.has('authorization') ? fine() : asks()),
    )
    expect(await ask(context)).toMatchObject({ status: 200 })
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([null, 'Payment proof'])
  })

  it('is asked twice at most, and then it is refused', async () => {
    let proofs = 0
    const prove = async () => ['Authorization', `Payment ${++proofs}`] as const
    const { context } = createProver(prove, asks)
    expect(await failure(ask(context))).toMatchObject({ code: 'signin_refused' })
    expect(proofs).toBe(2)
  })

  it('sees the challenge of exactly this request', async () => {
    const seen: unknown[] = []
    const { context } = createProver(async ({ resources }) => {
      seen.push(resources)
      return undefined
    }, asks)
    await failure(ask(context))
    expect(seen).toEqual([['https://stablestudio.dev/api/jobs/cjob1']])
  })

  it('is not asked beside a wallet that signs in by itself', async () => {
    const payWith = [{ ...x402(), prove: () => expect.fail('asked') }]
    const { context, seen } = createDesk(fine, { payWith })
    expect(await ask(context)).toMatchObject({ status: 200 })
    expect(seen.map(proofOf).map(Boolean)).toEqual([true])
  })
})
