// From the moment a payment may have left, whatever is thrown leaves as an error of the package, with attempt and job.
import { createWalletClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { isStableStudioError, PaymentRejectedError, type StableStudioError } from '../../src/errors.ts'
import { memoryStore, type PaymentStore } from '../../src/ledger/store.ts'
import { expectSafeAdvice } from '../support/advice.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

afterEach(() => vi.restoreAllMocks())

const boom = () => {
  throw new TypeError('x is not a function')
}

/** What an engine or a polyfill may break once the payment is out. */
const sabotage: Record<string, () => unknown> = {
  'getRandomValues throws': () => vi.spyOn(crypto, 'getRandomValues').mockImplementation(boom as never),
  'JSON.parse throws': () => vi.spyOn(JSON, 'parse').mockImplementation(boom as never),
  'JSON.stringify throws': () => vi.spyOn(JSON, 'stringify').mockImplementation(boom as never),
  'Headers.get throws': () => vi.spyOn(Headers.prototype, 'get').mockImplementation(boom as never),
  'Date.parse throws': () => vi.spyOn(Date, 'parse').mockImplementation(boom as never),
  'toISOString throws': () => vi.spyOn(Date.prototype, 'toISOString').mockImplementation(boom as never),
  'btoa throws': () => vi.spyOn(globalThis, 'btoa').mockImplementation(boom as never),
  'atob throws': () => vi.spyOn(globalThis, 'atob').mockImplementation(boom as never),
  'Object.hasOwn throws': () => vi.spyOn(Object, 'hasOwn').mockImplementation(boom as never),
  'decode throws': () => vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(boom as never),
  'addEventListener throws': () =>
    vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(boom as never),
  'AbortController is missing': () => vi.stubGlobal('AbortController', undefined),
  'TextDecoder is missing': () => vi.stubGlobal('TextDecoder', undefined),
  'URL is missing': () => vi.stubGlobal('URL', undefined),
  'the fetch gives nothing': () => 'nothing',
  'the fetch gives no headers': () => 'no headers',
  'the fetch gives a status that throws': () => 'no status',
  'the fetch throws at once, and no error': () => 'throws',
}

/** A client whose runtime breaks when the payment arrives, before its answer is read. */
function breaking(name: string, store: PaymentStore) {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox()
  sandbox.fund(wallet.address, '10')
  let way: unknown
  const broken = (answer: Response): Response => {
    if (way === 'nothing') return undefined as never
    if (way === 'no headers') return { status: 200, arrayBuffer: async () => new ArrayBuffer(0) } as never
    if (way === 'no status') return Object.defineProperty(answer, 'status', { get: boom })
    if (way === 'throws') throw null
    return answer
  }
  const studio = new StableStudioClient({
    wallet,
    store,
    fetch: counted(async (target, init) => {
      if (way === 'throws') return broken(new Response())
      const answer = await sandbox.fetch(target, init)
      if (new Headers(init?.headers).has('payment-signature')) way ??= sabotage[name]?.()
      return broken(answer)
    }),
  })
  return { studio, sandbox, wallet }
}

describe('an engine that breaks once the payment is out', () => {
  it.each(Object.keys(sabotage))(
    '%s: a typed error with the attempt, and the job is found later',
    async (name) => {
      const store = memoryStore()
      const { studio, sandbox, wallet } = breaking(name, store)
      const outcome = await played(
        studio.run(operation, input, { timeout: 60_000 }).catch((error: unknown) => error),
      )
      vi.restoreAllMocks()
      vi.unstubAllGlobals()
      expect(sandbox.settlements()).toHaveLength(1)
      if (isStableStudioError(outcome)) {
        expect(outcome.attemptId).toMatch(/^att_/)
        expect(outcome.safeToRetry).toBe(false)
        expectSafeAdvice(outcome)
      } else expect(outcome).toMatchObject({ kind: 'image' })
      const again = new StableStudioClient({ wallet, store, fetch: counted(sandbox.fetch) })
      await pass(20_000)
      const [recovery] = await played(again.recover())
      const job = recovery?.job ?? (outcome as StableStudioError).job
      if (isStableStudioError(outcome)) expect((await played(again.wait(job as never))).kind).toBe('image')
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )
})

describe('a wallet that refuses the sign-in after the payment', () => {
  const refusals: [string, unknown][] = [
    ['4001', Object.assign(new Error('User rejected the request.'), { code: 4001 })],
    ['a failure', new Error('Try again later')],
    ['no error at all', 'nope'],
    ['nothing', undefined],
  ]

  it.each(refusals)('with %s: the advice leads to the paid job', async (_name, refusal) => {
    const account = privateKeyToAccount(generatePrivateKey())
    const request = async ({ method, params }: { method: string; params?: unknown }) => {
      const [, data] = (params ?? []) as [unknown, string]
      if (method === 'eth_chainId') return '0x2105'
      if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(data))
      throw refusal
    }
    const wallet = createWalletClient({ account: account.address, transport: custom({ request }) })
    const { studio, sandbox } = createStudio({ wallet })
    sandbox.fund(account.address, '10')
    const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
    expect(error).toMatchObject({ name: 'WalletError', payment: 'settled', safeToRetry: false })
    expect(error.job?.id).toBe(sandbox.jobs()[0]?.id)
    expect(error.hint).toContain('wait(error.job)')
    expectSafeAdvice(error)
  })
})

describe('a local account that fails after the payment', () => {
  it.each([new TypeError('x'), 'text', null, undefined])('with %s', async (thrown) => {
    const account = privateKeyToAccount(generatePrivateKey())
    const wallet = { ...account, signMessage: () => Promise.reject(thrown) }
    const { studio, sandbox } = createStudio({ wallet })
    sandbox.fund(account.address, '10')
    const error = (await played(failure(studio.run(operation, input)))) as StableStudioError
    expect(error).toMatchObject({ payment: 'settled', safeToRetry: false, job: { operation } })
    expectSafeAdvice(error)
  })
})

describe('a store that gives rubbish once the payment is out', () => {
  const rubbish: [string, unknown][] = [
    ['nothing at all', undefined],
    ['a text', 'x'],
    ['an entry without a value', { version: '1' }],
    ['a record of another kind', { value: { v: 7 }, version: '1' }],
  ]

  it.each(rubbish)('%s: the job is delivered, or the error leads to it', async (_name, entry) => {
    const store = memoryStore()
    let paid = false
    const { studio, sandbox } = createStudio({
      store: { ...store, get: async (key) => (paid ? (entry as never) : store.get(key)) },
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        paid ||= new Headers(init?.headers).has('payment-signature')
        return answer
      }),
    })
    const outcome = await played(studio.run(operation, input).catch((error: unknown) => error))
    if (isStableStudioError(outcome)) {
      expect(outcome.attemptId).toMatch(/^att_/)
      expectSafeAdvice(outcome)
    }
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('listeners that throw', () => {
  it('at every event and every progress disturb nothing', async () => {
    const { studio, sandbox } = createStudio()
    const events = ['offer.received', 'payment.reserved', 'payment.signed', 'payment.settled'] as const
    for (const event of [...events, 'job.created', 'job.updated', 'job.completed'] as const) {
      studio.on(event, boom)
      studio.on(event, () => Promise.reject(null) as never)
    }
    const image = await played(studio.run(operation, input, { onProgress: boom }))
    expect(image.kind).toBe('image')
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a call that is aborted with the error of another one', () => {
  /** Asks a person, who never answers to `method`: the call is aborted with `reason` then. */
  function abortedAt(method: string, reason: unknown) {
    const account = privateKeyToAccount(generatePrivateKey())
    const abort = new AbortController()
    const request = async (call: { method: string; params?: unknown }) => {
      const [, data] = (call.params ?? []) as [unknown, string]
      if (call.method === 'eth_chainId') return '0x2105'
      if (call.method !== method) return account.signTypedData(JSON.parse(data))
      abort.abort(reason)
      return new Promise(() => {})
    }
    const wallet = createWalletClient({ account: account.address, transport: custom({ request }) })
    const { studio, sandbox } = createStudio({ wallet })
    sandbox.fund(account.address, '10')
    return { sandbox, call: () => played(failure(studio.run(operation, input, { signal: abort.signal }))) }
  }

  const facts = { code: 'payment_rejected', phase: 'pay', payment: 'rejected', attemptId: 'att_x' } as const
  const other = () => new PaymentRejectedError('x', { ...facts, reason: 'x', category: 'funds' })

  it('while a person signs in tells of its own payment', async () => {
    const reason = other()
    const { sandbox, call } = abortedAt('personal_sign', reason)
    const error = (await call()) as StableStudioError
    expect(error).toMatchObject({ code: 'aborted', payment: 'settled', cause: reason })
    expect(error.job?.id).toBe(sandbox.jobs()[0]?.id)
    expect(error.attemptId).toBe(error.job?.attemptId)
    expect(reason).toMatchObject(facts)
    expectSafeAdvice(error)
  })

  it('while a person signs the payment says that nothing was paid', async () => {
    const reason = other()
    const { sandbox, call } = abortedAt('eth_signTypedData_v4', reason)
    expect(await call()).toMatchObject({ code: 'aborted', payment: 'none', cause: reason })
    expect(sandbox.settlements()).toHaveLength(0)
  })
})
