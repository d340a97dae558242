// Offers, clocks and signatures as a well-meaning service, a cache or a wallet may give them.
import { generatePrivateKey, privateKeyToAccount, toAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { isStableStudioError, type StableStudioError } from '../../src/errors.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { counted, pass, played, start, useTestClock } from '../support/clock.ts'
import { bending, createHostile } from '../support/hostile.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const forEver = Number.POSITIVE_INFINITY

describe('an offer', () => {
  it.each([10, 20, 30, 45, 60, 90, 300, 600])('that lives for %i s is paid', async (maxTimeoutSeconds) => {
    const { studio, sandbox, wallet } = bending((challenge) => {
      for (const one of challenge.accepts) one.maxTimeoutSeconds = maxTimeoutSeconds
    })
    const outcome = await played(
      studio.submit(operation, input, { timeout: 20_000 }).catch((error: unknown) => error),
    )
    // The sandbox compares the offer with its own: what matters is that it was signed and sent, not held back.
    expect(wallet.signed.payments).toHaveLength(1)
    if (isStableStudioError(outcome)) expect(outcome.code).not.toBe('timeout')
    expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
  })

  it.each([0, 5, 9, -1, 1.5, Number.NaN])(
    'that lives for %d s is refused before anyone is asked',
    async (seconds) => {
      const asked: unknown[] = []
      const { studio, wallet } = bending(
        (challenge) => {
          for (const one of challenge.accepts) one.maxTimeoutSeconds = seconds
        },
        { approve: (payment) => Boolean(asked.push(payment)) },
      )
      expect(await played(failure(studio.submit(operation, input)))).toMatchObject({
        name: 'OfferRefusedError',
      })
      expect([...asked, ...wallet.signed.payments]).toEqual([])
    },
  )
})

describe('the clock of this machine', () => {
  const off = (ms: number, perDay?: string) => {
    const sandbox = createSandbox({ clock: { now: () => Date.now() - ms, advance: () => undefined } })
    const hostile = createHostile((request) => sandbox.fetch(request), perDay ? { limits: { perDay } } : {})
    sandbox.fund(hostile.wallet.address, '10')
    return { ...hostile, sandbox }
  }

  it.each([20, 60, 24 * 60, 365 * 24 * 60, -20, -24 * 60])(
    'that is %i min ahead signs nothing, and is told',
    async (minutes) => {
      const { studio, wallet, sandbox } = off(minutes * 60_000)
      const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
      expect(error).toMatchObject({ code: 'clock_skewed', payment: 'none', safeToRetry: true })
      expect(error.message).toContain(minutes > 0 ? 'ahead' : 'behind')
      expect(wallet.signed.payments).toHaveLength(0)
      expect(sandbox.settlements()).toHaveLength(0)
    },
  )

  it.each([-14, -10, -1, 0.05, 1, 10, 14])(
    'that is %d min ahead is corrected: no authorization lives for longer than ten minutes by the service’s',
    async (minutes) => {
      for (const maxTimeoutSeconds of [300, 600, 3600]) {
        const sandbox = createSandbox({
          clock: { now: () => Date.now() - minutes * 60_000, advance: () => undefined },
        })
        const hostile = createHostile(async (request) => {
          const answer = await sandbox.fetch(request)
          const header = answer.headers.get('payment-required')
          if (!header) return answer
          const challenge = JSON.parse(atob(header))
          for (const one of challenge.accepts) one.maxTimeoutSeconds = maxTimeoutSeconds
          const headers = new Headers(answer.headers)
          headers.set('payment-required', btoa(JSON.stringify(challenge)))
          return new Response(await answer.text(), { status: answer.status, headers })
        })
        sandbox.fund(hostile.wallet.address, '10')
        const before = Date.now()
        await played(hostile.studio.submit(operation, input, { timeout: 5_000 }).catch(() => undefined))
        const [payment] = hostile.wallet.signed.payments
        const life = Number(payment?.message.validBefore) - (before - minutes * 60_000) / 1000
        expect(life).toBeGreaterThan(200)
        expect(life).toBeLessThanOrEqual(600)
      }
    },
  )

  it('does not begin another day of the budget: the day is the service’s', async () => {
    const store = memoryStore()
    const wallet = privateKeyToAccount(generatePrivateKey())
    // Late in the evening by the service; past midnight by this machine.
    const ahead = Date.parse('2026-11-23T00:05:00Z') - start
    const sandbox = createSandbox({
      clock: { now: () => Date.now() - 10 * 60_000, advance: () => undefined },
    })
    sandbox.fund(wallet.address, '10')
    await pass(0)
    const studio = new StableStudioClient({
      wallet,
      store,
      fetch: counted(sandbox.fetch),
      limits: { perDay: '0.20' },
    })
    await pass(ahead - 12 * 60_000)
    await played(studio.submit(operation, input))
    await pass(13 * 60_000)
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_per_day' })
    await pass(10 * 60_000)
    expect(await played(studio.submit(operation, input))).toMatchObject({ operation })
  })

  it.each(['quote', 'pay', 'poll', 'list'] as const)(
    'is not doubted for the Date of a cache at the step %s',
    async (step) => {
      const { studio, sandbox } = createStudio()
      const skews: unknown[] = []
      studio.on('clock.skewed', (event) => skews.push(event))
      sandbox.faults.add({ step, kind: 'stale-date', ms: 3_600_000, times: forEver })
      expect((await played(studio.run(operation, input))).kind).toBe('image')
      expect(skews).toEqual([])
    },
  )
})

describe('a wallet whose signatures have the higher s', () => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const flip = (signature: `0x${string}`): `0x${string}` => {
    const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
    return `${signature.slice(0, 66) as '0x'}${s}${signature.endsWith('1b') ? '1c' : '1b'}`
  }

  it('pays and signs in all the same', async () => {
    const key = privateKeyToAccount(generatePrivateKey())
    const wallet = toAccount({
      address: key.address,
      signTypedData: async (data) => flip(await key.signTypedData(data)),
      signMessage: async (data) => flip(await key.signMessage(data)),
      signTransaction: () => Promise.reject(new Error('no')),
    })
    const headers: Headers[] = []
    const { studio, sandbox } = createStudio({
      wallet,
      fetch: counted((target, init) => {
        headers.push(new Headers(init?.headers))
        return sandbox.fetch(target, init)
      }),
    })
    sandbox.fund(wallet.address, '10')
    expect((await played(studio.run(operation, input))).kind).toBe('image')
    const sent = headers
      .flatMap((one) => [one.get('payment-signature'), one.get('sign-in-with-x')])
      .filter((one) => one !== null)
    for (const one of sent) {
      const { payload, signature = payload?.signature } = JSON.parse(Buffer.from(one, 'base64').toString())
      expect(BigInt(`0x${signature.slice(66, 130)}`)).toBeLessThanOrEqual(order / 2n)
    }
    expect(sent.length).toBeGreaterThan(1)
  })
})
