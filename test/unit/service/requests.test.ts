// What every request of the service is made from, and what of it must not be shown.
import { describe, expect, it } from 'vitest'
import { challengeOf, secretsOf, secretsOfHeader, urlOf } from '../../../src/service/requests.ts'
import { contextOf } from '../../support/context.ts'
import { header } from '../x402/kit.ts'
import { answer } from './kit.ts'

describe('a challenge', () => {
  it('names the service’s origin, or the address that was called on this machine', () => {
    const proxied = contextOf({ baseUrl: 'https://app.example/api/stablestudio' })
    const { resources, body } = challengeOf(proxied, '/api/jobs/1', answer(402, 'text'))
    expect(resources).toEqual(['https://stablestudio.dev/api/jobs/1'])
    expect(body).toBe('text')
    const local = contextOf({ baseUrl: 'http://127.0.0.1:4020' })
    expect(challengeOf(local, '/api/jobs/1', answer(402, '')).resources).toEqual([
      'https://stablestudio.dev/api/jobs/1',
      'http://127.0.0.1:4020/api/jobs/1',
    ])
  })

  it('is dated by the service’s clock', () => {
    const context = contextOf()
    context.clock.observe(new Headers({ date: new Date(Date.now() + 600_000).toUTCString() }), Date.now())
    expect(challengeOf(context, '/x', answer(402, '')).now).toBeGreaterThan(Date.now() + 590_000)
  })
})

it('a request goes to the configured address', () => {
  const context = contextOf({ baseUrl: 'https://app.example/api/stablestudio/' })
  expect(urlOf(context, '/api/jobs')).toBe('https://app.example/api/stablestudio/api/jobs')
})

describe('what must not be shown', () => {
  it('of an input is every text in it', () => {
    const input = { prompt: 'secret', images: ['https://a.example/?token=1', 'b'], seed: 7, none: null }
    expect(secretsOf(input)).toEqual(['secret', 'https://a.example/?token=1', 'b'])
  })

  it('of a payment is the header, and the signature inside it', () => {
    const signature = `0x${'1f'.repeat(65)}`
    const payment = header({ payload: { signature } })
    expect(secretsOfHeader(payment)).toEqual([payment, signature])
    expect(secretsOfHeader(`Payment ${payment}`)).toContain(signature)
    expect(secretsOfHeader('no base64 !')).toEqual(['no base64 !'])
  })
})
