import { describe, expect, it, vi } from 'vitest'
import { createSandbox } from '../../src/entries/sandbox.ts'
import type { StableStudioError } from '../../src/errors.ts'
import { pass, played, start, useTestClock } from '../support/clock.ts'
import { bend, bending, type Challenge, createHostile, type Hostile } from '../support/hostile.ts'
import { failure, input, operation } from '../support/studio.ts'

useTestClock()

async function refused(hostile: Hostile, code: string): Promise<StableStudioError> {
  const error = (await played(failure(hostile.studio.run(operation, input)))) as StableStudioError
  expect(error).toMatchObject({ code, payment: 'none', safeToRetry: true })
  expect(hostile.wallet.signed.payments).toHaveLength(0)
  expect(hostile.sandbox.settlements()).toHaveLength(0)
  return error
}

const base = (challenge: Challenge) => challenge.accepts[0]

describe('A2 price bait', () => {
  it.each(['313000', '10000000', '900000000'])(
    'asks %s atomic units for an image listed at $0.25',
    async (amount) => {
      await refused(
        bending((challenge) => void Object.assign(base(challenge), { amount })),
        'price_above_list',
      )
    },
  )

  it('asks for more than maxPrice, which never lifts limits either', async () => {
    const hostile = bending(() => undefined, { limits: { perCall: '0.10' } })
    const above = await played(failure(hostile.studio.run(operation, input, { maxPrice: '0.16' })))
    expect(above).toMatchObject({ code: 'price_above_max', payment: 'none' })
    const limited = await played(failure(hostile.studio.run(operation, input, { maxPrice: '5' })))
    expect(limited).toMatchObject({ code: 'limit_per_call', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })

  it('changes the price between two calls of an unknown operation', async () => {
    const sandbox = createSandbox({ price: () => '0.40' })
    const hostile = createHostile(async (request) => {
      const known = request.url.replace('tomorrow', 'gpt-image-1')
      const response = await sandbox.fetch(new Request(known, request))
      return bend(response, (challenge) => void Object.assign(challenge.resource, { url: request.url }))
    })
    const error = await played(
      failure(hostile.studio.submit('tomorrow/generate', { prompt: 'x' }, { maxPrice: '0.39' })),
    )
    expect(error).toMatchObject({ code: 'price_above_max' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A3 payee swap', () => {
  const thief = '0x000000000000000000000000000000000000dEaD'

  it('names another payee after the first payment', async () => {
    let stolen = false
    const hostile = bending((challenge) => {
      if (stolen) base(challenge).payTo = thief
    })
    await played(hostile.studio.run(operation, input))
    stolen = true
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ code: 'payee_changed', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(1)
  })

  it('names a payee that is not in `payees`', async () => {
    const payees = ['0x07F067959297767c887dbfA3C72379c66E82a045']
    await refused(
      bending((challenge) => void Object.assign(base(challenge), { payTo: thief }), { payees }),
      'payee_not_allowed',
    )
  })

  it('wants the wallet to pay itself', async () => {
    const hostile: Hostile = bending((challenge) => {
      base(challenge).payTo = hostile.wallet.address
    })
    await refused(hostile, 'payee_not_allowed')
  })
})

describe('A4 asset and network swap', () => {
  it.each([
    ['a token of its own', { asset: '0x1111111111111111111111111111111111111111' }, 'asset_not_allowed'],
    ['another chain', { network: 'eip155:1' }, 'network_not_allowed'],
    ['the test network with the main network token', { network: 'eip155:84532' }, 'asset_not_allowed'],
    ['another scheme', { scheme: 'upto' }, 'network_not_allowed'],
  ])('offers %s', async (_name, change, code) => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge), change)),
      code,
    )
  })

  it('never falls back to the first offer when none fits', async () => {
    await refused(
      bending((challenge) => void challenge.accepts.shift()),
      'network_not_allowed',
    )
  })
})

describe('A5 EIP-712 domain poisoning', () => {
  it.each([
    { name: 'USDC' },
    { version: '1' },
    { verifyingContract: '0x1111111111111111111111111111111111111111' },
  ])('offers the domain %j', async (extra) => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge).extra, extra)),
      'domain_mismatch',
    )
  })
})

describe('A6 long-lived authorization', () => {
  it('wants ten years', async () => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge), { maxTimeoutSeconds: 315_360_000 })),
      'validity_too_long',
    )
  })

  it.each([300, 3600])('wants %i s: the authorization lives 600 s at most', async (maxTimeoutSeconds) => {
    const hostile = bending((challenge) => void Object.assign(base(challenge), { maxTimeoutSeconds }))
    await played(hostile.studio.submit(operation, input, { timeout: 20_000 }).catch(() => undefined))
    const [payment] = hostile.wallet.signed.payments
    expect(Number(payment?.message.validBefore) - start / 1000).toBeLessThanOrEqual(
      Math.min(600, maxTimeoutSeconds),
    )
  })

  it.each([8, 14, 60])('a clock that jumps %i min ahead while a person approves', async (minutes) => {
    let jump = 0
    const hostile = createHostile(
      async (_request, genuine) => {
        const answer = await genuine()
        const headers = new Headers(answer.headers)
        headers.set('date', new Date(Date.now() - jump).toUTCString())
        return new Response(await answer.arrayBuffer(), { status: answer.status, headers })
      },
      {
        approve: () => {
          jump = minutes * 60_000
          vi.setSystemTime(Date.now() + jump)
          return true
        },
      },
    )
    const call = hostile.studio.submit(operation, input, { timeout: 7_200_000 })
    await played(call.catch(() => undefined))
    for (const { message } of hostile.wallet.signed.payments)
      expect(Number(message.validBefore) - start / 1000).toBeLessThanOrEqual(600)
    expect(hostile.wallet.signed.payments).toHaveLength(minutes < 15 ? 1 : 0)
  })

  it('claims to live a year ahead, so that the authorization would last as long: nothing is signed', async () => {
    const hostile = createHostile(async (_request, genuine) => {
      const answer = await genuine()
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(start + 365 * 86_400_000).toUTCString())
      return new Response(await answer.arrayBuffer(), { status: answer.status, headers })
    })
    const error = await played(failure(hostile.studio.submit(operation, input)))
    expect(error).toMatchObject({ code: 'clock_skewed', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A8 cross-resource substitution', () => {
  it.each([
    'https://evil.example/api/generate/gpt-image-1/generate',
    'https://stablestudio.dev/api/upload',
    'http://stablestudio.dev/api/generate/gpt-image-1/generate',
  ])('relays the challenge of %s', async (url) => {
    await refused(
      bending((challenge) => void Object.assign(challenge.resource, { url })),
      'resource_mismatch',
    )
  })
})

describe('A18 what is signed is what was checked', () => {
  it('signs the amount, payee and token that `approve` was shown', async () => {
    let shown: unknown
    const hostile = createHostile((_request, genuine) => genuine(), {
      approve: (payment) => {
        shown = payment
        return Object.isFrozen(payment)
      },
    })
    await played(hostile.studio.submit(operation, input))
    expect(shown).toMatchObject({ usd: '0.17', amount: 170_000n })
    expect(hostile.wallet.signed.payments).toMatchObject([
      {
        message: { value: 170_000n, to: '0x07F067959297767c887dbfA3C72379c66E82a045' },
        domain: {
          name: 'USD Coin',
          verifyingContract: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
          chainId: 8453,
        },
      },
    ])
  })
})

describe('the clock of this machine is ten minutes off', () => {
  it.each([-600_000, 600_000])('by %i ms: corrected for sign-ins and validity, and said', async (offMs) => {
    const sandbox = createSandbox({ clock: { now: () => Date.now() - offMs, advance: () => undefined } })
    const hostile = createHostile((request) => sandbox.fetch(request))
    sandbox.fund(hostile.wallet.address, '1')
    const skews: number[] = []
    hostile.studio.on('clock.skewed', ({ skewMs }) => skews.push(skewMs))
    expect((await played(hostile.studio.run(operation, input))).kind).toBe('image')
    expect(skews).toHaveLength(1)
    expect(Math.abs((skews[0] ?? 0) + offMs)).toBeLessThan(2_000)
    const [payment] = hostile.wallet.signed.payments
    const left = Number(payment?.message.validBefore) - (start - offMs) / 1000
    expect(left).toBeGreaterThan(290)
    expect(left).toBeLessThanOrEqual(302)
    await pass(1_000)
  })
})
