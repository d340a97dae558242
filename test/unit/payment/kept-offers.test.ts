// Which request a kept offer may pay for: one of the same price, soon.
import { describe, expect, it, vi } from 'vitest'
import type { PricedOffer } from '../../../src/methods/method.ts'
import { findKeptOffer, forgetOffer, generationRequest, keepOffer } from '../../../src/payment/price.ts'
import { useTestClock } from '../../support/clock.ts'
import { createTill, operation } from './kit.ts'

useTestClock()

const offer = (more: Partial<PricedOffer> = {}) =>
  ({ reusable: true, receivedAt: Date.now(), ...more }) as PricedOffer
const of = (input: Record<string, unknown>, id = operation) => generationRequest(id, input)
const one = of({ prompt: 'one', quality: 'high' })

describe('a kept offer', () => {
  it('is one for every prompt of the same price', () => {
    const { context } = createTill({ reuseOffers: true })
    const kept = offer()
    keepOffer(context, one, kept)
    expect(findKeptOffer(context, of({ prompt: 'two', quality: 'high' }))).toBe(kept)
    expect(findKeptOffer(context, of({ prompt: 'one', quality: 'low' }))).toBeUndefined()
    expect(findKeptOffer(context, of(one.input, 'gpt-image-2/generate'))).toBeUndefined()
  })

  it('is none by default, and none of an offer that is paid once', () => {
    const usual = createTill().context
    keepOffer(usual, one, offer())
    expect(findKeptOffer(usual, one)).toBeUndefined()
    const { context } = createTill({ reuseOffers: true })
    keepOffer(context, one, offer({ reusable: undefined }))
    expect(findKeptOffer(context, one)).toBeUndefined()
  })

  it('is not paid ten minutes later, nor when it was refused', () => {
    const { context } = createTill({ reuseOffers: true })
    keepOffer(context, one, offer())
    vi.setSystemTime(Date.now() + 10 * 60_000)
    expect(findKeptOffer(context, one)).toBeUndefined()
    keepOffer(context, one, offer())
    forgetOffer(context, one)
    expect(findKeptOffer(context, one)).toBeUndefined()
  })

  it('is one of a hundred: the one that was kept longest goes', () => {
    const { context } = createTill({ reuseOffers: true })
    const requests = Array.from({ length: 101 }, (_, at) => of({ anything: at }, 'tomorrow/generate'))
    for (const request of requests) keepOffer(context, request, offer())
    expect(requests.filter((request) => !findKeptOffer(context, request))).toEqual([requests[0]])
    expect(context.keptOffers.size).toBe(100)
  })
})
