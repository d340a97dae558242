// Values that a hostile server or store can send and that once broke through: each must end in a typed, safe result.
import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { validateInput } from '../../src/catalogue/validate.ts'
import { StableStudioError } from '../../src/errors.ts'
import { createHttp } from '../../src/internal/http.ts'
import { createSecrets } from '../../src/internal/secrets.ts'
import { safeText } from '../../src/internal/text.ts'
import { createServiceClock } from '../../src/internal/time.ts'
import { createCells } from '../../src/ledger/cells.ts'
import { attemptRecord } from '../../src/ledger/records.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { judge, readAcceptedJob } from '../../src/payment/answer.ts'
import { checkSignInChallenge } from '../../src/siwx/proof.ts'
import { decodePaymentRequired } from '../../src/x402/header.ts'
import { selectExactOffer } from '../../src/x402/offer.ts'
import { createStudio, failure } from '../support/studio.ts'

const trap = JSON.parse('{"toString":1,"valueOf":1}')
const url = 'https://stablestudio.dev/api/generate/gpt-image-1/generate'
const offer = {
  scheme: 'exact',
  network: 'eip155:8453',
  amount: '170000',
  asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
  payTo: '0x07F067959297767c887dbfA3C72379c66E82a045',
  maxTimeoutSeconds: 300,
  extra: { name: 'USD Coin', version: '2' },
}
const select = (change: object) =>
  selectExactOffer(
    { x402Version: 2, resource: { url }, accepts: [{ ...offer, ...change }] },
    { resources: [url] },
  )

describe('objects where text belongs', () => {
  it.each([
    { extra: { ...offer.extra, verifyingContract: trap } },
    { extra: { ...offer.extra, name: trap } },
    { extra: { ...offer.extra, assetTransferMethod: trap } },
    { extra: { ...offer.extra, paymentFlow: trap } },
  ])('in an offer: %j', (change) => {
    expect(() => select(change)).toThrow(StableStudioError)
  })

  it.each([
    { info: { version: trap } },
    { info: { version: '1' }, supportedChains: [{ chainId: trap, type: 'eip191' }] },
  ])('in a sign-in challenge: %j', ({ info, ...rest }) => {
    const now = Date.parse('2026-11-22T12:00:00Z')
    const complete = {
      domain: 'stablestudio.dev',
      uri: 'https://stablestudio.dev/api/jobs',
      nonce: 'abcdefgh1234',
      issuedAt: '2026-11-22T12:00:00Z',
      ...info,
    }
    const context = { origin: 'https://stablestudio.dev', path: '/api/jobs', now }
    expect(() =>
      checkSignInChallenge(
        { info: complete, ...rest },
        '0x07F067959297767c887dbfA3C72379c66E82a045',
        context,
      ),
    ).toThrow(StableStudioError)
  })

  it.each([[undefined], [null], [7], [{}], [[]], [{ operation: 7 }]])(
    '%j in place of a quote',
    async (value) => {
      const { studio } = createStudio()
      expect(await failure(studio.submit(value as never))).toMatchObject({ code: 'invalid_input' })
    },
  )

  it('as the name of an operation', () => {
    expect(() => validateInput(Object.create(null), {})).toThrow(StableStudioError)
  })
})

describe('an offer', () => {
  it('that pays the token contract itself is refused', () => {
    expect(() => select({ payTo: offer.asset })).toThrow(
      expect.objectContaining({ code: 'payee_not_allowed' }),
    )
    expect(select({}).payTo).toBe(offer.payTo)
  })

  it('of 64 kB of padding is refused in no time', () => {
    const started = performance.now()
    expect(() => decodePaymentRequired(`${'='.repeat(65_000)}a`)).toThrow(StableStudioError)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('a refused payment', () => {
  const answer = (body: object) => {
    const text = JSON.stringify(body)
    const bytes = new TextEncoder().encode(text)
    return {
      kind: 'answer' as const,
      status: 402,
      headers: new Headers(),
      bytes,
      text: () => text,
      json: () => body,
    }
  }

  it.each([
    [
      'a settlement that may still be confirmed',
      { reason: 'settle_exact_evm_transaction_confirmation_timed_out' },
      { success: false, transaction: '0xabc' },
    ],
    ['no reason', {}, { success: false }],
    ['an unknown reason', { reason: 'unknown_error' }, { success: false }],
    [
      'a reason beside a transaction',
      { reason: 'insufficient_funds' },
      { success: false, transaction: '0xabc' },
    ],
  ])('with %s is not taken for "nothing charged"', (_name, body, settlement) => {
    expect(judge(answer(body), settlement, readAcceptedJob).kind).toBe('unclear')
  })

  it('with the reason in its PAYMENT-RESPONSE is refused by that', () => {
    const settlement = { success: false, reason: 'insufficient_funds' }
    expect(judge(answer({}), settlement, readAcceptedJob)).toMatchObject({
      kind: 'rejected',
      category: 'funds',
    })
  })
})

describe('secrets', () => {
  it.each([
    ['between zero-width characters', [...'a secret product name'].join('\u200b')],
    ['with joiners of its own script', 'می\u200cخواهم یک تصویر مخفی بسازم'],
    ['as a server echoes it in ASCII', 'château secret en forêt'],
  ])('are not shown %s', (_name, secret) => {
    const ascii = JSON.stringify(secret).replace(
      /[\u0080-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    for (const echo of [secret, JSON.stringify(secret), ascii]) {
      const shown = safeText(`refused: ${echo} is not allowed`, [secret])
      expect(shown).toContain('[redacted]')
      expect(shown).not.toContain(echo.slice(1, 12))
    }
  })

  it('of a store’s connection are not shown', async () => {
    const store = {
      ...memoryStore(),
      get: () => Promise.reject(new Error('connect redis://user:hunter2@host \u001b[31m')),
    }
    const error = await createCells(store)
      .read('spend', attemptRecord)
      .catch((one) => one)
    expect(error).toMatchObject({ code: 'store_failed' })
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(error.message).not.toContain('\u001b')
  })

  it('in headers are not shown by an error of a fetch function that keeps its request', async () => {
    const failing = async () => {
      throw Object.assign(new Error('"SECRET-HEADER-VALUE" is an invalid header value'), {
        config: { headers: { a: 'SECRET-HEADER-VALUE' } },
      })
    }
    const http = createHttp(failing as never, () => {}, createSecrets())
    const headers = { 'payment-signature': 'SECRET-HEADER-VALUE' }
    const result = await http({ method: 'GET', url: 'https://stablestudio.dev', headers, timeoutMs: 1_000 })
    expect(result).toMatchObject({ kind: 'failure', reason: 'network' })
    expect(inspect(result, { depth: 9 })).not.toContain('SECRET-HEADER')
  })
})

describe('inputs that look empty', () => {
  it.each([new Map([['prompt', 'x']]), new FormData(), new URLSearchParams('a=1'), new Date()])(
    'are refused: %s',
    (input) => {
      expect(() => validateInput('tomorrow-1/generate', input)).toThrow(StableStudioError)
    },
  )
})

describe('a store', () => {
  it('whose listing fails gives a typed error', async () => {
    const broken = {
      ...memoryStore(),
      // biome-ignore lint/correctness/useYield: it fails before it yields
      async *keys(): AsyncGenerator<string> {
        throw new Error('gone')
      },
    }
    const read = async () => {
      for await (const _key of createCells(broken).keys('')) break
    }
    await expect(read()).rejects.toMatchObject({ code: 'store_failed' })
  })
})

describe('the service’s clock', () => {
  it.each([
    ['at the end', 40_000],
    ['at the beginning', 0],
  ])('is not learned from the time that a slow answer took, dated %s', (_name, datedAfter) => {
    vi.useFakeTimers({ now: Date.parse('2026-11-22T12:00:00Z') })
    const skews: number[] = []
    const clock = createServiceClock((skewMs) => skews.push(skewMs))
    const sentAt = Date.now()
    vi.setSystemTime(sentAt + 40_000)
    clock.observe(new Headers({ date: new Date(sentAt + datedAfter).toUTCString() }), sentAt)
    expect(skews).toEqual([])
    expect(clock.skew()).toBe(0)
    vi.useRealTimers()
  })

  it('is not forgotten when one answer claims an absurd time', () => {
    const skews: number[] = []
    const clock = createServiceClock((skewMs) => skews.push(skewMs))
    const now = Date.now()
    clock.observe(new Headers({ date: new Date(now + 600_000).toUTCString() }), now)
    clock.observe(new Headers({ date: new Date(0).toUTCString() }), now)
    expect(skews).toHaveLength(1)
    expect(clock.skew()).toBe(skews[0])
  })
})
