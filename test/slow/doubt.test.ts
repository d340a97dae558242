// When the store, a clock, the service or the caller's own callbacks cannot be relied on: never a second payment, and
// never a paid job given up.
import { inspect } from 'node:util'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { isStableStudioError } from '../../src/errors.ts'
import { memoryStore, type PaymentStore } from '../../src/ledger/store.ts'
import { x402 } from '../../src/methods/x402/x402.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createHostile, type Hostile } from '../support/hostile.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

type Break = 'throws before' | 'throws after' | 'says false' | 'hangs before' | 'hangs after'

/** A store that breaks at the n-th write, once or from then on. */
function shaky(how: Break, at: number, forGood: boolean, store = memoryStore()): PaymentStore {
  let writes = 0
  return {
    ...store,
    async set(...parameters) {
      writes += 1
      if (forGood ? writes < at : writes !== at) return store.set(...parameters)
      if (how === 'throws before') throw new Error('the store is gone')
      if (how === 'hangs before') return new Promise(() => {})
      await store.set(...parameters)
      if (how === 'throws after') throw new Error('the answer of the store is lost')
      return how === 'says false' ? false : new Promise(() => {})
    },
  }
}

const breaks: Break[] = ['throws before', 'throws after', 'says false', 'hangs before', 'hangs after']
const cases = breaks.flatMap((how) =>
  [true, false].flatMap((forGood) => Array.from({ length: 9 }, (_, at) => [how, at + 1, forGood] as const)),
)

describe.each([undefined, 'reset-before', 'status-after'] as const)(
  'a store that breaks, beside %s',
  (kind) => {
    it.each(cases)('%s at write %i, for good: %s', async (how, at, forGood) => {
      const store = memoryStore()
      const { studio, sandbox, wallet } = createStudio({ store: shaky(how, at, forGood, store) })
      if (kind) sandbox.faults.add({ step: 'pay', kind })
      const outcome = await played(
        studio.submit(operation, input, { timeout: 120_000 }).catch((error: unknown) => error),
      )
      // The caller does what the error says, then settles what is open.
      const again = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      const failed = isStableStudioError(outcome)
      if (failed && outcome.safeToRetry) await played(again.submit(operation, input))
      await pass(20_000)
      await played(again.recover())
      await pass(400_000)
      await played(again.recover())
      expect(sandbox.settlements().length).toBeLessThanOrEqual(1)
      if (!failed) expect(sandbox.settlements()).toHaveLength(1)
      const open = (await all(again.payments())).filter(
        ({ state }) => !['settled', 'released', 'rejected'].includes(state),
      )
      expect(open).toEqual([])
    })
  },
)

describe('a store error', () => {
  it('shows neither the payment nor the prompt that a driver keeps in its own error', async () => {
    const store = memoryStore()
    const leaky: PaymentStore = {
      ...store,
      async set(key, value, expected) {
        if (JSON.stringify(value).includes('"signed"')) {
          throw Object.assign(new Error('EVAL failed'), { command: { args: [JSON.stringify(value)] } })
        }
        return store.set(key, value, expected)
      },
    }
    const { studio } = createStudio({ store: leaky })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_failed' })
    expect(inspect(error, { depth: 20 })).not.toContain(input.prompt)
    expect(inspect(error, { depth: 20 })).not.toContain('PAYMENT-SIGNATURE')
  })
})

describe('an authorization is not called dead', () => {
  it('because this machine’s clock jumps ahead', async () => {
    let ahead = 0
    const clock = { now: () => Date.now() - ahead, advance: () => undefined }
    const { studio, sandbox } = createStudio({}, { clock })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 5_000 })))
    ahead = 20 * 60_000
    vi.setSystemTime(Date.now() + ahead)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
  })

  it('because the service claims to live fourteen minutes ahead', async () => {
    let ahead = 0
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (new URL(request.url).pathname === '/api/jobs') ahead = 14 * 60_000
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(Date.now() + ahead).toUTCString())
      const status = request.headers.has('payment-signature') ? 500 : answer.status
      return new Response(await answer.arrayBuffer(), { status, headers })
    })
    hostile.sandbox.faults.add({ step: 'pay', kind: 'status', times: Number.POSITIVE_INFINITY })
    const error = await played(failure(hostile.studio.submit(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown', safeToRetry: false })
    expect(hostile.wallet.signed.payments).toHaveLength(1)
  })

  it.each([
    ['has no times', (job: Record<string, unknown>) => ({ ...job, createdAt: undefined })],
    [
      'has times that are no times',
      (job: Record<string, unknown>) => ({ ...job, createdAt: { toString: 1 } }),
    ],
  ])('because of a job list that %s', async (_name, bend) => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (request.headers.has('payment-signature')) return new Response('', { status: 500 })
      if (new URL(request.url).pathname !== '/api/jobs') return answer
      const list = await answer.json()
      return Response.json({ ...list, items: list.items.map(bend) })
    })
    await played(failure(hostile.studio.submit(operation, input, { timeout: 30_000 })))
    await pass(400_000)
    expect(await played(hostile.studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })

  it('because an old job stands on top of the list', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (request.headers.has('payment-signature')) return new Response('', { status: 500 })
      if (new URL(request.url).pathname !== '/api/jobs') return answer
      const list = await answer.json()
      const old = { ...list.items[0], id: 'cold', createdAt: '2020-01-01T00:00:00.000Z' }
      return Response.json({ ...list, items: [old, ...list.items] })
    })
    const job = await played(hostile.studio.submit(operation, input))
    expect(hostile.sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
  })
})

describe('a store that is shared', () => {
  it('with a client of another service: that one is sent nothing, and closes nothing', async () => {
    const store = memoryStore()
    const { studio, sandbox, wallet } = createStudio({ store })
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 5_000 })))
    const seen: string[] = []
    const elsewhere: typeof fetch = async (request) => {
      seen.push(String(request instanceof Request ? request.url : request))
      return Response.json({ items: [], nextCursor: null })
    }
    const origin = 'https://test.example'
    const other = new StableStudioClient({ wallet, store, origin, baseUrl: origin, fetch: elsewhere })
    await pass(400_000)
    expect(await played(other.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(seen).toEqual([])
  })

  it('with another wallet: the same key is another attempt', async () => {
    const store = memoryStore()
    const first = createStudio({ store })
    const wallet = privateKeyToAccount(generatePrivateKey())
    first.sandbox.fund(wallet.address, '1')
    const second = {
      wallet,
      studio: new StableStudioClient({ wallet, store, fetch: counted(first.sandbox.fetch) }),
    }
    const options = { idempotencyKey: 'order-9' }
    const a = await played(first.studio.submit(operation, input, options))
    const b = await played(second.studio.submit(operation, input, options))
    expect([a.receipt.payer, b.receipt.payer]).toEqual([first.wallet.address, second.wallet.address])
  })
})

describe('the service', () => {
  it('that tells two payments the same job: the second looks for its own', async () => {
    let told: unknown
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!request.headers.has('payment-signature') || answer.status !== 200) return answer
      const body = await answer.json()
      told ??= body
      return new Response(JSON.stringify(told), { status: 200, headers: answer.headers })
    })
    const first = await played(hostile.studio.submit(operation, { ...input, prompt: 'one' }))
    const second = await played(hostile.studio.submit(operation, { ...input, prompt: 'two' }))
    expect(second.id).not.toBe(first.id)
    expect(hostile.sandbox.jobs().map(({ id }) => id)).toEqual([first.id, second.id])
  })

  it('whose RPC never answers does not hold up the call', async () => {
    const { studio, sandbox } = createStudio({
      payWith: [x402({ rpc: { request: () => new Promise(() => {}) } })],
    })
    sandbox.faults.add({ step: 'pay', kind: 'status' })
    expect((await played(studio.submit(operation, input))).receipt.usd).toBe('0.17')
  })
})

describe('a service that is slow before it makes the job', () => {
  it('is not sent the same payment again while it is still at it', async () => {
    const hostile: Hostile = createHostile(
      async (request, genuine) => {
        if (!request.headers.has('payment-signature')) return genuine()
        // A server works on after its client has hung up.
        const { url, method, headers } = request
        const received = new Request(url, { method, headers, body: await request.text() })
        await new Promise((resolve) => setTimeout(resolve, 30_000))
        return hostile.sandbox.fetch(received)
      },
      { timeouts: { pay: 2_000 } },
    )
    const job = await played(hostile.studio.submit(operation, input))
    await pass(120_000)
    expect(hostile.sandbox.jobs().map(({ id }) => id)).toEqual([job.id])
    expect(hostile.requests.filter(({ headers }) => headers.has('payment-signature'))).toHaveLength(1)
  })
})
