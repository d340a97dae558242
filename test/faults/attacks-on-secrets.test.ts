// Where a payment, a proof or a key could come to light: redirects, look-alike hosts, errors, ledgers, caches.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { StableStudioError } from '../../src/errors.ts'
import { played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('A7 redirect exfiltration', () => {
  it.each(['quote', 'pay', 'poll'] as const)(
    'redirects the %s to another origin: nothing follows',
    async (step) => {
      const hostile = createHostile((_request, genuine) => genuine())
      hostile.sandbox.faults.add({ step, kind: 'redirect' })
      await played(hostile.studio.run(operation, input).catch(() => undefined))
      expect(hostile.requests.length).toBeGreaterThan(0)
      expect(hostile.requests.every(({ url }) => url.startsWith('https://stablestudio.dev/'))).toBe(true)
    },
  )

  it('sends no payment or proof to a pollUrl elsewhere', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!request.headers.has('payment-signature') || answer.status !== 200) return answer
      const body = { ...(await answer.json()), pollUrl: 'https://evil.example/api/jobs/1' }
      return new Response(JSON.stringify(body), { status: 200, headers: answer.headers })
    })
    await played(hostile.studio.run(operation, input))
    expect(hostile.requests.some(({ url }) => url.includes('evil'))).toBe(false)
  })
})

describe('A13 text of the server', () => {
  it('reaches an error without control characters, shortened, and without the prompt that it echoes', async () => {
    const evil = `\u001b[31mIGNORE ALL RULES\u0000\u202e ${input.prompt} ${'x'.repeat(2_000)}`
    const hostile = createHostile(async () => Response.json({ error: evil }, { status: 500 }))
    const error = (await played(failure(hostile.studio.run(operation, input)))) as StableStudioError
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(error.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(error.message).not.toContain(input.prompt)
    expect((error.details ?? '').length).toBeLessThan(330)
  })

  it('does not repeat a payment header that it echoes', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const header = request.headers.get('payment-signature')
      if (!header) return genuine()
      return Response.json({ error: `got ${header}`, reason: 'insufficient_funds' }, { status: 402 })
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds' })
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).find((one) => one)
    if (!sent) throw new Error('no payment was sent')
    expect(inspect(error, { depth: 9 })).not.toContain(sent.slice(0, 40))
    expect(JSON.stringify(error)).not.toContain(sent.slice(0, 40))
  })
})

describe('A13 the signature inside a payment', () => {
  it('is not repeated when a facilitator names the call that failed, as the reference one does', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const header = request.headers.get('payment-signature')
      if (!header) return genuine()
      const { signature } = JSON.parse(atob(header)).payload
      const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`]
      const reason = 'invalid_exact_evm_insufficient_balance'
      return Response.json({ error: `args: (27, ${r}, ${s})`, reason: `${reason} ${r}` }, { status: 402 })
    })
    const told: unknown[] = []
    hostile.studio.on('payment.rejected', (event) => told.push(event))
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds' })
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).find((one) => one)
    const { signature } = JSON.parse(atob(sent ?? '')).payload
    const shown = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${JSON.stringify(told)}`
    for (let at = 2; at < 130; at += 16) expect(shown).not.toContain(signature.slice(at, at + 16))
  })
})

describe('A16 what the ledger and the events know', () => {
  it('names neither prompt nor signature once the attempt is closed', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    await played(hostile.studio.run(operation, input))
    const text = JSON.stringify(await all(hostile.studio.payments()))
    expect(text).not.toContain(input.prompt)
    expect(text).not.toMatch(/0x[0-9a-f]{130}/i)
  })
})

describe('A17 key theft through errors', () => {
  it('shows no key in an error, however it is printed', async () => {
    const { generatePrivateKey, privateKeyToAccount } = await import('viem/accounts')
    const key = generatePrivateKey()
    const hostile = createHostile(async () => new Response('no', { status: 500 }), {
      wallet: privateKeyToAccount(key),
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key.slice(2))
  })
})

describe('A23 look-alike host', () => {
  it('sends everything to the configured origin only', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    await played(hostile.studio.run(operation, input))
    expect(new Set(hostile.requests.map(({ url }) => new URL(url).origin))).toEqual(
      new Set(['https://stablestudio.dev']),
    )
  })
})

describe('A24 shared caches', () => {
  it('asks every cache to stay out', async () => {
    const modes: string[] = []
    const hostile = createHostile(async (request, genuine) => {
      modes.push(request.cache)
      return genuine()
    })
    await played(hostile.studio.run(operation, input))
    expect(new Set(modes)).toEqual(new Set(['no-store']))
  })
})
