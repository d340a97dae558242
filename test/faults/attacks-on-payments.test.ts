// A payment that a lying service denies, delays or wants twice, and budgets that calls race for: one signature each.
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('A1 forced re-sign', () => {
  it('drops every answer to the payment: one authorization is signed, whatever happens', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (request.headers.has('payment-signature')) throw new TypeError('fetch failed')
      return answer
    })
    const image = await played(hostile.studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })

  it('answers every payment with a fresh challenge, job list too: still one signature, the same bytes each time', async () => {
    const hostile = createHostile(async (request, genuine) => {
      if (!request.headers.has('payment-signature')) return genuine()
      const unpaid = new Request(request)
      unpaid.headers.delete('payment-signature')
      return hostile.sandbox.fetch(unpaid)
    })
    const error = await played(failure(hostile.studio.run(operation, input, { timeout: 120_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown', payment: 'unknown', safeToRetry: false })
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).filter((one) => one)
    expect(sent.length).toBeGreaterThan(1)
    expect(new Set(sent).size).toBe(1)
    expect(hostile.sandbox.settlements()).toHaveLength(0)
  })
})

describe('A9 front-run authorization', () => {
  it('is told that its nonce is used: looks for the job instead of paying the fresh challenge', async () => {
    const hostile = createHostile(async (request, genuine) => {
      if (!request.headers.has('payment-signature')) return genuine()
      await genuine()
      return genuine()
    })
    const image = await played(hostile.studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

describe('A10 settlement denied or late', () => {
  it('settles, says 500, and never lists the job: stays unknown, counts as spent, is not paid again', async () => {
    const hostile = createHostile(
      async (request, genuine) => {
        const answer = await genuine()
        if (new URL(request.url).pathname === '/api/jobs')
          return Response.json({ items: [], nextCursor: null })
        return request.headers.has('payment-signature') ? new Response('oops', { status: 500 }) : answer
      },
      { limits: { total: '0.20' } },
    )
    const error = await played(failure(hostile.studio.run(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown' })
    const next = await played(failure(hostile.studio.run(operation, input)))
    expect(next).toMatchObject({ name: 'LimitExceededError', reserved: '0.17' })
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

describe('A14 race past a budget', () => {
  it('lets exactly as many of 100 concurrent calls pay as the limit allows', async () => {
    const hostile = createHostile((_request, genuine) => genuine(), { limits: { total: '5' } })
    const runs = Array.from({ length: 100 }, () =>
      hostile.studio.submit(operation, input).catch((error) => error.code),
    )
    const results = await played(Promise.all(runs))
    expect(results.filter((result) => typeof result !== 'string')).toHaveLength(29)
    expect(new Set(results.filter((result) => typeof result === 'string'))).toEqual(new Set(['limit_total']))
    expect(hostile.sandbox.settlements()).toHaveLength(29)
  })
})

describe('A15 phantom reservations', () => {
  it('gives a refused approval back at once', async () => {
    let willing = false
    const hostile = createHostile((_request, genuine) => genuine(), {
      limits: { total: '0.17' },
      approve: () => willing,
    })
    await played(failure(hostile.studio.submit(operation, input)))
    willing = true
    expect((await played(hostile.studio.submit(operation, input))).receipt.usd).toBe('0.17')
  })
})
